//! `nats admit` and `nats dismiss`: which devices may follow their keys.

use clap::Args;
use escadre_algebra::DeviceId;
use escadre_interpreter::Progress as _;
use escadre_interpreter::present::number;
use escadre_nats::{Address, Nats, ServerError, ServerErrorKind};

use super::open;
use crate::cli::Code;
use crate::cli::args::Listing;
use crate::cli::context::{Context, device};
use crate::cli::error::Failure;
use crate::cli::progress::Bar;
use crate::cli::runtime::runtime;

/// How many devices are told of together.
const N_AT_ONCE: usize = 256;

#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre nats admit -i devices.jsonl nats://127.0.0.1:4222/desired-state\n\
    A server has 1 000 consumers a stream unless its configuration says more:\n\
    jetstream { limits { default_max_consumers: N } }\n\
    Exit codes: 0 done, 1 an error (also of usage)"
)]
pub(super) struct AdmitArgs {
    #[command(flatten)]
    listing: Listing,
    /// The servers and the bucket of the fleet.
    address: Address,
    /// Only these devices.
    #[arg(value_name = "DEVICE")]
    devices: Vec<String>,
}

impl AdmitArgs {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let inventory = context.inventory(&self.listing)?;
        let ids: Vec<&str> = match self.devices.is_empty() {
            true => inventory.ids().collect(),
            false => self.devices.iter().map(String::as_str).collect(),
        };
        let ids = ids.into_iter().map(|id| Ok(device(&inventory, id)?.id().clone()));
        let ids = once(ids.collect::<Result<Vec<DeviceId>, Failure>>()?);
        let admit =
            async |bucket: &Nats, ids: &[DeviceId]| bucket.admit(ids).await.map(|()| ids.len());
        let n = each(&self.address, &ids, context, &admit)?;
        context.out.line(&format!("{} keys in `{}`", follow(n), self.address.bucket()))?;
        Ok(Code::Done)
    }
}

/// Each of `ids` once.
fn once(mut ids: Vec<DeviceId>) -> Vec<DeviceId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// That so many devices do.
fn follow(n: usize) -> String {
    match n {
        1 => "1 device follows its".to_owned(),
        n => format!("{} devices follow their", number(n)),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example: escadre nats dismiss nats://127.0.0.1:4222/desired-state cam-1\n\
    A device that was not admitted is left as it is.\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(super) struct DismissArgs {
    /// The servers and the bucket of the fleet.
    address: Address,
    /// Which devices.
    #[arg(value_name = "DEVICE", required = true)]
    devices: Vec<String>,
}

impl DismissArgs {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Code, Failure> {
        let ids = self.devices.iter().map(|id| DeviceId::parse(id));
        let ids = ids.collect::<Result<Vec<_>, _>>();
        let ids = ids.map_err(|error| Failure::caused("a device is named by its id", &error))?;
        let ids = once(ids);
        let dismiss = async |bucket: &Nats, ids: &[DeviceId]| bucket.dismiss(ids).await;
        let n = each(&self.address, &ids, context, &dismiss)?;
        context.out.line(&format!("{} keys in `{}` no more", follow(n), self.address.bucket()))?;
        if n < ids.len() {
            let others = number(ids.len() - n);
            context.note(&format!("{others} of those named were not admitted"));
        }
        Ok(Code::Done)
    }
}

/// Does `work` with the bucket of `address` and all devices, some at a time; of how many it was done.
fn each(
    address: &Address,
    ids: &[DeviceId],
    context: &Context<'_>,
    work: &impl AsyncFn(&Nats, &[DeviceId]) -> Result<usize, ServerError>,
) -> Result<usize, Failure> {
    let mut bar = Bar::new(context.err);
    let worked = runtime()?.block_on(async {
        let bucket = open(address, false).await?;
        bar.begin(ids.len());
        let mut n = 0;
        for (i, some) in ids.chunks(N_AT_ONCE).enumerate() {
            let n_done = i * N_AT_ONCE;
            n += work(&bucket, some).await.map_err(|error| failed(&error, n_done, ids.len()))?;
            bar.advance(n_done + some.len());
        }
        Ok(n)
    });
    bar.clear();
    worked
}

/// What went wrong after `n_done` of `n` devices.
fn failed(error: &ServerError, n_done: usize, n: usize) -> Failure {
    let help = match error.kind() {
        ServerErrorKind::Refused { why, .. } if why.contains("consumers limit") => Some(
            "let the server have more consumers, `jetstream { limits { default_max_consumers: N } }`, then run it again"
                .to_owned(),
        ),
        _ => error.help(),
    };
    let done = format!("after {} of {} devices", number(n_done), number(n));
    let failure = Failure::caused(done, error);
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
