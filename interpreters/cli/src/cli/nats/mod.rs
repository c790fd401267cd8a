//! NATS: a bucket as a target, what its servers must allow, and how its devices are doing.

mod admit;
mod listed;
mod permissions;
mod reported;
mod status;
mod watch;

use clap::{Args, Subcommand};
use escadre_interpreter::Interpreter as _;
use escadre_nats::permissions::Buckets;
use escadre_nats::{Address, Nats, connect, make_report_buckets};

use self::admit::{AdmitArgs, DismissArgs};
use self::listed::AssertArgs;
use self::permissions::Permissions;
use self::status::StatusArgs;
use super::Code;
use super::context::Context;
use super::error::Failure;
use super::runtime::runtime;
use super::target::{Access, Task, advised};
pub(crate) use listed::listed;
pub(crate) use reported::with_reported;
pub(crate) use status::reported_of;

/// At most so many devices are named.
const MAX_NAMED: usize = 5;

/// Prepare NATS for a fleet (its buckets, its devices, what each user must be allowed), and watch it.
///
/// Who this program is comes from the environment, as for NATS tools: NATS_CREDS or NATS_NKEY (files),
/// NATS_TOKEN, or NATS_USER and NATS_PASSWORD; NATS_CA, NATS_CERT and NATS_KEY for TLS; NATS_URL for
/// the servers where the address names none.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre nats init nats://127.0.0.1:4222/desired-state\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
pub(crate) struct NatsArgs {
    #[command(subcommand)]
    task: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make the bucket of the fleet, and those that devices report to, where they are missing.
    #[command(after_help = "Example: escadre nats init nats://127.0.0.1:4222/desired-state\n\
        Exit codes: 0 done, 1 an error (also of usage)")]
    Init {
        /// The servers and the bucket, such as `nats://127.0.0.1:4222/desired-state?replicas=3`.
        address: Address,
    },
    /// Let the devices of an inventory follow their keys in the bucket of a fleet.
    ///
    /// Each gets the consumer that it needs to be told of changes; who has one keeps it.
    Admit(AdmitArgs),
    /// Let devices follow their keys no more.
    Dismiss(DismissArgs),
    /// List the devices of an inventory in a bucket, from which `-i nats://…` reads it.
    ///
    /// Only what differs is written. Devices that are listed no longer are removed, unless the inventory
    /// is partial.
    Assert(AssertArgs),
    /// Print the least that the controller and each device must be allowed.
    ///
    /// Contents of files are granted by digest, so run it again when devices get other files.
    Permissions(Permissions),
    /// Say how the devices are doing, by their own reports: who runs what is wanted, who lags behind.
    Status(StatusArgs),
}

pub(crate) fn run(args: &NatsArgs, context: &mut Context<'_>) -> Result<Code, Failure> {
    match &args.task {
        Action::Init { address } => init(address, context),
        Action::Admit(admit) => admit.run(context),
        Action::Dismiss(dismiss) => dismiss.run(context),
        Action::Assert(asserted) => asserted.run(context),
        Action::Permissions(permissions) => permissions.run(context),
        Action::Status(status) => status.run(context),
    }
}

/// Does `task` with the bucket of `address`, opened for `access`.
pub(crate) fn with_bucket<T: Task>(
    address: &Address,
    access: &Access,
    task: T,
) -> Result<T::Output, Failure> {
    let runtime = runtime()?;
    let create = matches!(access, Access::ReadToWrite | Access::Write(_));
    let mut bucket = runtime.block_on(open(address, create))?;
    // What the task waits for is done by this runtime.
    let _entered = runtime.enter();
    task.run(&mut bucket)
}

async fn open(address: &Address, create: bool) -> Result<Nats, Failure> {
    let client = connect(address, &|name| std::env::var(name).ok()).await;
    let client = client.map_err(|error| advised(&error))?;
    Nats::open(client, address.options(create)).await.map_err(|error| advised(&error))
}

fn init(address: &Address, context: &mut Context<'_>) -> Result<Code, Failure> {
    let bucket = runtime()?.block_on(async {
        let client = connect(address, &|name| std::env::var(name).ok()).await;
        let client = client.map_err(|error| advised(&error))?;
        make_report_buckets(&client, &Buckets::default(), address.replicas())
            .await
            .map_err(|error| advised(&error))?;
        Nats::open(client, address.options(true)).await.map_err(|error| advised(&error))
    })?;
    let Buckets { state, heartbeat, info, .. } = Buckets::default();
    let target = bucket.target();
    context.out.line(&format!("{target}, {state}, {heartbeat} and {info} are ready"))?;
    Ok(Code::Done)
}
