//! Why a fleet cannot be written, and why bytes are no fleet.

use crate::digest::Digest;

/// A fleet that the wire form cannot carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fleet cannot be written: {message}")]
pub struct EncodeError {
    message: String,
}

impl EncodeError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl From<serde_json::Error> for EncodeError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// Bytes that are no fleet: what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct DecodeError(Kind);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Kind {
    #[error("line {line}, column {column}: {message}")]
    Json { line: usize, column: usize, message: String },
    #[error(
        "version {found} of the wire form is not known: this escadre reads version 1; \
         upgrade escadre, or run `escadre lock` with this one"
    )]
    Version { found: String },
    #[error("{0}")]
    Document(String),
    #[error("{table} {index}: {message}")]
    Entry { table: &'static str, index: usize, message: String },
    #[error(
        "the digest is {stated}, but the nodes have {computed}: the file was edited by hand or \
         merged badly; run `escadre lock` again"
    )]
    Digest { stated: Digest, computed: Digest },
    #[error("there are more {what} than the limit of {limit}; raise it with `decode_with`")]
    Limit { what: &'static str, limit: u64 },
}

impl From<Kind> for DecodeError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl DecodeError {
    pub(super) fn document(message: impl Into<String>) -> Self {
        Self(Kind::Document(message.into()))
    }

    pub(super) fn json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        // `serde_json` says the place last; here it comes first.
        let message = match text.rfind(" at line ") {
            Some(at) => text[..at].to_owned(),
            None => text,
        };
        Self(Kind::Json { line, column, message })
    }

    /// The line and column, counted from 1, at which the bytes stop being JSON.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        match self.0 {
            Kind::Json { line, column, .. } => Some((line, column)),
            _ => None,
        }
    }

    /// The position, counted from 0, of the node that is wrong.
    #[must_use]
    pub fn node(&self) -> Option<usize> {
        match self.0 {
            Kind::Entry { table: "node", index, .. } => Some(index),
            _ => None,
        }
    }
}
