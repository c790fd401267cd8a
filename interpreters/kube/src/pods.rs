//! Pods, as far as they are read: whose they are, where, and how they are doing. Pure.

use std::collections::BTreeMap;

use escadre_algebra::{DeviceId, ResourceName};
use serde::Deserialize;

use crate::names::{DOMAIN, Variant};

/// A list of pods.
#[derive(Deserialize)]
pub(crate) struct Pods {
    /// Null where there are none, in some forms of lists.
    #[serde(default)]
    items: Option<Vec<Pod>>,
}

impl Pods {
    pub(crate) fn into_items(self) -> Vec<Pod> {
        self.items.unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(crate) struct Pod {
    metadata: Meta,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    name: String,
    labels: Option<BTreeMap<String, String>>,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    node_name: Option<String>,
    affinity: Affinity,
}

/// The node that a DaemonSet means its pod for, which no scheduler may have given it yet.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Affinity {
    node_affinity: NodeAffinity,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: NodeSelector,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeSelector {
    node_selector_terms: Vec<Term>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Term {
    match_fields: Vec<Requirement>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Requirement {
    key: String,
    values: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    phase: String,
    conditions: Vec<Condition>,
    init_container_statuses: Vec<Container>,
    container_statuses: Vec<Container>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    state: State,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    waiting: Option<Waiting>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
    message: String,
}

impl Pod {
    fn label(&self, name: &str) -> Option<&str> {
        self.metadata.labels.as_ref()?.get(name).map(String::as_str)
    }

    pub(crate) fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The resource that it is of.
    pub(crate) fn resource(&self) -> Option<ResourceName> {
        ResourceName::parse(self.label("app.kubernetes.io/name")?).ok()
    }

    /// The variant that it runs.
    pub(crate) fn variant(&self) -> Option<Variant> {
        Variant::parse(self.label(&format!("{DOMAIN}/variant"))?)
    }

    /// The variant of which it pulls the images.
    pub(crate) fn pulls(&self) -> Option<Variant> {
        Variant::parse(self.label(&format!("{DOMAIN}/pulls"))?)
    }

    /// The node that it is on, or meant for.
    pub(crate) fn node(&self) -> Option<DeviceId> {
        let meant = || {
            let terms = &self.spec.affinity.node_affinity.required.node_selector_terms;
            let mut fields = terms.iter().flat_map(|term| &term.match_fields);
            fields.find(|field| field.key == "metadata.name")?.values.first()
        };
        DeviceId::parse(self.spec.node_name.as_ref().or_else(meant)?).ok()
    }

    /// Whether it was told to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Whether none of its containers runs any more, or will again.
    pub(crate) fn is_over(&self) -> bool {
        ["Succeeded", "Failed"].contains(&self.status.phase.as_str())
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|it| it.kind == "Ready" && it.status == "True")
    }

    /// Why it is not ready, as far as it says so.
    pub(crate) fn why(&self) -> String {
        let status = &self.status;
        let mut containers =
            status.init_container_statuses.iter().chain(&status.container_statuses);
        let name = &self.metadata.name;
        if let Some(waiting) = containers.find_map(|it| it.state.waiting.as_ref()) {
            let why = format!("{name}: {} {}", waiting.reason, waiting.message);
            return why.trim_end().to_owned();
        }
        let not = |it: &&Condition| it.status != "True" && it.message.is_some();
        let told = status.conditions.iter().find(not).and_then(|it| it.message.as_deref());
        format!("{name}: {}", told.unwrap_or("it is not ready"))
    }
}
