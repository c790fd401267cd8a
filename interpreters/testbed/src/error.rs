//! Why a server did not start.

use std::path::{Path, PathBuf};

/// A server could not be installed, started or reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestbedError {
    /// The program is not there and could not be installed.
    #[error(
        "nats-server {version} could not be installed: {why}; install it by hand and name it in `ESCADRE_NATS_SERVER`, or make `python3 -m pip` work"
    )]
    Install {
        /// The version that was asked for.
        version: String,
        /// What went wrong.
        why: String,
    },
    /// Kubernetes' control plane is not there and could not be built.
    #[error(
        "kubernetes {version} could not be built: {why}; make `go` {go} or newer or `python3 -m pip` work, and Go's modules reachable, or name a folder that was built elsewhere in `ESCADRE_KUBERNETES`"
    )]
    Build {
        /// The version that was asked for.
        version: String,
        /// The oldest Go that builds it.
        go: String,
        /// What went wrong.
        why: String,
    },
    /// A name that no node can have.
    #[error(
        "`{name}` is no name of a node; use lowercase letters, digits, `-` and `.`, 253 at most"
    )]
    NodeName {
        /// The name.
        name: String,
    },
    /// The cluster was started without this user.
    #[error(
        "the cluster has no user `{name}`; its users are {known}; name nodes in `KubeOptions::kubelets` to have users for their kubelets"
    )]
    UnknownUser {
        /// The user that was asked for.
        name: String,
        /// The users there are.
        known: String,
    },
    /// A request had no answer.
    #[error("`{url}` did not answer: {why}; is the API server killed?")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {why}")]
    Certificate {
        /// What went wrong.
        why: String,
    },
    /// A file or folder could not be used.
    #[error("`{}` cannot be used", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The server was not ready in time.
    #[error("{program} was not ready after {waited_ms} ms ({missing}); its log ends with:\n{log}")]
    NotReady {
        /// The program that was waited for.
        program: String,
        /// How long it was waited for.
        waited_ms: u128,
        /// What it was waited for.
        missing: String,
        /// The end of the server's log.
        log: String,
    },
}

impl TestbedError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
