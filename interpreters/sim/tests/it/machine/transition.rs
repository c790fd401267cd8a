//! The transitions: what people, devices, other writers and fate do.

use std::fmt;

use escadre_algebra::{Coverage, DeviceId, Facts};
use escadre_interpreter::Consent;
use escadre_sim::DiskFault;

use super::draws::Wrong;
use super::plans::consenting;

/// One step.
#[derive(Clone)]
pub(super) enum Transition {
    /// The fleet of this number is wanted from now on.
    Fleet(usize),
    /// A device joins the inventory, or has these labels from now on.
    Device(Facts),
    /// A device leaves the inventory.
    Leave(DeviceId),
    /// The inventory lists every device, or not.
    Cover(Coverage),
    /// A controller looks, twice.
    Observe(usize),
    /// A controller plans for what is wanted, and keeps the plan.
    Plan { controller: usize, slot: usize },
    /// A kept plan is applied, however old it is.
    Apply { slot: usize, consent: Agreed, wrong: Wrong },
    /// A kept plan is applied, but nothing is written.
    DryRun { slot: usize, consent: Agreed, wrong: Wrong },
    /// A kept plan is applied with the objects of another.
    Mixed { plan: usize, objects: usize },
    /// A kept plan is applied while another controller plans for a fleet and applies that.
    TakeOver { slot: usize, fleet: usize },
    /// What is wanted is planned for and applied, with nothing going wrong.
    Converge,
    /// Another writer changes some members.
    Drift { seed: u64, n: usize },
    /// Time passes.
    Pass { ms: u64, wrong: Wrong },
    /// Every controller is gone, and others come.
    Reopen { killed: bool },
    /// On a copy of the world, the disk fails while a fleet is applied.
    Disk { fleet: usize, fault: DiskFault, after: u64 },
}

/// What the user agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    /// A fifth of the members may leave.
    Default,
    /// All may leave.
    Shrink,
    /// None is removed.
    Keep,
}

impl Agreed {
    pub(super) fn consent(self) -> Consent {
        match self {
            Self::Default => Consent::default(),
            Self::Shrink => consenting(),
            Self::Keep => Consent { keep_removed: true, ..Consent::default() },
        }
    }
}

impl Transition {
    pub(super) const KINDS: [&'static str; 15] = [
        "fleet",
        "device",
        "leave",
        "cover",
        "observe",
        "plan",
        "apply",
        "dry-run",
        "mixed",
        "take-over",
        "converge",
        "drift",
        "pass",
        "reopen",
        "disk",
    ];

    /// The number of the fleet that this names, if any.
    pub(super) fn fleet(&self) -> Option<usize> {
        match self {
            Self::Fleet(fleet) | Self::TakeOver { fleet, .. } | Self::Disk { fleet, .. } => {
                Some(*fleet)
            }
            _ => None,
        }
    }

    /// Which of [`Self::KINDS`] this is.
    pub(super) fn kind(&self) -> &'static str {
        let kind = match self {
            Self::Fleet(_) => 0,
            Self::Device(_) => 1,
            Self::Leave(_) => 2,
            Self::Cover(_) => 3,
            Self::Observe(_) => 4,
            Self::Plan { .. } => 5,
            Self::Apply { .. } => 6,
            Self::DryRun { .. } => 7,
            Self::Mixed { .. } => 8,
            Self::TakeOver { .. } => 9,
            Self::Converge => 10,
            Self::Drift { .. } => 11,
            Self::Pass { .. } => 12,
            Self::Reopen { .. } => 13,
            Self::Disk { .. } => 14,
        };
        Self::KINDS[kind]
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet(number) => write!(f, "fleet {number} is wanted"),
            Self::Device(facts) => write!(f, "the device {} is listed", device(facts)),
            Self::Leave(id) => write!(f, "the device {id} is not listed any more"),
            Self::Cover(Coverage::Complete) => f.write_str("the inventory is complete"),
            Self::Cover(Coverage::Partial) => f.write_str("the inventory is partial"),
            Self::Observe(controller) => write!(f, "controller {controller} looks"),
            Self::Plan { controller, slot } => {
                write!(f, "controller {controller} makes the plan {slot}")
            }
            Self::Apply { slot, consent, wrong } => {
                write!(f, "the plan {slot} is applied, consent {consent:?}, {}", wrong.faults())
            }
            Self::DryRun { slot, consent, wrong } => {
                let faults = wrong.faults();
                write!(f, "the plan {slot} is applied dry, consent {consent:?}, {faults}")
            }
            Self::Mixed { plan, objects } => {
                write!(f, "the plan {plan} is applied with the objects of the plan {objects}")
            }
            Self::TakeOver { slot, fleet } => {
                write!(
                    f,
                    "the plan {slot} is applied, and another controller applies fleet {fleet}"
                )
            }
            Self::Converge => f.write_str("what is wanted is planned for and applied"),
            Self::Drift { seed, n } => {
                write!(f, "another writer changes {n} members, seed {seed}")
            }
            Self::Pass { ms, wrong } => write!(f, "{ms} ms pass, {}", wrong.faults()),
            Self::Reopen { killed: true } => f.write_str("the controllers are killed"),
            Self::Reopen { killed: false } => f.write_str("the world is closed and opened"),
            Self::Disk { fleet, fault, after } => {
                write!(f, "on a copy, fleet {fleet} is applied: {fault:?} after {after} operations")
            }
        }
    }
}

/// As `Display`: what proptest writes beside the seeds of saved cases is for people.
impl fmt::Debug for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A device with its labels, in few words.
pub(super) fn device(facts: &Facts) -> String {
    let labels = facts.labels().iter();
    let labels =
        labels.map(|label| format!("{}={}", label.key, label.value.as_deref().unwrap_or("?")));
    format!("{}({})", facts.id(), labels.collect::<Vec<_>>().join(", "))
}
