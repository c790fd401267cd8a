//! The objects themselves, as they are sent.

use std::sync::Arc;

use escadre_algebra::{ResourceName, ResourceState, UpdateStrategy};
use serde_json::{Map, Value as Json, json};

use crate::error::LowerErrorKind;
use crate::names::{DOMAIN, MANAGER, Variant, object_name, pull_name};
use crate::shard::Shard;
use crate::strategy;
use crate::template::Entries;

/// The bytes that the annotations of an object may take.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// What a variant of a resource becomes.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// The PodSpec of a DaemonSet.
    Pod(Json),
    /// The PodSpec of a DaemonSet that has images pulled.
    Pull(Json),
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
            Part::Pod(_) | Part::Pull(_) => Kind::DaemonSet,
            Part::Data(_) => Kind::ConfigMap,
        }
    }

    pub(crate) fn name(&self) -> String {
        match self.part {
            Part::Pull(_) => pull_name(&self.resource, &self.variant),
            _ => object_name(&self.resource, &self.variant),
        }
    }

    /// How its pods give way to others.
    pub(crate) fn strategy(&self) -> Option<UpdateStrategy> {
        strategy::strategy(&self.state).filter(|_| self.kind() == Kind::DaemonSet)
    }

    /// What has the images of its pods pulled, by pods whose image is `pause`.
    pub(crate) fn pull(&self, pause: &str) -> Option<Self> {
        let Part::Pod(spec) = &self.part else { return None };
        let spec = strategy::pull(spec, &self.resource, &self.variant, pause);
        Some(Self { part: Part::Pull(spec), sources: String::new(), ..self.clone() })
    }

    /// Refuses what is too large to be an object.
    pub(crate) fn check(&self) -> Result<(), LowerErrorKind> {
        let (what, n_max) = ("its description", MAX_ANNOTATIONS - 4096);
        let devices = self.entries.as_ref().map_or(0, |it| it.to_json().to_string().len());
        let state = self.state.to_text();
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

    /// What marks the pods: those that pull images are none of the resource's.
    fn mark(&self) -> Json {
        match self.part {
            Part::Pull(_) => json!({
                "app.kubernetes.io/managed-by": MANAGER,
                format!("{DOMAIN}/pulls"): self.variant.as_str(),
            }),
            _ => self.labels(),
        }
    }

    /// The object, of which the server has counted `generation` versions once it is written.
    pub(crate) fn object(&self, namespace: &str, generation: i64) -> Json {
        if let Part::Pull(spec) = &self.part {
            let annotations = json!({
                format!("{DOMAIN}/generation"): generation.to_string(),
                format!("{DOMAIN}/pause"): pause(spec),
            });
            let metadata = json!({
                "name": self.name(), "namespace": namespace, "labels": self.mark(),
                "annotations": annotations,
            });
            let mut spec = spec.clone();
            strategy::among(&mut spec, namespace);
            return self.daemon_set(&metadata, "pulls", &spec);
        }
        let mut annotations = json!({
            format!("{DOMAIN}/state"): self.state.to_text(),
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
            Part::Pod(spec) | Part::Pull(spec) => {
                let mut spec = spec.clone();
                strategy::place(&mut spec, self.strategy(), &self.resource, &self.variant);
                strategy::among(&mut spec, namespace);
                self.daemon_set(&metadata, "variant", &spec)
            }
        }
    }

    /// A DaemonSet whose pods are known by the label `mark` of ours.
    fn daemon_set(&self, metadata: &Json, mark: &str, spec: &Json) -> Json {
        json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {format!("{DOMAIN}/{mark}"): self.variant.as_str()}},
                "template": {"metadata": {"labels": self.mark()}, "spec": spec},
            },
        })
    }
}

/// The image of the pods of `spec`, which have others pulled.
fn pause(spec: &Json) -> &Json {
    &spec["containers"][0]["image"]
}
