//! Answers: proven, refuted with a witness, or not decided.

use super::witness::Witness;

/// An analysis outgrew its budget: the question is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "too large to decide: {n_nodes} nodes of diagrams were made before the budget of {budget} steps was spent"
)]
pub struct TooLarge {
    /// How many steps were allowed.
    pub budget: usize,
    /// How many nodes there were when they were spent.
    pub n_nodes: usize,
}

impl TooLarge {
    pub(super) fn new(budget: usize, n_nodes: usize) -> Self {
        Self { budget, n_nodes }
    }
}

/// The answer to a question about every device that could exist.
#[derive(Clone, Debug)]
#[must_use]
pub enum Answer {
    /// It holds on every device.
    Proven,
    /// It does not hold on this one.
    Refuted(Box<Witness>),
    /// The budget was spent before it was decided.
    Undecided(TooLarge),
}

impl Answer {
    /// Whether it is known to hold.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        matches!(self, Self::Proven)
    }

    /// Where it does not hold.
    #[must_use]
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Self::Refuted(witness) => Some(witness),
            Self::Proven | Self::Undecided(_) => None,
        }
    }

    pub(super) fn of(found: Result<Option<Witness>, TooLarge>) -> Self {
        match found {
            Ok(None) => Self::Proven,
            Ok(Some(witness)) => Self::Refuted(Box::new(witness)),
            Err(too_large) => Self::Undecided(too_large),
        }
    }
}
