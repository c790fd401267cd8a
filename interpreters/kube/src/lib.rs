//! The Kubernetes interpreter of fleets: a device is a Node, and labels say what each node runs.
//!
//! ```text
//! controller ── apply ─▶ DaemonSets and ConfigMaps, one a variant
//!                     └▶ Node labels, one a resource: which variant ─▶ DaemonSet controller ─▶ pods
//! ```
//!
//! [`Kube`] is an [`Interpreter`](escadre_interpreter::Interpreter): it lowers, observes, lifts,
//! plans and applies. Objects are named by their content and never updated; all labels of a node
//! change in one request, on the condition of what was seen; a lease keeps other controllers out.
//! `docs/adr/0007-kubernetes.md` argues why no node is ever half old and half new, and
//! `docs/adr/0009-per-device-files.md` why a file that differs on each device takes few objects.
//!
//! In reading order: [`Variant`] is what things are called, [`World`] what a cluster holds,
//! [`Objects`] what it is to hold, [`Address`] where it is and [`connect()`] the way there, [`Kube`]
//! the controller with its [`Options`], [`status`] what runs of it, [`rbac`] the rights that it needs; then the errors of each
//! operation.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use escadre_algebra::{Coverage, Facts, Inventory, container, deploy};
//! use escadre_interpreter::{Consent, Interpreter, Silent};
//!
//! let inventory = Inventory::new([Facts::of("node-1", [])?], Coverage::Complete)?;
//! let resolved = deploy(container("web").image("nginx:1.29")).resolve(&inventory)?;
//! let mut cluster = escadre_kube::connect(&"kube:edge?namespace=cameras".parse()?).await?;
//!
//! let seen = cluster.observe().await?;
//! let plan = cluster.plan(&resolved, &cluster.lift(&seen.state)?, &seen.revision);
//! let objects = cluster.lower(&resolved)?;
//! cluster.apply(&plan, &objects, &Consent::default(), false, &mut Silent).await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod connect;
mod data;
mod driver;
mod error;
mod foreign;
mod inventory;
mod lower;
mod manifest;
#[cfg(test)]
mod model;
mod mount;
mod names;
mod pod;
mod pods;
pub mod rbac;
mod read;
mod shard;
pub mod status;
mod steps;
mod strategy;
mod template;
mod work;
mod world;

pub use address::{Address, AddressError};
pub use connect::{ConnectError, ConnectErrorKind, client, connect};
pub use driver::{Kube, Options};
pub use error::{ApplyError, LiftError, LowerError, LowerErrorKind, ServerError, ServerErrorKind};
pub use foreign::{Foreign, ForeignObject, Owner};
pub use inventory::InventoryError;
pub use lower::Objects;
pub use names::{Variant, member_label, object_name, parse_resource_label, resource_label};
pub use world::{Anomaly, World};
