//! What can go wrong, an error an operation.

use std::fmt;

use escadre_algebra::{DeviceId, ResourceName};
use escadre_interpreter::{Refused, Stale};

/// The source of an error, whatever library it is of.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// A bucket cannot hold a fleet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the resource `{resource}` of `{device}` {kind} (field `{field}`)")]
pub struct LowerError {
    kind: LowerErrorKind,
    resource: String,
    device: DeviceId,
    field: String,
}

/// Why a bucket cannot hold a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LowerErrorKind {
    /// A resource is larger than one message.
    TooLarge {
        /// The bytes that it takes.
        n_bytes: usize,
        /// The bytes that fit.
        n_max: usize,
    },
    /// A device has more resources than one atomic batch.
    TooMany {
        /// How many it has.
        n: usize,
        /// How many fit.
        n_max: usize,
    },
    /// A resource names content that the fleet does not carry.
    NoContent {
        /// The digest by which it is named.
        digest: String,
    },
}

impl fmt::Display for LowerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { n_bytes, n_max } => {
                write!(f, "takes {n_bytes} bytes, and one message of the server holds {n_max}")
            }
            Self::TooMany { n, n_max } => {
                write!(f, "is one of {n}, and {n_max} are written at once")
            }
            Self::NoContent { digest } => {
                write!(f, "names the content `{digest}`, which the fleet does not carry")
            }
        }
    }
}

impl LowerError {
    pub(crate) fn new(
        kind: LowerErrorKind,
        resource: Option<&ResourceName>,
        device: &DeviceId,
        field: &str,
    ) -> Self {
        let resource = resource.map(ToString::to_string).unwrap_or_default();
        Self { kind, resource, device: device.clone(), field: field.to_owned() }
    }

    /// Why it cannot be held.
    #[must_use]
    pub fn kind(&self) -> &LowerErrorKind {
        &self.kind
    }

    /// A device that would get it.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self.kind {
            LowerErrorKind::TooLarge { .. } => {
                "give large texts as a file's `.content(bytes)`, or raise `max_payload` of the server"
            }
            LowerErrorKind::TooMany { .. } => "put several of them into one resource",
            LowerErrorKind::NoContent { .. } => {
                "give the bytes with `.content(bytes)`, or for a blob say where they are with `.source(url)`"
            }
        };
        Some(help.to_owned())
    }
}

/// What a bucket holds makes no sense as a whole. Single keys that make none are anomalies, not errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiftError {}

/// A server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the bucket `{bucket}`: {kind}")]
pub struct ServerError {
    bucket: String,
    kind: ServerErrorKind,
    source: Option<Source>,
}

/// Why a server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerErrorKind {
    /// It cannot be reached, or does not answer in time.
    Unreachable {
        /// What was asked of it.
        doing: &'static str,
    },
    /// It is older than what this interpreter needs.
    TooOld {
        /// Its version.
        found: String,
    },
    /// It has no JetStream, or this account has none.
    NoJetStream,
    /// The bucket is not there, and was not to be made.
    NoBucket,
    /// The bucket has another number of replicas than was asked for.
    Replicas {
        /// How many it has.
        found: usize,
        /// How many were asked for.
        wanted: usize,
    },
    /// There are not as many servers as are to hold it, or not with room.
    TooFewServers {
        /// How many were asked for.
        wanted: usize,
        /// What the server says.
        why: String,
    },
    /// The bucket's stream takes no atomic batches.
    NotAtomic,
    /// It was written faster than it could be read.
    Restless,
    /// There is no room for what is to be written: the disk, or a limit of the account or the stream.
    Full {
        /// What the server says.
        why: String,
    },
    /// It answers, and does not store what it is sent, however often: a batch of which it lost a part, a
    /// disk that is full, a write that it denies this user without an answer.
    Unstored {
        /// What it says.
        why: String,
    },
    /// It refuses, and trying again does not help.
    Refused {
        /// What was asked of it.
        doing: &'static str,
        /// What it says.
        why: String,
    },
}

/// The first version of the server that has atomic batches.
pub(crate) const NEEDED: (i64, i64, i64) = (2, 12, 0);

impl fmt::Display for ServerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { doing } => {
                write!(f, "the server does not answer ({doing})")
            }
            Self::TooOld { found } => {
                let (major, minor, patch) = NEEDED;
                write!(
                    f,
                    "the server is nats-server {found}, which has no atomic batches; {major}.{minor}.{patch} or newer is needed"
                )
            }
            Self::NoJetStream => f.write_str("the server has no JetStream for this account"),
            Self::NoBucket => f.write_str("it does not exist"),
            Self::Replicas { found, wanted } => {
                write!(f, "it has {found} replicas, and {wanted} were asked for")
            }
            Self::TooFewServers { wanted, why } => {
                write!(f, "it cannot be held by {wanted} servers: {why}")
            }
            Self::NotAtomic => f.write_str("its stream takes no atomic batches"),
            Self::Restless => f.write_str("it is written faster than it can be read"),
            Self::Full { why } => write!(f, "the server has no room: {why}"),
            Self::Unstored { why } => {
                write!(f, "the server answers, and does not store what is written: {why}")
            }
            Self::Refused { doing, why } => write!(f, "the server refuses ({doing}): {why}"),
        }
    }
}

impl ServerError {
    pub(crate) fn new(bucket: &str, kind: ServerErrorKind) -> Self {
        Self { bucket: bucket.to_owned(), kind, source: None }
    }

    pub(crate) fn caused(bucket: &str, kind: ServerErrorKind, source: impl Into<Source>) -> Self {
        Self { bucket: bucket.to_owned(), kind, source: Some(source.into()) }
    }

    /// Why it was not done.
    #[must_use]
    pub fn kind(&self) -> &ServerErrorKind {
        &self.kind
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match &self.kind {
            ServerErrorKind::Unreachable { .. } => {
                "check the address and that the server runs, then run it again: it goes on where it ended"
            }
            ServerErrorKind::TooOld { .. } => "update the server",
            ServerErrorKind::NoJetStream => {
                "start the server with `-js`, and give the account JetStream in its configuration"
            }
            ServerErrorKind::NoBucket => {
                "`escadre nats init` makes it, and so does applying a fleet"
            }
            ServerErrorKind::Replicas { .. } => {
                "change the stream with `nats stream edit`, or ask for as many replicas as there are"
            }
            ServerErrorKind::TooFewServers { .. } => {
                "ask for no more replicas than there are servers with room (`?replicas=1`), or start more"
            }
            ServerErrorKind::NotAtomic => {
                "set `allow_atomic` on the stream, or let this program make the bucket"
            }
            ServerErrorKind::Restless => "find out who else writes to the bucket, and run it again",
            ServerErrorKind::Full { .. } => {
                "make room on the server's disk or raise the limit, then run it again: it goes on where it ended"
            }
            ServerErrorKind::Unstored { .. } => {
                "look at the server's log: if its disk is full, make room and start it again; if it denies this user the write, allow it; then run it again: it goes on where it ended"
            }
            ServerErrorKind::Refused { .. } => {
                "look at the server's log; with permissions, at those of this user"
            }
        };
        Some(help.to_owned())
    }
}

/// A plan was not applied, or not wholly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The plan is of another state than the present one; nothing was written.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The plan needs an explicit consent; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A device takes more messages than can be written at once; nothing was written.
    #[error("`{device}` takes {n} messages, and one batch has {n_max}")]
    DeviceTooLarge {
        /// The device.
        device: DeviceId,
        /// How many messages it takes.
        n: usize,
        /// How many one batch has.
        n_max: usize,
    },
    /// Another apply took the fence; what was written before is whole devices.
    #[error(
        "another apply (generation {theirs}) took over from this one (generation {ours}) after {n_done} devices"
    )]
    Fenced {
        /// This apply's generation.
        ours: u64,
        /// The other's; 0 if its fence is gone or makes no sense.
        theirs: u64,
        /// How many devices were surely written.
        n_done: usize,
    },
    /// The controller is gone, as [`Nats::die_after`](crate::Nats::die_after) asks for.
    #[error("the controller was killed after {n_done} devices, as `die_after` asks for")]
    Died {
        /// How many devices were surely written.
        n_done: usize,
    },
    /// The server failed; what was written before is whole devices.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl ApplyError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Stale(stale) => stale.help(),
            Self::Refused(refused) => refused.help(),
            Self::DeviceTooLarge { .. } => {
                "put several of its resources into one, or apply the removals of its resources first"
            }
            Self::Fenced { .. } => "let the other apply end, then plan again",
            Self::Died { .. } => "plan and apply again: it goes on where this one ended",
            Self::Server(error) => return error.help(),
        };
        Some(help.to_owned())
    }
}
