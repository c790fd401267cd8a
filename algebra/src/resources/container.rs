//! Containers of a pod.

use super::put;
use super::setters::container_setters;
use crate::resource::{Authored, Resource};

/// One container of a pod, of which only what was said is claimed.
///
/// ```
/// use escadre_algebra::{Container, deploy, pod};
/// let csi = pod("csi")
///     .container(Container::new("driver").image("acme/csi:1.4").arg("10-mode", ["--mode=node"]))
///     .container(Container::new("registrar").image("acme/registrar:2.0"));
/// assert!(deploy(csi).problems().is_empty());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Container {
    pub(super) name: String,
    // INVARIANT: its fields are those of the container; the name of the resource is not used.
    pub(super) part: Resource,
}

impl Container {
    /// The container called `name` of which nothing is said yet.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), part: Resource::new("container") }
    }

    container_setters!();

    #[track_caller]
    fn say(&mut self, fields: &[&str], value: impl Into<Authored>) {
        put(&mut self.part, fields, value);
    }

    fn place(&mut self) -> (&mut Resource, Vec<String>) {
        (&mut self.part, Vec::new())
    }

    #[track_caller]
    fn set_in_container(mut self, fields: &str, value: impl Into<Authored>) -> Self {
        self.part = self.part.set(fields, value);
        self
    }
}
