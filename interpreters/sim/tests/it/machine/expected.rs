//! What a transition must have done, as the model says.

use escadre_algebra::DeviceId;

/// What the last transition must have done.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) outcome: Outcome,
    /// The faults that were hit on the way.
    pub(super) hits: Vec<Hit>,
}

/// What the simulator must have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing was asked of it.
    Nothing,
    /// An apply ended.
    Applied { n_written: usize, n_removed: usize, failed: Vec<DeviceId> },
    /// Nothing was written, since too many would leave.
    Shrink { n_removed: usize, n_members: usize },
    /// Nothing was written, since the inventory is partial.
    PruneOnPartial { n_removed: usize },
    /// Nothing was written, since this is not as it was planned for.
    Stale(&'static str),
    /// The controller died.
    Crashed { n_done: usize },
    /// Another controller took over.
    Fenced { ours: u64, theirs: u64 },
    /// Another writer changed these devices.
    Drifted(Vec<DeviceId>),
    /// Time passed.
    Passed { n_installed: usize, n_failed: usize },
}

/// A fault that was hit, or a refusal that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hit {
    CrashBeforeTheFirst,
    CrashMidway,
    CrashAfterTheLast,
    LostWrite,
    RefusedWrite,
    Offline,
    CutOff,
    SlowPull,
    FailedPull,
    DriftField,
    DriftRemoved,
    DriftForeign,
    DriftNoMember,
    DiskFull,
    DiskKilled,
    DiskTorn,
    DiskPowerCut,
    Takeover,
    TakeoverWithoutWrite,
    StaleRevision,
    StaleFleet,
    StaleInventory,
    ShrinkGuard,
    PruneOnPartial,
    RemovedKept,
    UndeterminedLeftAlone,
    UnlistedLeftAlone,
    NothingToDo,
}

impl Hit {
    pub(super) const ALL: [Self; 28] = [
        Self::CrashBeforeTheFirst,
        Self::CrashMidway,
        Self::CrashAfterTheLast,
        Self::LostWrite,
        Self::RefusedWrite,
        Self::Offline,
        Self::CutOff,
        Self::SlowPull,
        Self::FailedPull,
        Self::DriftField,
        Self::DriftRemoved,
        Self::DriftForeign,
        Self::DriftNoMember,
        Self::DiskFull,
        Self::DiskKilled,
        Self::DiskTorn,
        Self::DiskPowerCut,
        Self::Takeover,
        Self::TakeoverWithoutWrite,
        Self::StaleRevision,
        Self::StaleFleet,
        Self::StaleInventory,
        Self::ShrinkGuard,
        Self::PruneOnPartial,
        Self::RemovedKept,
        Self::UndeterminedLeftAlone,
        Self::UnlistedLeftAlone,
        Self::NothingToDo,
    ];
}

impl Expected {
    /// Nothing was asked of the simulator.
    pub(super) fn nothing() -> Self {
        Self { outcome: Outcome::Nothing, hits: Vec::new() }
    }

    pub(super) fn of(outcome: Outcome, hit: Hit) -> Self {
        Self { outcome, hits: vec![hit] }
    }
}
