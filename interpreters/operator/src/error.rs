//! What can go wrong, in words.

use std::error::Error;
use std::fmt;

use crate::verdict::{Reason, Verdict};

/// The operator does not run.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct RunError {
    kind: RunErrorKind,
    source: Option<Box<kube::Error>>,
}

/// Why the operator does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// The cluster does not know `Fleet` objects.
    NoDefinition,
    /// The namespace of the lease does not exist.
    NoNamespace {
        /// What the API server says.
        why: String,
    },
    /// Who this is may not do what the operator does.
    Forbidden {
        /// What the API server says.
        why: String,
    },
    /// Another operator leads, and does not end.
    Led {
        /// Its name.
        by: String,
    },
    /// The API server does not do what it is asked.
    Server {
        /// What it says, or why it is not heard.
        why: String,
    },
}

impl fmt::Display for RunErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDefinition => f.write_str("the cluster does not know `Fleet` objects"),
            Self::NoNamespace { why } => {
                write!(f, "the operator's own namespace is missing: {why}")
            }
            Self::Forbidden { why } => write!(f, "the rights are not enough: {why}"),
            Self::Led { by } => write!(f, "another operator leads: `{by}`"),
            Self::Server { why } => write!(f, "the API server does not do what it is asked: {why}"),
        }
    }
}

impl RunError {
    pub(crate) fn led(by: String) -> Self {
        Self { kind: RunErrorKind::Led { by }, source: None }
    }

    /// Whether trying again is of no use.
    pub(crate) fn is_lasting(&self) -> bool {
        !matches!(self.kind, RunErrorKind::Server { .. })
    }

    /// Why it does not run.
    #[must_use]
    pub fn kind(&self) -> &RunErrorKind {
        &self.kind
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match &self.kind {
            RunErrorKind::NoDefinition => {
                "define them: `escadre operator crd | kubectl apply -f -`"
            }
            RunErrorKind::NoNamespace { .. } => {
                "make it with `kubectl create namespace`, or name another one with `--own-namespace`"
            }
            RunErrorKind::Forbidden { .. } => {
                "`escadre operator rbac` prints the rights that are needed; an administrator applies them with `kubectl apply -f -`"
            }
            RunErrorKind::Led { .. } => "stop that one, or leave the objects to it",
            RunErrorKind::Server { .. } => {
                "check the context and that the API server runs: `kubectl cluster-info`"
            }
        };
        Some(help.to_owned())
    }
}

impl From<kube::Error> for RunError {
    fn from(error: kube::Error) -> Self {
        let kind = match &error {
            kube::Error::Api(status) if matches!(status.code, 401 | 403) => {
                RunErrorKind::Forbidden { why: status.message.clone() }
            }
            kube::Error::Api(status) if status.code == 404 => {
                match status.message.contains("namespaces") {
                    true => RunErrorKind::NoNamespace { why: status.message.clone() },
                    false => RunErrorKind::NoDefinition,
                }
            }
            error => RunErrorKind::Server { why: chain(error) },
        };
        Self { kind, source: Some(Box::new(error)) }
    }
}

/// What there is to say of an object where this cluster's API server fails.
pub(crate) fn server(error: &kube::Error) -> Verdict {
    match error {
        kube::Error::Api(status) if matches!(status.code, 401 | 403) => {
            let message = format!("the rights of the operator are not enough: {}", status.message);
            let help = "`escadre operator rbac` prints those that it needs";
            Verdict::advised(Reason::Unreachable, &message, Some(help))
        }
        error => {
            let message = format!("the API server does not do what it is asked: {}", chain(error));
            Verdict::new(Reason::Unreachable, &message)
        }
    }
}

/// An error and its sources, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}

/// What to do next, where the error of a target says so.
pub(crate) fn advice(error: &(dyn Error + 'static)) -> Option<String> {
    use escadre_kube::{ApplyError, LowerError, ServerError};
    (error.downcast_ref::<ServerError>().map(ServerError::help))
        .or_else(|| error.downcast_ref::<ApplyError>().map(ApplyError::help))
        .or_else(|| error.downcast_ref::<LowerError>().map(LowerError::help))
        .flatten()
        .or_else(|| on_nats(error))
}

#[cfg(feature = "nats")]
fn on_nats(error: &(dyn Error + 'static)) -> Option<String> {
    use escadre_nats::{ApplyError, LowerError, ServerError};
    (error.downcast_ref::<ServerError>().map(ServerError::help))
        .or_else(|| error.downcast_ref::<ApplyError>().map(ApplyError::help))
        .or_else(|| error.downcast_ref::<LowerError>().map(LowerError::help))
        .flatten()
}

#[cfg(not(feature = "nats"))]
fn on_nats(_: &(dyn Error + 'static)) -> Option<String> {
    None
}

/// Whether an apply ended because what it was planned for is no longer so.
pub(crate) fn is_stale(error: &(dyn Error + 'static)) -> bool {
    let on_cluster = error.downcast_ref::<escadre_kube::ApplyError>();
    if let Some(error) = on_cluster {
        return matches!(
            error,
            escadre_kube::ApplyError::Stale(_) | escadre_kube::ApplyError::Fenced { .. }
        );
    }
    is_stale_on_nats(error)
}

#[cfg(feature = "nats")]
fn is_stale_on_nats(error: &(dyn Error + 'static)) -> bool {
    use escadre_nats::ApplyError;
    let error = error.downcast_ref::<ApplyError>();
    matches!(error, Some(ApplyError::Stale(_) | ApplyError::Fenced { .. }))
}

#[cfg(not(feature = "nats"))]
fn is_stale_on_nats(_: &(dyn Error + 'static)) -> bool {
    false
}
