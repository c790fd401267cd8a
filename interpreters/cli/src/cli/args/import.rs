//! The arguments of `import`.

use std::path::PathBuf;

use clap::Args;

use super::common::TextFormat;
use crate::cli::import::Renaming;

/// Write existing Kubernetes manifests as Rust that builds the same fleet, and as its fleet.lock.
///
/// A DaemonSet, Deployment or Pod becomes a pod, a ConfigMap a record; what else they say is listed
/// as dropped, and so are documents of other kinds. If one document cannot be imported, nothing is
/// written.
#[derive(Debug, Args)]
#[command(after_help = IMPORT)]
pub(crate) struct Import {
    /// Manifests in YAML or JSON, of any number of documents; `-` reads standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Where to write the Rust; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "fleet.rs")]
    pub(crate) rust: PathBuf,
    /// Where to write the fleet.
    #[arg(long, value_name = "FILE", default_value = "fleet.lock")]
    pub(crate) lock: PathBuf,
    /// Call what has this name otherwise, such as `kube.proxy=kube-proxy` or
    /// `Deployment/web=web-server`.
    #[arg(long, value_name = "[KIND/]NAME=NEW")]
    pub(crate) name: Vec<Renaming>,
    /// Leave out documents of this kind, such as StatefulSet, which would be an error.
    #[arg(long, value_name = "KIND")]
    pub(crate) skip: Vec<String>,
    /// Replace files that are there and hold something else.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write no file: only say what would become of what.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print what became of what.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TextFormat,
}

const IMPORT: &str = "\
Examples: escadre import daemonset.yaml --rust src/main.rs
          kubectl get daemonset -o yaml | escadre import - --dry-run
Exit codes: 0 done, 1 an error (also of usage, or a document that cannot be imported)";
