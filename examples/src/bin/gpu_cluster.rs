//! A cluster of 1 523 GPU nodes, on the command line.
//!
//! `gpu_cluster plan -i NODES …`; the environment variable `GPU_DRIVER` names another driver for
//! the model T4, as an edit of the fleet would.

use escadre_examples::gpu::{CANARY, cluster};

fn main() -> std::process::ExitCode {
    let driver = std::env::var("GPU_DRIVER").unwrap_or_else(|_| CANARY.to_owned());
    escadre::cli::run(cluster(&driver))
}
