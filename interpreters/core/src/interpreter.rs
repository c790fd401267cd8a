//! The trait of interpreters.

use std::fmt;
use std::sync::Arc;

use escadre_algebra::{Coverage, DeviceId, Resolved, ResourceName, ResourceState};

use crate::consent::Consent;
use crate::plan::{Desired, Plan};
use crate::snapshot::Snapshot;

/// Executes resolved fleets on one kind of target.
///
/// Laws, for every resolved fleet f and observation o:
/// - `lift(observe after apply(plan(f, o))) = normalise(f)`, and `normalise` is idempotent;
/// - `plan(f, o).is_empty()` after it was applied, and applying an empty plan writes nothing;
/// - a device without a change in the plan is not touched;
/// - `lower` refuses what the target cannot express before anything is written;
/// - a plan whose base is not the target's revision is refused before the first write;
/// - the writes of one device are one: it is seen before or after them, however `apply` ends;
/// - killed at any point, observing, planning and applying again ends in the same state.
///
/// A staged rollout is a path of fleets on this trait: each of its states is a fleet, resolved,
/// planned and applied like any other. `docs/adr/0001` says how NATS, Kubernetes and rollouts fit.
pub trait Interpreter {
    /// The target's objects that a resolved fleet is lowered to.
    type Objects: Send;
    /// What was read from the target.
    type State: Send;
    /// What the target cannot express.
    type LowerError: std::error::Error + Send + Sync + 'static;
    /// Why the target could not be read.
    type ObserveError: std::error::Error + Send + Sync + 'static;
    /// Why what was read makes no sense.
    type LiftError: std::error::Error + Send + Sync + 'static;
    /// Why a plan was not applied, or not wholly.
    type ApplyError: std::error::Error + Send + Sync + 'static;

    /// What this kind of target can do; the conformance suite asks for no more.
    fn capabilities(&self) -> Capabilities;

    /// The target in words, the same each time: plans name it.
    fn target(&self) -> String;

    /// What the target holds of one resource: norm ∘ erase. `None` if it holds nothing of it.
    ///
    /// The identity, unless an interpreter says otherwise.
    fn normalise(
        &self,
        name: &ResourceName,
        state: &Arc<ResourceState>,
    ) -> Option<Arc<ResourceState>> {
        let _ = name;
        Some(Arc::clone(state))
    }

    /// The objects for `resolved`.
    ///
    /// # Errors
    /// What the target cannot express, naming the resource, the field and a device.
    fn lower(&self, resolved: &Resolved) -> Result<Self::Objects, Self::LowerError>;

    /// Reads what the target holds.
    ///
    /// # Errors
    /// The target does not answer, or holds what it must not.
    fn observe(
        &mut self,
    ) -> impl Future<Output = Result<Observation<Self::State>, Self::ObserveError>> + Send;

    /// What `state` says of each member: the inverse of `lower`, up to `normalise`.
    ///
    /// # Errors
    /// The state is none that this interpreter writes.
    fn lift(&self, state: &Self::State) -> Result<Snapshot, Self::LiftError>;

    /// Whether the last apply ended and left nothing behind that one with an inventory of this
    /// `coverage` would tidy up: where it did not, applying even an empty plan goes on with what
    /// that one did not come to.
    fn is_settled(&self, state: &Self::State, coverage: Coverage) -> bool {
        let _ = (state, coverage);
        true
    }

    /// What in `state` no interpreter of this project leaves there, in words, each with its place;
    /// the rest is read all the same.
    fn anomalies(&self, state: &Self::State) -> Vec<String> {
        let _ = state;
        Vec::new()
    }

    /// What would change: the difference between what is held and what is wanted.
    fn plan(&self, resolved: &Resolved, held: &Snapshot, base: &Revision) -> Plan {
        Plan::new(
            &self.target(),
            base,
            held,
            &Desired { resolved, normalise: &|name, state| self.normalise(name, state) },
        )
    }

    /// Makes the changes of `plan`, all of them or as many as can be told in the result.
    ///
    /// A dry run is this function with the last write replaced (`dry_run`).
    ///
    /// # Errors
    /// The plan is stale or refused (nothing was written), or the target failed midway (what was
    /// written is whole devices, and applying again goes on).
    fn apply(
        &mut self,
        plan: &Plan,
        objects: &Self::Objects,
        consent: &Consent,
        dry_run: bool,
        progress: &mut (dyn Progress + Send),
    ) -> impl Future<Output = Result<Applied, Self::ApplyError>> + Send;
}

/// What was read from a target, and the revision that it had.
#[derive(Clone, Debug)]
pub struct Observation<State> {
    /// What was read.
    pub state: State,
    /// The target's revision: different whenever anyone wrote in between.
    pub revision: Revision,
}

/// The name of one state of a target: equal revisions mean that nobody wrote in between.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision(pub Arc<str>);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a kind of target can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts of a target")]
pub struct Capabilities {
    /// Keeps members with nothing apart from devices that are no members.
    pub membership_marker: bool,
    /// Refuses a stale plan before the first write.
    pub fenced: bool,
    /// Devices report what they run.
    pub reports: bool,
    /// Holds every resource as it is (`normalise` is the identity).
    pub exact: bool,
    /// Contents that are named by digest are delivered to devices.
    pub contents: bool,
}

/// What applying a plan did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many devices were written.
    pub n_written: usize,
    /// How many of them were removed.
    pub n_removed: usize,
    /// The devices whose writes were not taken, with the reason; planning again shows them.
    pub failed: Vec<(DeviceId, String)>,
    /// The target's revision afterwards.
    pub revision: Option<Revision>,
}

/// Is told how long work goes on.
pub trait Progress {
    /// `n_total` devices are going to be written.
    fn begin(&mut self, n_total: usize);
    /// `n_done` devices are written.
    fn advance(&mut self, n_done: usize);
    /// Something is worth telling: a retry, a device that failed.
    fn note(&mut self, message: &str);
}

/// The target of the events of `tracing` by which interpreters tell how far reading a target is: `done` and
/// `total` (u64, entries), and what is read as the message. Where `done` is `total`, it has ended.
pub const PROGRESS: &str = "escadre::progress";

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, _: usize) {}
    fn note(&mut self, _: &str) {}
}
