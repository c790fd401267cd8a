//! The objects themselves, as they are sent.

use std::sync::Arc;

use escadre_algebra::{ResourceName, ResourceState};
use serde_json::{Map, Value as Json, json};

use crate::error::LowerErrorKind;
use crate::names::{DOMAIN, MANAGER, Variant, object_name, resource_label};
use crate::shard::Shard;
use crate::template::Entries;

/// The bytes that the annotations of an object may take.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// What a variant of a resource becomes.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// The PodSpec of a DaemonSet.
    Pod(Json),
    /// The data of an immutable ConfigMap.
    Data(Map<String, Json>),
}

/// The two kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    ConfigMap,
    DaemonSet,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::ConfigMap, Self::DaemonSet];

    /// The path of the objects of `namespace`.
    pub(crate) fn path(self, namespace: &str) -> String {
        match self {
            Self::ConfigMap => format!("/api/v1/namespaces/{namespace}/configmaps"),
            Self::DaemonSet => format!("/apis/apps/v1/namespaces/{namespace}/daemonsets"),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::DaemonSet => "DaemonSet",
        }
    }
}

/// One object that a fleet needs.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) resource: ResourceName,
    pub(crate) variant: Variant,
    state: Arc<ResourceState>,
    mounted: Vec<(ResourceName, Variant)>,
    part: Part,
    /// The devices of a shard.
    entries: Option<Arc<Entries>>,
    /// Where its fields were written, for people; no part of its variant.
    sources: String,
}

impl Manifest {
    pub(crate) fn new(
        resource: &ResourceName,
        state: Arc<ResourceState>,
        mounted: Vec<(ResourceName, Variant)>,
        part: Part,
    ) -> Self {
        let variant = Variant::of(resource, &state, &mounted);
        let (resource, sources) = (resource.clone(), String::new());
        Self { resource, variant, state, mounted, part, entries: None, sources }
    }

    /// The ConfigMap of many devices' files.
    pub(crate) fn shard(shard: &Shard) -> Self {
        Self {
            resource: shard.resource.clone(),
            variant: shard.variant.clone(),
            state: Arc::clone(&shard.template),
            mounted: Vec::new(),
            part: Part::Data(shard.data()),
            entries: Some(Arc::clone(&shard.entries)),
            sources: String::new(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.part {
            Part::Pod(_) => Kind::DaemonSet,
            Part::Data(_) => Kind::ConfigMap,
        }
    }

    pub(crate) fn name(&self) -> String {
        object_name(&self.resource, &self.variant)
    }

    /// Refuses what is too large to be an object.
    pub(crate) fn check(&self) -> Result<(), LowerErrorKind> {
        let (what, n_max) = ("its description", MAX_ANNOTATIONS - 4096);
        let devices = self.entries.as_ref().map_or(0, |it| it.to_json().to_string().len());
        let state = self.state.to_json().to_string();
        let n_bytes = state.len() + self.mounts().to_string().len() + devices;
        match n_bytes <= n_max {
            true => Ok(()),
            false => Err(LowerErrorKind::TooLarge { what, n_bytes, n_max }),
        }
    }

    /// The same, and `sources` tells people where its fields were written.
    pub(crate) fn written_at(self, sources: String) -> Self {
        Self { sources, ..self }
    }

    fn mounts(&self) -> Json {
        let mounted = self.mounted.iter();
        mounted.map(|(name, variant)| (name.to_string(), json!(variant.as_str()))).collect()
    }

    fn labels(&self) -> Json {
        json!({
            "app.kubernetes.io/name": self.resource.as_str(),
            "app.kubernetes.io/managed-by": MANAGER,
            format!("{DOMAIN}/variant"): self.variant.as_str(),
        })
    }

    /// The object, of which the server has counted `generation` versions once it is written.
    pub(crate) fn object(&self, namespace: &str, generation: i64) -> Json {
        let mut annotations = json!({
            format!("{DOMAIN}/state"): self.state.to_json().to_string(),
            format!("{DOMAIN}/generation"): generation.to_string(),
        });
        if !self.mounted.is_empty() {
            annotations[format!("{DOMAIN}/mounts")] = self.mounts().to_string().into();
        }
        if let Some(entries) = &self.entries {
            annotations[format!("{DOMAIN}/devices")] = entries.to_json().to_string().into();
        }
        if !self.sources.is_empty() {
            annotations[format!("{DOMAIN}/sources")] = self.sources.as_str().into();
        }
        let mut metadata = json!({
            "name": self.name(),
            "namespace": namespace,
            "labels": self.labels(),
            "annotations": annotations,
        });
        match &self.part {
            Part::Data(data) => {
                if let Some(annotations) = metadata["annotations"].as_object_mut() {
                    annotations.remove(&format!("{DOMAIN}/generation"));
                }
                let mut object = json!({
                    "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": true,
                });
                for (field, value) in data {
                    object[field] = value.clone();
                }
                object
            }
            Part::Pod(spec) => json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata,
                "spec": {
                    "selector": {"matchLabels": {format!("{DOMAIN}/variant"): self.variant.as_str()}},
                    "template": {"metadata": {"labels": self.labels()}, "spec": self.selected(spec)},
                },
            }),
        }
    }

    /// `spec` on the nodes that have this variant.
    fn selected(&self, spec: &Json) -> Json {
        let mut spec = spec.clone();
        if let Some(spec) = spec.as_object_mut() {
            let selector = spec.entry("nodeSelector").or_insert_with(|| json!({}));
            if let Some(labels) = selector.as_object_mut() {
                labels.insert(resource_label(&self.resource), self.variant.as_str().into());
            }
        }
        spec
    }
}
