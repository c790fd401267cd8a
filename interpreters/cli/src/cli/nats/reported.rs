//! Inventories with the labels that devices report.

use escadre_algebra::Inventory;
use escadre_nats::info::joined;
use escadre_nats::permissions::Buckets;
use escadre_nats::{Address, ConnectErrorKind, ServerErrorKind, connect, read_reported};

use super::MAX_NAMED;
use crate::cli::error::Failure;
use crate::cli::runtime::runtime;
use crate::cli::target::advised;

/// `asserted` with the labels that devices report in the bucket of `address`.
///
/// A server that does not answer makes them unknown: what depends on them is left as it is.
pub(crate) fn with_reported(asserted: &Inventory, address: &Address) -> Result<Inventory, Failure> {
    let read = runtime()?.block_on(async {
        let client = match connect(address, &|name| std::env::var(name).ok()).await {
            Err(error) if !matches!(error.kind(), ConnectErrorKind::Unreachable { .. }) => {
                return Err(advised(&error));
            }
            Err(error) => return Ok(Err(error.to_string())),
            Ok(client) => client,
        };
        let usual = Buckets::default().info;
        let bucket = address.named_bucket().unwrap_or(&usual);
        match read_reported(&client, bucket).await {
            Err(error) if *error.kind() == ServerErrorKind::NoBucket => Err(advised(&error)),
            read => Ok(read.map_err(|error| error.to_string())),
        }
    })?;
    match read {
        Ok(reported) => {
            for anomaly in reported.anomalies.iter().take(MAX_NAMED) {
                tracing::warn!("`{}` tells nothing: {}", anomaly.key, anomaly.why);
            }
            Ok(joined(asserted, Some(&reported)))
        }
        Err(why) => {
            tracing::warn!("what devices report is unknown: {why}");
            Ok(joined(asserted, None))
        }
    }
}
