//! Starts real servers for the tests of interpreters.
//!
//! ```
//! let server = escadre_testbed::NatsServer::start()?;
//! assert!(server.url().starts_with("nats://127.0.0.1:"));
//! # Ok::<(), escadre_testbed::TestbedError>(())
//! ```
//!
//! In reading order: [`nats_server`] finds or installs the program, [`NatsServer`] is one server,
//! [`NatsCluster`] three of them, [`Certificates`] what TLS needs, [`TestbedError`] says what to do
//! where one does not start. [`Delays`] are when to kill one.
//!
//! [`kubernetes`] finds or builds Kubernetes' control plane (minutes, once; with Go), and
//! [`KubeCluster`] is one.
//!
//! A server ends with the value that started it, and with the process too, however that ends: its
//! supervisor is a shell that waits for the end of a pipe which only this process holds.

mod cluster;
mod delays;
mod error;
mod health;
mod install;
mod kube;
mod ports;
mod server;
mod supervisor;
mod tls;

pub use cluster::NatsCluster;
pub use delays::Delays;
pub use error::TestbedError;
pub use install::{
    NATS_SERVER_VERSION, OLD_NATS_SERVER_VERSION, cache_folder, debian_nats_server, nats_server,
};
pub use kube::{KUBERNETES_VERSION, KubeCluster, KubeOptions, kubernetes};
pub use server::{NatsServer, Options};
pub use tls::Certificates;
