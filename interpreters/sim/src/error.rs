//! What can go wrong, an error an operation.

use std::fmt;
use std::path::{Path, PathBuf};

use escadre_algebra::{DeviceId, ResourceName};
use escadre_interpreter::{Refused, Stale};

use crate::world::FORMAT;

/// A resource names content that nobody can deliver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the resource `{resource}` names the content `{digest}` in its field `{field}` (on `{device}`), but the fleet does not carry it"
)]
pub struct LowerError {
    resource: ResourceName,
    field: &'static str,
    device: DeviceId,
    digest: String,
}

impl LowerError {
    pub(crate) fn new(
        name: &ResourceName,
        field: &'static str,
        device: &DeviceId,
        digest: &str,
    ) -> Self {
        let (resource, device) = (name.clone(), device.clone());
        Self { resource, field, device, digest: digest.to_owned() }
    }

    /// The resource that names it.
    #[must_use]
    pub fn resource(&self) -> &ResourceName {
        &self.resource
    }

    /// The field that names it, below the resource.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// A device that would get it.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some("give the bytes with `.content(bytes)`, or for a blob say where they are with `.source(url)`".into())
    }
}

/// What a world holds is nothing that this interpreter writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the world's `{what}` makes no sense: {why}")]
pub struct LiftError {
    what: String,
    why: String,
}

impl LiftError {
    pub(crate) fn new(what: &str, why: &dyn fmt::Display) -> Self {
        Self { what: what.to_owned(), why: why.to_string() }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(
            "the folder was changed by another program: restore it, or remove it and apply again"
                .into(),
        )
    }
}

/// A world was not opened.
#[derive(Debug, thiserror::Error)]
#[error("the folder `{}` {}", dir.display(), kind.says())]
pub struct OpenError {
    dir: PathBuf,
    kind: OpenErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Why a world was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenErrorKind {
    /// There is none, and none was to be made.
    Missing,
    /// The path is that of a file.
    NotAFolder,
    /// The folder holds something else.
    Foreign,
    /// Another process, or another simulator of this one, has it open.
    Locked,
    /// Its file cannot be read.
    Damaged,
    /// Its file is of a newer version of the format.
    Newer(u64),
    /// The operating system refuses.
    Io,
}

impl OpenErrorKind {
    fn says(self) -> String {
        match self {
            Self::Missing => "holds no world".to_owned(),
            Self::NotAFolder => "is no folder".to_owned(),
            Self::Foreign => "holds something other than a world".to_owned(),
            Self::Locked => "is in use by another process".to_owned(),
            Self::Damaged => "holds a world that is damaged".to_owned(),
            Self::Newer(n) => {
                format!("holds a world of format {n}, but this version reads up to {FORMAT}")
            }
            Self::Io => "cannot be read or written".to_owned(),
        }
    }
}

impl OpenError {
    pub(crate) fn new(dir: &Path, kind: OpenErrorKind) -> Self {
        Self { dir: dir.to_owned(), kind, source: None }
    }

    pub(crate) fn caused(
        dir: &Path,
        kind: OpenErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self { dir: dir.to_owned(), kind, source: Some(Box::new(source)) }
    }

    /// Why it was not opened.
    #[must_use]
    pub fn kind(&self) -> OpenErrorKind {
        self.kind
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self.kind {
            OpenErrorKind::Missing => "apply a fleet to it first, which makes it",
            OpenErrorKind::NotAFolder => "give the path of a folder, or of nothing yet",
            OpenErrorKind::Foreign => {
                "give an empty folder, one that does not exist, or one made by `apply`"
            }
            OpenErrorKind::Locked => {
                "wait until the other process has ended, or end it; nothing was lost"
            }
            OpenErrorKind::Damaged => {
                "restore `world.redb` from a copy, or remove the folder and apply again"
            }
            OpenErrorKind::Newer(_) => "use the version of escadre that wrote it, or a newer one",
            OpenErrorKind::Io => "check the folder's permissions and the free space",
        };
        Some(help.to_owned())
    }
}

/// A world's store failed: its disk, or what is on it.
#[derive(Debug, thiserror::Error)]
#[error("the world's store failed: {why}")]
pub struct StoreError {
    why: String,
    source: Option<Box<redb::Error>>,
}

impl StoreError {
    /// What is stored under `what` cannot be read.
    pub(crate) fn corrupt(what: &str, why: &dyn fmt::Display) -> Self {
        Self { why: format!("its `{what}` makes no sense: {why}"), source: None }
    }

    /// The world was opened for reading only.
    pub(crate) fn read_only() -> Self {
        Self { why: "it was opened for reading only".to_owned(), source: None }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let io = matches!(self.source.as_deref(), Some(redb::Error::Io(_)));
        io.then(|| {
            "check the folder's permissions and the free space, then run it again".to_owned()
        })
    }
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                let source = redb::Error::from(error);
                Self { why: source.to_string(), source: Some(Box::new(source)) }
            }
        }
    )*};
}
from_redb!(redb::StorageError, redb::TableError, redb::TransactionError, redb::CommitError);

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
    /// Another apply took the fence; what was written before is whole devices.
    #[error(
        "another apply (generation {theirs}) took over from this one (generation {ours}) after {n_done} devices"
    )]
    Fenced {
        /// This apply's generation.
        ours: u64,
        /// The other's.
        theirs: u64,
        /// How many devices had been written.
        n_done: usize,
    },
    /// The controller is gone, as the faults ask for; what was written before is whole devices.
    #[error("the controller was killed after {n_done} devices, as `crash-after` asks for")]
    Crashed {
        /// How many devices had been written.
        n_done: usize,
    },
    /// The store failed; what was written before is whole devices.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApplyError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Stale(stale) => stale.help(),
            Self::Refused(refused) => refused.help(),
            Self::Fenced { .. } => "let the other apply end, then plan again",
            Self::Crashed { .. } => "plan and apply again: it goes on where this one ended",
            Self::Store(error) => return error.help(),
        };
        Some(help.to_owned())
    }
}
