//! Why a text is no stored plan.

/// Why a text is no stored plan, or none that may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFileError {
    /// The text is no JSON, or lacks what a plan has.
    #[error("this is no stored plan: {message}; write one with `plan --out`")]
    Malformed {
        /// What is wrong, and in which line.
        message: String,
    },
    /// The plan has a form that this program does not know.
    #[error(
        "the plan has version {found} of its form, and this program reads version 1; make the plan again with this program, or apply it with the one that made it"
    )]
    Version {
        /// The version found.
        found: String,
    },
    /// The content is not what the digest says.
    #[error(
        "the plan was edited after it was made (its digest says {stated}, its content {found}); change the fleet instead and make the plan again with `plan --out`"
    )]
    Edited {
        /// The digest in the file, shortened.
        stated: String,
        /// The digest of the content, shortened.
        found: String,
    },
    /// A part of the plan makes no sense.
    #[error("the plan is not valid at {at}: {message}; make it again with `plan --out`")]
    Invalid {
        /// Which part.
        at: String,
        /// What is wrong there.
        message: String,
    },
}

impl PlanFileError {
    pub(super) fn invalid(at: impl Into<String>, message: &impl ToString) -> Self {
        Self::Invalid { at: at.into(), message: message.to_string() }
    }
}
