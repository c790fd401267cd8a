//! Connecting as kubectl does: contexts of the kubeconfig with tokens, certificates and plugins, or
//! the service account of the pod.

use std::fmt;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::address::Address;
use crate::driver::{Kube, Options};
use crate::error::Source;

/// There is no client for a cluster. No secret is in it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ConnectError {
    kind: ConnectErrorKind,
    source: Option<Source>,
}

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// There is no kubeconfig, and this runs in no pod.
    NoConfig,
    /// The kubeconfig cannot be read, or says something that cannot be.
    BadConfig {
        /// What is wrong with it.
        why: String,
    },
    /// The kubeconfig has no such context.
    NoContext {
        /// The context.
        context: String,
        /// Those that it has.
        known: Vec<String>,
    },
}

impl fmt::Display for ConnectErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConfig => f.write_str("there is no kubeconfig, and this runs in no pod"),
            Self::BadConfig { why } => write!(f, "the kubeconfig cannot be used: {why}"),
            Self::NoContext { context, known } if known.is_empty() => {
                write!(f, "the kubeconfig has no context `{context}`, and no other one")
            }
            Self::NoContext { context, known } => {
                let known = known.join("`, `");
                write!(f, "the kubeconfig has no context `{context}`, but `{known}`")
            }
        }
    }
}

impl ConnectError {
    fn new(kind: ConnectErrorKind) -> Self {
        Self { kind, source: None }
    }

    fn bad(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        let why = crate::driver::chain(&error);
        Self { kind: ConnectErrorKind::BadConfig { why }, source: Some(Box::new(error)) }
    }

    /// Why there is no client.
    #[must_use]
    pub fn kind(&self) -> &ConnectErrorKind {
        &self.kind
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match &self.kind {
            ConnectErrorKind::NoConfig => {
                "name one with KUBECONFIG, or write `~/.kube/config` as your cluster's provider says"
            }
            ConnectErrorKind::BadConfig { .. } => "`kubectl config view` shows what it says",
            ConnectErrorKind::NoContext { .. } => "`kubectl config get-contexts` lists them",
        };
        Some(help.to_owned())
    }
}

/// A controller of the fleet in the cluster at `address`; KUBECONFIG names the files. Asks the cluster nothing.
///
/// # Errors
/// The kubeconfig does not say how to reach it.
pub async fn connect(address: &Address) -> Result<Kube, ConnectError> {
    let (client, place, options) = configured(address).await?;
    Ok(Kube::new(client, &place, options))
}

/// A client for the cluster at `address`, whose requests are not retried, and the namespace there. Asks the cluster nothing.
///
/// # Errors
/// As [`connect`].
pub async fn client(address: &Address) -> Result<(Client, String), ConnectError> {
    let (client, _, options) = configured(address).await?;
    Ok((client, options.namespace))
}

/// A client for the cluster at `address`, what the place is called, and how a fleet is held there.
async fn configured(address: &Address) -> Result<(Client, String, Options), ConnectError> {
    let (config, context) = match Kubeconfig::read() {
        Ok(file) => of_file(file, address).await?,
        Err(error) => {
            let is_missing = matches!(
                error,
                kube::config::KubeconfigError::ReadConfig(..)
                    | kube::config::KubeconfigError::FindPath
            );
            let in_pod = address.context().is_none().then(Config::incluster);
            match (in_pod, is_missing) {
                (Some(Ok(config)), true) => (config, "in-cluster".to_owned()),
                (_, true) => return Err(ConnectError::new(ConnectErrorKind::NoConfig)),
                (_, false) => return Err(ConnectError::bad(error)),
            }
        }
    };
    let options = address.options(&config.default_namespace);
    let place = format!("kube:{context}?namespace={}", options.namespace);
    // Requests are retried here, where that can be told.
    let mut config = config;
    config.default_retry = false;
    let client = Client::try_from(config).map_err(ConnectError::bad)?;
    Ok((client, place, options))
}

/// What the kubeconfig `file` says of the context of `address`, and the context's name.
async fn of_file(file: Kubeconfig, address: &Address) -> Result<(Config, String), ConnectError> {
    let context = address.context().map(str::to_owned).or_else(|| file.current_context.clone());
    let context = context.unwrap_or_default();
    if !file.contexts.iter().any(|known| known.name == context) {
        let known = file.contexts.into_iter().map(|known| known.name).collect();
        return Err(ConnectError::new(ConnectErrorKind::NoContext { context, known }));
    }
    let options =
        KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await;
    Ok((config.map_err(ConnectError::bad)?, context))
}
