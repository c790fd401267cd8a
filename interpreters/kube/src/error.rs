//! What can go wrong, an error an operation.

use std::fmt;

use escadre_algebra::{DeviceId, ResourceName};
use escadre_interpreter::{Refused, Stale};

use crate::foreign::Foreign;

/// The source of an error, whatever library it is of.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Kubernetes cannot hold a fleet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the resource `{resource}` of `{device}`: {kind}")]
pub struct LowerError {
    kind: LowerErrorKind,
    resource: ResourceName,
    device: DeviceId,
}

/// Why Kubernetes cannot hold a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LowerErrorKind {
    /// It is no PodSpec.
    Spec {
        /// The field.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// A field mentions the device's id where Kubernetes knows no way to say it.
    PerDevice {
        /// The field.
        field: String,
    },
    /// A text has the characters by which pods are told the device's id.
    Placeholder,
    /// The labels that it mentions split it into too many objects.
    Split {
        /// How many objects there may be.
        n_max: usize,
        /// The labels.
        labels: Vec<String>,
    },
    /// It differs on each device, in more shards than it may be in.
    Shards {
        /// How many shards there may be.
        n_max: usize,
    },
    /// A file that differs on each device is used otherwise than as that one file.
    Mount {
        /// The file.
        file: ResourceName,
        /// How it is used.
        why: &'static str,
    },
    /// The device has a file of its own, and an id that no node has.
    Key,
    /// It is larger than an object may be.
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The bytes that it takes.
        n_bytes: usize,
        /// The bytes that fit.
        n_max: usize,
    },
    /// It names content that the fleet does not carry.
    NoContent {
        /// The digest by which it is named.
        digest: String,
    },
}

impl fmt::Display for LowerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec { field, why } => {
                write!(f, "the field `{field}` is no part of a pod: {why}")
            }
            Self::PerDevice { field } => write!(
                f,
                "the field `{field}` mentions the device's id, and would make an object a device"
            ),
            Self::Placeholder => {
                write!(f, "a text has `{}`, by which pods are told the device's id", crate::pod::ID)
            }
            Self::Split { n_max, labels } => write!(
                f,
                "the labels that it mentions ({}) make more than {n_max} objects of it",
                labels.join(", ")
            ),
            Self::Shards { n_max } => write!(
                f,
                "it differs on each device, and its files would be in more than {n_max} ConfigMaps"
            ),
            Self::Mount { file, why } => {
                write!(f, "the file `{file}` is another one on each device, and {why}")
            }
            Self::Key => {
                f.write_str("it differs on each device, and the id is no name that a node can have")
            }
            Self::TooLarge { what, n_bytes, n_max } => {
                write!(f, "{what} takes {n_bytes} bytes, and Kubernetes holds {n_max}")
            }
            Self::NoContent { digest } => {
                write!(f, "it names the content `{digest}`, which the fleet does not carry")
            }
        }
    }
}

impl LowerError {
    pub(crate) fn new(kind: LowerErrorKind, resource: &ResourceName, device: &DeviceId) -> Self {
        Self { kind, resource: resource.clone(), device: device.clone() }
    }

    /// Why it cannot be held.
    #[must_use]
    pub fn kind(&self) -> &LowerErrorKind {
        &self.kind
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &ResourceName {
        &self.resource
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
            LowerErrorKind::Spec { .. } => {
                "`unset` the field in a layer, or set it to what Kubernetes expects"
            }
            LowerErrorKind::PerDevice { .. } => {
                "say the id in a variable, in `command` or `args`, in the `subPath` of a mount, or in the text of a file"
            }
            LowerErrorKind::Placeholder => "write the id with `device_id()`",
            LowerErrorKind::Split { .. } => {
                "mention labels of fewer values, or put what differs into a file that the pod reads"
            }
            LowerErrorKind::Shards { .. } => {
                "make it smaller; if single devices were changed many times, change it or the pod that mounts it on all devices at once: then all are put together anew"
            }
            LowerErrorKind::Mount { .. } => {
                "mount it from a volume of its own: `.volume(\"v\", Volume::config_map(FILE))` and `.mount(DIRECTORY, Mount::of(\"v\"))`"
            }
            LowerErrorKind::Key => "say the names of the nodes in the inventory",
            LowerErrorKind::TooLarge { .. } => {
                "put what is large into an image or a volume, and name it from here"
            }
            LowerErrorKind::NoContent { .. } => {
                "give the bytes with `.content(bytes)`, or for a blob say where they are with `.source(url)`"
            }
        };
        Some(help.to_owned())
    }
}

/// What a cluster holds makes no sense as a whole. Single objects that make none are anomalies, not errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiftError {}

/// A cluster did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the cluster `{place}`: {kind}")]
pub struct ServerError {
    place: String,
    kind: ServerErrorKind,
}

/// Why a cluster did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerErrorKind {
    /// Its API server cannot be reached, or does not answer in time.
    Unreachable {
        /// What was asked of it.
        doing: &'static str,
        /// What was heard last.
        why: String,
    },
    /// A webhook that the API server has to ask does not answer it in time.
    Webhook {
        /// Its name.
        webhook: String,
        /// What was asked.
        doing: &'static str,
        /// What was heard last.
        why: String,
    },
    /// Who asks is not known to it.
    Unknown {
        /// What it says.
        why: String,
    },
    /// Who asks may not do that.
    Forbidden {
        /// What it says.
        why: String,
    },
    /// A policy of the cluster, or a webhook, refuses.
    Denied {
        /// Its name.
        by: String,
        /// What was asked.
        doing: &'static str,
        /// What it says.
        why: String,
    },
    /// The namespace does not exist.
    NoNamespace {
        /// Its name.
        namespace: String,
    },
    /// It refuses, and trying again does not help.
    Refused {
        /// What was asked of it.
        doing: &'static str,
        /// What it says.
        why: String,
    },
    /// Its answer is none that is understood.
    Odd {
        /// What was asked of it.
        doing: &'static str,
        /// What is odd about the answer.
        why: String,
    },
    /// It was written faster than it could be read.
    Restless,
}

impl fmt::Display for ServerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { doing, why } => {
                write!(f, "the API server does not answer ({doing}): {why}")
            }
            Self::Webhook { webhook, doing, why } => {
                write!(f, "the webhook `{webhook}` does not answer ({doing}): {why}")
            }
            Self::Unknown { why } => write!(f, "the API server does not know who asks: {why}"),
            Self::Forbidden { why } => write!(f, "the rights are not enough: {why}"),
            Self::Denied { by, doing, why } => write!(f, "`{by}` denies it ({doing}): {why}"),
            Self::NoNamespace { namespace } => write!(f, "there is no namespace `{namespace}`"),
            Self::Refused { doing, why } => write!(f, "the API server refuses ({doing}): {why}"),
            Self::Odd { doing, why } => {
                write!(f, "the API server's answer is not understood ({doing}): {why}")
            }
            Self::Restless => f.write_str("it is written faster than it can be read"),
        }
    }
}

impl ServerError {
    pub(crate) fn new(place: &str, kind: ServerErrorKind) -> Self {
        Self { place: place.to_owned(), kind }
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
                "check the context and that the API server runs (`kubectl cluster-info`), then run it again: it goes on where it ended".to_owned()
            }
            ServerErrorKind::Webhook { .. } => {
                "ask who runs the cluster, or find it with `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`; then run it again: it goes on where it ended".to_owned()
            }
            ServerErrorKind::Unknown { .. } => {
                "the credentials of the context are wrong or have expired: `kubectl auth whoami`".to_owned()
            }
            ServerErrorKind::Forbidden { .. } => {
                "`escadre kube rbac` prints the rights that are needed; an administrator applies them with `kubectl apply -f -`".to_owned()
            }
            ServerErrorKind::Denied { .. } => {
                "no node was written; change the fleet, or ask who runs the cluster what it is for".to_owned()
            }
            ServerErrorKind::NoNamespace { namespace } => {
                format!("make it with `kubectl create namespace {namespace}`, or name another one: `kube:CONTEXT?namespace=NAME`")
            }
            ServerErrorKind::Refused { .. } => {
                "what it says names the object and the field; change the fleet, or ask who runs the cluster".to_owned()
            }
            ServerErrorKind::Odd { .. } => "is this a Kubernetes API server?".to_owned(),
            ServerErrorKind::Restless => "run it again when the cluster is quieter".to_owned(),
        };
        Some(help)
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
    /// What is to be written cannot be held; nothing was written.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// Others made what stands where the fleet's objects are to be; no node was written.
    #[error(transparent)]
    Foreign(#[from] Foreign),
    /// Another apply took the lease; what was written before is whole devices.
    #[error("another apply (`{theirs}`) took the lease from this one after {n_done} devices")]
    Fenced {
        /// The other's name; empty if nobody has the lease.
        theirs: String,
        /// How many devices were surely written.
        n_done: usize,
    },
    /// The controller is gone, as [`Kube::die_after`](crate::Kube::die_after) asks for.
    #[error("the controller was killed after {n_done} devices, as `die_after` asks for")]
    Died {
        /// How many devices were surely written.
        n_done: usize,
    },
    /// The cluster failed; what was written before is whole devices.
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
            Self::Foreign(foreign) => foreign.help(),
            Self::Lower(error) => return error.help(),
            Self::Fenced { .. } => "let the other apply end, then plan again",
            Self::Died { .. } => "plan and apply again: it goes on where this one ended",
            Self::Server(error) => return error.help(),
        };
        Some(help.to_owned())
    }
}
