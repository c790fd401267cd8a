//! Why a PodSpec is no pod of the algebra, or a pod no PodSpec.

/// Something in a PodSpec, or in a rendered pod, that has no counterpart on the other side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
pub struct SpecError {
    path: String,
    message: String,
}

impl SpecError {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        let path: String = path.into();
        let path = if path.is_empty() { "(top level)".to_owned() } else { path };
        Self { path, message: message.into() }
    }

    /// Where it is: names joined by `.`, positions in lists as `[2]`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there, as a lower-case sentence part.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// `path` with the field `name` added.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
