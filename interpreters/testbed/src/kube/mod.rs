//! A Kubernetes control plane: etcd, the API server, the controllers, the scheduler, and kwok,
//! which plays the kubelets of all nodes.

mod cluster;
mod flags;
mod go;
mod probe;
mod program;
mod users;

pub use cluster::{KubeCluster, KubeOptions};
pub use program::{KUBERNETES_VERSION, kubernetes};
