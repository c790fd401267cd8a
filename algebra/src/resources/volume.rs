//! Volumes of a pod, and where its containers see them.

use serde_json::json;

use super::{Said, record::authored};
use crate::resource::{Authored, Resource};
use crate::text::Text;
use crate::value::Value;

/// What a volume of a pod holds.
///
/// ```
/// use escadre_algebra::{Mount, Volume, container, deploy};
/// let exporter = container("exporter")
///     .volume("sys", Volume::host_path("/sys").kind("Directory"))
///     .mount("/host/sys", Mount::of("sys").read_only());
/// assert!(deploy(exporter).problems().is_empty());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Volume {
    source: &'static str,
    said: Said,
    items: Vec<(String, String)>,
}

impl Volume {
    fn of(source: &'static str, said: Said) -> Self {
        Self { source, said, items: Vec::new() }
    }

    /// The file or folder `path` of the device.
    pub fn host_path(path: impl Into<Text>) -> Self {
        Self::of("hostPath", Said::default().and(&["path"], path.into()))
    }

    /// The entries of the Kubernetes ConfigMap `name`.
    pub fn config_map(name: impl Into<Text>) -> Self {
        Self::of("configMap", Said::default().and(&["name"], name.into()))
    }

    /// The entries of the Kubernetes Secret `name`.
    pub fn secret(name: impl Into<Text>) -> Self {
        Self::of("secret", Said::default().and(&["secretName"], name.into()))
    }

    /// A folder that is empty when the pod starts.
    pub fn empty_dir() -> Self {
        Self::of("emptyDir", Said::default().and(&[], Value::Object))
    }

    /// Several sources in one folder, a list as Kubernetes writes it.
    pub fn projected(sources: &serde_json::Value) -> Self {
        let sources = authored(sources)
            .unwrap_or_else(|e| Authored(crate::resource::Kind::Invalid(e.to_string())));
        Self::of("projected", Said::default().and(&["sources"], sources))
    }

    /// What must be there, of a path of the device: `Directory`, `FileOrCreate`, …
    pub fn kind(self, kind: impl Into<Text>) -> Self {
        self.and("type", kind.into())
    }

    /// Only the entry `key`, as the file `path`; said again for each entry.
    pub fn item(mut self, key: impl Into<String>, path: impl Into<String>) -> Self {
        self.items.push((key.into(), path.into()));
        self
    }

    /// The permission bits of its files.
    pub fn default_mode(self, mode: u32) -> Self {
        self.and("defaultMode", mode)
    }

    /// It may be missing.
    pub fn optional(self) -> Self {
        self.and("optional", true)
    }

    /// What an empty folder is made of: `Memory`.
    pub fn medium(self, medium: impl Into<Text>) -> Self {
        self.and("medium", medium.into())
    }

    /// How much an empty folder may hold, such as `64Mi`.
    pub fn size_limit(self, limit: impl Into<Text>) -> Self {
        self.and("sizeLimit", limit.into())
    }

    fn and(mut self, field: &str, value: impl Into<Authored>) -> Self {
        self.said = self.said.and(&[field], value);
        self
    }

    /// Claims it as the volume `name`.
    #[track_caller]
    pub(super) fn put(self, resource: &mut Resource, name: &str) {
        let mut said = self.said;
        if !self.items.is_empty() {
            let items: Vec<_> =
                self.items.iter().map(|(key, path)| json!({"key": key, "path": path})).collect();
            match authored(&items) {
                Ok(items) => said = said.and(&["items"], items),
                Err(error) => resource.reject(&error),
            }
        }
        said.put(resource, &["volumes", name, self.source]);
    }
}

/// Which volume a container sees at a path.
#[derive(Clone, Debug)]
#[must_use]
pub struct Mount(Said);

impl Mount {
    /// The volume `name`.
    pub fn of(name: impl Into<Text>) -> Self {
        Self(Said::default().and(&["name"], name.into()))
    }

    /// It cannot be written.
    pub fn read_only(self) -> Self {
        Self(self.0.and(&["readOnly"], true))
    }

    /// Only this file or folder of the volume.
    pub fn sub_path(self, path: impl Into<Text>) -> Self {
        Self(self.0.and(&["subPath"], path.into()))
    }

    /// Only this file or folder of the volume, in which `$(NAME)` stands for a variable.
    pub fn sub_path_expr(self, path: impl Into<Text>) -> Self {
        Self(self.0.and(&["subPathExpr"], path.into()))
    }

    /// Which mounts pass between the device and the container: `HostToContainer`, `Bidirectional`.
    pub fn propagation(self, propagation: impl Into<Text>) -> Self {
        Self(self.0.and(&["mountPropagation"], propagation.into()))
    }

    /// Claims it below `at`.
    #[track_caller]
    pub(super) fn put(self, resource: &mut Resource, at: &[&str]) {
        self.0.put(resource, at);
    }
}

/// The volume called so, as it is.
impl From<&str> for Mount {
    fn from(name: &str) -> Self {
        Self::of(name)
    }
}
