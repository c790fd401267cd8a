//! Why a fleet is not valid.

use crate::problem::Problem;

/// A fleet has parts that mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} parts of the fleet mean nothing{}", problems.len(), first(problems))]
pub struct InvalidFleet {
    // INVARIANT: not empty; `try_valid` keeps it.
    problems: Vec<Problem>,
}

impl InvalidFleet {
    /// `problems` must not be empty.
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// What means nothing, each once.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(|problem| format!(", the first: {problem}")).unwrap_or_default()
}
