//! What was written but means nothing.

use std::fmt;
use std::sync::Arc;

use crate::origin::Origin;

/// Something that was written but means nothing: a bad name, value or selector, and where it was written.
///
/// Building never fails: a bad part makes an invalid node, and resolving reports all of them together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    message: Arc<str>,
    origin: Origin,
    is_foreign: bool,
}

impl Problem {
    /// The problem that `error` describes, written at `origin`.
    #[must_use]
    pub fn new(error: &impl ToString, origin: Origin) -> Self {
        Self { message: Arc::from(error.to_string()), origin, is_foreign: false }
    }

    /// The operator `name`, which only another version of Escadre knows.
    pub(crate) fn foreign(name: &str, origin: Origin) -> Self {
        let message = format!(
            "the operator `{name}` is not known to this version of escadre; a newer one wrote it"
        );
        Self { is_foreign: true, ..Self::new(&message, origin) }
    }

    /// Whether it is an operator that this version does not know: carried, and refused when resolving.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// What is wrong, as a lower-case sentence part.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it was written.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.message)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
