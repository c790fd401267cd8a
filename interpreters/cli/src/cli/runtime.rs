//! The threads on which targets are waited for that are servers.

use super::error::Failure;

/// A runtime for what waits for a server.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::caused("this program cannot start its threads", &error))
}
