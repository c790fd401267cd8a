//! Targets: what a plan is compared with, and applied to.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use escadre_algebra::Coverage;
use escadre_interpreter::{Interpreter, Revision, Snapshot};

use super::error::Failure;

/// Where to look or to write, as the command line names it.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The simulator's world in a folder.
    Sim(PathBuf),
    /// A NATS bucket.
    Nats(NatsTarget),
    /// A Kubernetes cluster.
    Kube(KubeTarget),
}

/// A NATS bucket, as the command line names it.
#[cfg(feature = "nats")]
pub(crate) type NatsTarget = escadre_nats::Address;
/// Without NATS no bucket can be named.
#[cfg(not(feature = "nats"))]
pub(crate) type NatsTarget = std::convert::Infallible;

/// A Kubernetes cluster, as the command line names it.
#[cfg(feature = "kube")]
pub(crate) type KubeTarget = escadre_kube::Address;
/// Without Kubernetes no cluster can be named.
#[cfg(not(feature = "kube"))]
pub(crate) type KubeTarget = std::convert::Infallible;

const EXPECTED: &str = "expected `sim:DIR`, the simulator's world in a folder, \
    `nats://HOST:PORT/BUCKET`, a bucket on NATS servers, or `kube:CONTEXT`, a Kubernetes cluster";

/// Why no cluster can be named.
#[cfg(not(feature = "kube"))]
pub(crate) const WITHOUT_KUBE: &str = "this program was built without Kubernetes: build it with \
    the feature `kube` of `escadre`";

/// Why no bucket can be named.
#[cfg(not(feature = "nats"))]
pub(crate) const WITHOUT_NATS: &str = "this program was built without NATS: build it with the \
    feature `nats` of `escadre`";

impl FromStr for Target {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sim", "")) => Err("the folder is missing: expected `sim:DIR`".to_owned()),
            Some(("sim", dir)) => Ok(Self::Sim(dir.into())),
            Some(("nats" | "tls", _)) => bucket(text),
            Some(("kube", _)) => cluster(text),
            _ => Err(EXPECTED.to_owned()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sim(dir) => write!(f, "sim:{}", dir.display()),
            Self::Nats(address) => write!(f, "{address}"),
            Self::Kube(address) => write!(f, "{address}"),
        }
    }
}

#[cfg(feature = "nats")]
fn bucket(text: &str) -> Result<Target, String> {
    text.parse().map(Target::Nats).map_err(|error: escadre_nats::AddressError| error.to_string())
}

#[cfg(not(feature = "nats"))]
fn bucket(_: &str) -> Result<Target, String> {
    Err(WITHOUT_NATS.to_owned())
}

#[cfg(feature = "kube")]
fn cluster(text: &str) -> Result<Target, String> {
    text.parse().map(Target::Kube).map_err(|error: escadre_kube::AddressError| error.to_string())
}

#[cfg(not(feature = "kube"))]
fn cluster(_: &str) -> Result<Target, String> {
    Err(WITHOUT_KUBE.to_owned())
}

/// How a target is opened.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// To read; what does not exist is empty.
    Read,
    /// To read what exists.
    ReadExisting,
    /// To read what is going to be written: an empty bucket may be made.
    ReadToWrite,
    /// To write, with faults to play.
    Write(Option<String>),
}

/// Something to do with the interpreter of some target.
pub(crate) trait Task {
    /// What it gives.
    type Output;
    /// Does it.
    fn run<I: Interpreter>(self, interpreter: &mut I) -> Result<Self::Output, Failure>;
}

impl Target {
    /// Does `task` with this target, opened for `access`.
    pub(crate) fn with<T: Task>(&self, access: Access, task: T) -> Result<T::Output, Failure> {
        match self {
            Self::Sim(dir) => with_world(dir, access, task),
            #[cfg(feature = "nats")]
            Self::Nats(address) => super::nats::with_bucket(address, &access, task),
            #[cfg(not(feature = "nats"))]
            Self::Nats(never) => match *never {},
            #[cfg(feature = "kube")]
            Self::Kube(address) => super::kube::with_cluster(address, task),
            #[cfg(not(feature = "kube"))]
            Self::Kube(never) => match *never {},
        }
    }
}

#[cfg(feature = "sim")]
fn with_world<T: Task>(dir: &Path, access: Access, task: T) -> Result<T::Output, Failure> {
    let mut world = open(dir, access)?;
    task.run(&mut world)
}

#[cfg(not(feature = "sim"))]
fn with_world<T: Task>(_: &Path, _: Access, _: T) -> Result<T::Output, Failure> {
    Err(Failure::new("this program was built without the simulator")
        .help("build it with the feature `sim` of `escadre`"))
}

/// Whether `faults` say what the simulator is to play.
#[cfg(feature = "sim")]
pub(crate) fn check_faults(faults: Option<&str>) -> Result<(), Failure> {
    let parsed = faults.map(str::parse::<escadre_sim::Faults>).transpose();
    parsed.map(|_| ()).map_err(|error| advised(&error))
}

/// Without the simulator nothing plays them.
#[cfg(not(feature = "sim"))]
pub(crate) fn check_faults(_: Option<&str>) -> Result<(), Failure> {
    Ok(())
}

/// Whether the two may be the same target, however they are spelled.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    match (one.split_once(':'), other.split_once(':')) {
        (Some(("sim", one)), Some(("sim", other))) => {
            one == other || place(one.as_ref()) == place(other.as_ref())
        }
        // A cluster has several addresses; that it is the same bucket, its revision says.
        (Some(("nats", one)), Some(("nats", other))) => {
            one.rsplit_once('/').map(|(_, bucket)| bucket)
                == other.rsplit_once('/').map(|(_, bucket)| bucket)
        }
        // Of clusters the context and the namespace are compared: two that hold nothing yet have the
        // same revision.
        _ => one == other,
    }
}

/// The one spelling of the folder `dir`, which need not exist.
fn place(dir: &Path) -> PathBuf {
    let known = fs::canonicalize(dir);
    known.or_else(|_| std::path::absolute(dir)).unwrap_or_else(|_| dir.to_owned())
}

/// The world in the folder `dir`.
#[cfg(feature = "sim")]
pub(crate) fn open(dir: &Path, access: Access) -> Result<escadre_sim::Simulator, Failure> {
    use escadre_sim::{Open, Simulator};
    let (open, faults) = match access {
        Access::Read | Access::ReadToWrite => (Open::reading(), None),
        Access::ReadExisting => (Open::reading().existing(), None),
        Access::Write(faults) => (Open::default(), faults),
    };
    let world = Simulator::open(dir, open).map_err(|error| advised(&error))?;
    let Some(faults) = faults else { return Ok(world) };
    let faults = faults.parse().map_err(|error: escadre_sim::FaultsError| advised(&error))?;
    Ok(world.with_faults(faults))
}

/// Whether an apply of an empty plan would have nothing to do.
#[derive(Clone, Copy)]
pub(crate) struct Settled {
    /// With a complete inventory.
    pub(crate) complete: bool,
    /// With a partial one, which deletes nothing.
    pub(crate) partial: bool,
}

impl Settled {
    /// Whether it would have nothing to do with an inventory of this coverage.
    pub(crate) fn with(self, coverage: Coverage) -> bool {
        match coverage {
            Coverage::Complete => self.complete,
            Coverage::Partial => self.partial,
        }
    }
}

/// What a target was found to be like.
pub(crate) struct Seen {
    /// What it holds.
    pub(crate) held: Snapshot,
    /// Its revision.
    pub(crate) base: Revision,
    /// Whether the last apply ended, and left nothing behind that one with an inventory of each
    /// coverage would tidy up.
    pub(crate) settled: Settled,
    /// What nobody of this project leaves there.
    pub(crate) anomalies: Vec<String>,
}

/// What `interpreter` finds.
pub(crate) fn observe<I: Interpreter>(interpreter: &mut I) -> Result<Seen, Failure> {
    let seen = wait(interpreter.observe()).map_err(|error| advised(&error))?;
    let held = interpreter.lift(&seen.state).map_err(|error| advised(&error))?;
    tracing::info!(members = held.len(), revision = %seen.revision, "observed");
    let settled = |coverage| interpreter.is_settled(&seen.state, coverage);
    let settled =
        Settled { complete: settled(Coverage::Complete), partial: settled(Coverage::Partial) };
    let anomalies = interpreter.anomalies(&seen.state);
    Ok(Seen { held, base: seen.revision, settled, anomalies })
}

/// The output of `future`.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    #[cfg(any(feature = "nats", feature = "kube"))]
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        return runtime.block_on(future);
    }
    #[cfg(feature = "sim")]
    return escadre_sim::wait(future);
    #[cfg(not(feature = "sim"))]
    {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            std::thread::yield_now();
        }
    }
}

/// `error`, with its own advice where its kind has some.
pub(crate) fn advised(error: &(dyn Error + 'static)) -> Failure {
    let failure = Failure::of(error);
    match advice(error) {
        Some(help) => failure.help(help),
        None => failure,
    }
}

fn advice(error: &(dyn Error + 'static)) -> Option<String> {
    simulated(error).or_else(|| on_nats(error)).or_else(|| on_kube(error))
}

#[cfg(feature = "sim")]
fn simulated(error: &(dyn Error + 'static)) -> Option<String> {
    use escadre_sim::{ApplyError, FaultsError, LiftError, LowerError, OpenError, StoreError};
    (error.downcast_ref::<OpenError>().map(OpenError::help))
        .or_else(|| error.downcast_ref::<ApplyError>().map(ApplyError::help))
        .or_else(|| error.downcast_ref::<LowerError>().map(LowerError::help))
        .or_else(|| error.downcast_ref::<LiftError>().map(LiftError::help))
        .or_else(|| error.downcast_ref::<StoreError>().map(StoreError::help))
        .or_else(|| error.downcast_ref::<FaultsError>().map(FaultsError::help))
        .flatten()
}

#[cfg(not(feature = "sim"))]
fn simulated(_: &(dyn Error + 'static)) -> Option<String> {
    None
}

#[cfg(feature = "nats")]
fn on_nats(error: &(dyn Error + 'static)) -> Option<String> {
    use escadre_nats::{ApplyError, ConnectError, LowerError, ServerError};
    (error.downcast_ref::<ConnectError>().map(ConnectError::help))
        .or_else(|| error.downcast_ref::<ServerError>().map(ServerError::help))
        .or_else(|| error.downcast_ref::<ApplyError>().map(ApplyError::help))
        .or_else(|| error.downcast_ref::<LowerError>().map(LowerError::help))
        .flatten()
}

#[cfg(not(feature = "nats"))]
fn on_nats(_: &(dyn Error + 'static)) -> Option<String> {
    None
}

#[cfg(feature = "kube")]
fn on_kube(error: &(dyn Error + 'static)) -> Option<String> {
    use escadre_kube::{ApplyError, ConnectError, LowerError, ServerError};
    (error.downcast_ref::<ConnectError>().map(ConnectError::help))
        .or_else(|| error.downcast_ref::<ServerError>().map(ServerError::help))
        .or_else(|| error.downcast_ref::<ApplyError>().map(ApplyError::help))
        .or_else(|| error.downcast_ref::<LowerError>().map(LowerError::help))
        .flatten()
}

#[cfg(not(feature = "kube"))]
fn on_kube(_: &(dyn Error + 'static)) -> Option<String> {
    None
}
