//! Reading what devices tell of themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream;

use super::pull::Entry;
use super::read::Failed;
use super::request::{Attempts, is_missing};
use super::whole::{Asked, Until, whole};
use super::{Nats, Options};
use crate::error::{ServerError, ServerErrorKind};
use crate::info::Reported;
use crate::permissions::Buckets;
use crate::status::Status;
use crate::world::{Anomaly, World};

/// What devices told, and when; `world` says what is wanted of them.
pub(super) async fn status(
    target: &Nats,
    world: &World,
    buckets: &Buckets,
) -> Result<Status, ServerError> {
    let mut attempts = Attempts::new(&target.options, "reading the reports");
    loop {
        match try_status(target, world, buckets, attempts.n).await {
            Ok(status) => return Ok(status),
            Err(error) => attempts.pause_after(&error).await?,
        }
    }
}

/// The labels that devices told in the bucket `bucket`.
///
/// # Errors
/// There is no such bucket, or the server does not answer within the patience of the usual [`Options`].
pub async fn read_reported(client: &Client, bucket: &str) -> Result<Reported, ServerError> {
    let options = Options { bucket: bucket.to_owned(), ..Options::default() };
    let mut attempts = Attempts::new(&options, "reading what devices tell");
    loop {
        let (mut reported, mut wrong) = (Reported::default(), Wrong::default());
        let mut told = |_, entry: Entry<'_>| {
            if let Some(bytes) = entry.bytes {
                wrong.note(entry.key, reported.read(entry.key, bytes));
            }
        };
        match read(client, bucket, attempts.n, &mut told).await {
            Ok(true) => {
                reported.anomalies.extend(wrong.anomalies());
                return Ok(reported);
            }
            Ok(false) => return Err(ServerError::new(bucket, ServerErrorKind::NoBucket)),
            Err(error) => attempts.pause(&error.to_string()).await?,
        }
    }
}

async fn try_status(
    target: &Nats,
    world: &World,
    buckets: &Buckets,
    n_failed: usize,
) -> Result<Status, Failed> {
    let mut status = Status::of(world);
    let [mut wrong_states, mut wrong_beats] = [(); 2].map(|()| Wrong::default());
    read(&target.client, &buckets.state, n_failed, &mut |_, entry| {
        if let Some(bytes) = entry.bytes {
            wrong_states.note(entry.key, status.read_state(entry.key, bytes));
        }
    })
    .await?;
    read(&target.client, &buckets.heartbeat, n_failed, &mut |now_ns, entry| {
        if let Some(bytes) = entry.bytes {
            // What was stored after the consumer was made is new.
            let silent_ns = u64::try_from(now_ns - entry.stored_ns).unwrap_or(0);
            let silent_for = Duration::from_nanos(silent_ns);
            wrong_beats.note(entry.key, status.read_beat(entry.key, bytes, silent_for));
        }
    })
    .await?;
    status.anomalies.extend(wrong_states.anomalies().chain(wrong_beats.anomalies()));
    status.anomalies.sort();
    Ok(status)
}

/// The keys of a bucket whose last entries make no sense, with the reason.
#[derive(Default)]
struct Wrong(BTreeMap<String, String>);

impl Wrong {
    /// A key may be read again, since it was written meanwhile.
    fn note(&mut self, key: &str, read: Result<(), String>) {
        match read {
            Ok(()) if self.0.is_empty() => {}
            Ok(()) => drop(self.0.remove(key)),
            Err(why) => drop(self.0.insert(key.to_owned(), why)),
        }
    }

    fn anomalies(self) -> impl Iterator<Item = Anomaly> {
        self.0.into_iter().map(|(key, why)| Anomaly { key, why })
    }
}

/// Calls `read` with each last entry of `bucket`, and with the server's time; whether there is such a bucket.
async fn read(
    client: &Client,
    bucket: &str,
    n_failed: usize,
    read: &mut (dyn FnMut(i128, Entry<'_>) + Send),
) -> Result<bool, Failed> {
    let context = jetstream::new(client.clone());
    let stream = context.get_stream_no_info(format!("KV_{bucket}")).await?;
    let what = "reading what devices report";
    let asked = Asked { bucket, until: Until::Asked, n_failed, what };
    match whole(client, &stream, asked, read).await {
        Ok(Some(_)) => Ok(true),
        Ok(None) => Err("it is written faster than it can be read".into()),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
