//! What the user agreed to beyond the plan itself.

use std::fmt;
use std::str::FromStr;

use escadre_algebra::Coverage;

use crate::plan::{Change, ChangeKind, Plan};
use crate::present::number;

/// What the user agreed to: how many members may leave, whether devices may be pruned, and whether
/// what others made may be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The share of today's members that may leave without an explicit consent.
    pub max_shrink: Share,
    /// An explicit consent to any number of members leaving.
    pub accept_shrink: bool,
    /// Whether to leave alone the members that would be removed, instead of refusing the plan.
    pub keep_removed: bool,
    /// An explicit consent to taking over what others made where the target's own is to be.
    pub adopt: bool,
}

impl Default for Consent {
    /// A fifth of the members may leave.
    fn default() -> Self {
        Self { max_shrink: Share(20), accept_shrink: false, keep_removed: false, adopt: false }
    }
}

/// A share in whole percent, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u8);

/// A text that is no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a share: expected a whole percentage from `0%` to `100%`")]
pub struct ShareError {
    input: String,
}

impl Share {
    /// Whether `part` of `whole` is more than this share.
    #[must_use]
    pub fn is_exceeded_by(self, part: usize, whole: usize) -> bool {
        (part as u128) * 100 > u128::from(self.0) * (whole as u128)
    }
}

impl FromStr for Share {
    type Err = ShareError;
    fn from_str(input: &str) -> Result<Self, ShareError> {
        let digits = input.strip_suffix('%').unwrap_or(input);
        match digits.parse::<u8>() {
            Ok(percent) if percent <= 100 => Ok(Self(percent)),
            _ => Err(ShareError { input: input.to_owned() }),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// Why a plan may not be applied as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// More members would leave than was agreed to.
    #[error(
        "{} of {} members would leave (such as `{witness}`), more than the guard of {max_shrink} allows",
        number(*.n_removed), number(*.n_members)
    )]
    Shrink {
        /// How many would leave.
        n_removed: usize,
        /// How many there are.
        n_members: usize,
        /// One that would leave.
        witness: String,
        /// The guard.
        max_shrink: Share,
    },
    /// Members would be removed on the word of an inventory that does not list every device.
    #[error(
        "members would be removed ({} of them, such as `{witness}`), but the inventory is partial",
        number(*.n_removed)
    )]
    PruneOnPartial {
        /// How many would be removed.
        n_removed: usize,
        /// One of them.
        witness: String,
    },
}

impl Consent {
    /// Whether `plan` may be applied. With `keep_removed`, removals do not count: they are not done.
    ///
    /// # Errors
    /// [`Refused`] says what would need an explicit consent.
    pub fn check(&self, plan: &Plan) -> Result<(), Refused> {
        let n_removed = plan.summary().removed;
        if n_removed == 0 || self.keep_removed {
            return Ok(());
        }
        let witness = plan.removed().next().map(ToString::to_string).unwrap_or_default();
        if plan.coverage() == Coverage::Partial {
            return Err(Refused::PruneOnPartial { n_removed, witness });
        }
        let n_members = plan.n_members();
        if !self.accept_shrink && self.max_shrink.is_exceeded_by(n_removed, n_members) {
            return Err(Refused::Shrink {
                n_removed,
                n_members,
                witness,
                max_shrink: self.max_shrink,
            });
        }
        Ok(())
    }

    /// The changes of `plan` that are made under this consent.
    ///
    /// # Errors
    /// Those of [`Consent::check`].
    pub fn changes<'a>(&self, plan: &'a Plan) -> Result<Vec<&'a Change>, Refused> {
        self.check(plan)?;
        let is_kept = |change: &&Change| !(self.keep_removed && change.kind == ChangeKind::Removed);
        Ok(plan.changes().iter().filter(is_kept).collect())
    }
}

impl Refused {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Shrink { .. } => {
                "if they are to leave, say so with `--accept-shrink`; otherwise check the inventory and the selectors"
            }
            Self::PruneOnPartial { .. } => {
                "use a complete inventory, or keep the members that are not listed"
            }
        }
    }
}
