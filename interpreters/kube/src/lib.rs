//! The Kubernetes interpreter of fleets.

mod address;
mod connect;
mod data;
mod driver;
mod error;
mod lower;
mod manifest;
mod names;
mod pod;
pub mod rbac;
mod read;
mod work;
mod world;

pub use address::{Address, AddressError};
pub use connect::{ConnectError, ConnectErrorKind, connect};
pub use driver::{Kube, Options};
pub use error::{ApplyError, LiftError, LowerError, LowerErrorKind, ServerError, ServerErrorKind};
pub use lower::Objects;
pub use names::{Variant, member_label, parse_resource_label, resource_label};
pub use world::{Anomaly, World};
