//! What a cluster holds of a fleet: nodes, objects and the lease. Pure: whatever an API server
//! answers, it is read, and what makes no sense is an [`Anomaly`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use escadre_algebra::{Configuration, Coverage, DeviceId, Digester, ResourceName, ResourceState};
use escadre_interpreter::Ended;
use escadre_interpreter::inventory::is_own_label;
use serde::Deserialize;

use crate::lower::Variants;
use crate::manifest::Kind;
use crate::names::{
    MANAGER, Variant, is_passing, member_label, parse_hold_label, parse_keep_label,
    parse_pull_label, parse_resource_label,
};
use crate::template::Entries;

/// The metadata of an object, as far as it is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Meta {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) resource_version: String,
    pub(crate) generation: i64,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) managed_fields: Vec<Managed>,
    pub(crate) deletion_timestamp: Option<String>,
}

/// The metadata of a node, as far as it is read: of many nodes, so no more than that.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeMeta {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) managed_fields: Vec<ManagedLabels>,
}

/// Who wrote which labels of ours on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ManagedLabels {
    pub(crate) manager: String,
    pub(crate) time: String,
    #[serde(rename = "fieldsV1")]
    fields: LabelledFields,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct LabelledFields {
    #[serde(rename = "f:metadata")]
    metadata: LabelFields,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct LabelFields {
    #[serde(rename = "f:labels", deserialize_with = "own_labels")]
    labels: Vec<String>,
}

/// The labels of ours among those that were written; of thousands of nodes, so no more is kept.
fn own_labels<'de, D: serde::Deserializer<'de>>(labels: D) -> Result<Vec<String>, D::Error> {
    struct Own;
    impl<'de> serde::de::Visitor<'de> for Own {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("labels")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Vec<String>, A::Error> {
            let mut own = Vec::new();
            while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                let key = key.strip_prefix("f:").unwrap_or_default();
                own.extend(is_own_label(key).then(|| key.to_owned()));
            }
            Ok(own)
        }
    }
    labels.deserialize_map(Own)
}

/// To whom the API server ascribes what it does not remember.
const NOBODY: &str = "before-first-apply";

impl NodeMeta {
    /// The labels of ours that others wrote last, in words.
    pub(crate) fn anomalies(&self) -> Vec<Anomaly> {
        let there = |key: &&String| self.labels.as_ref().is_some_and(|it| it.contains_key(*key));
        let is_ours = |key: &&String| {
            let mut ours = self.managed_fields.iter().filter(|it| it.manager == MANAGER);
            ours.any(|it| it.fields.metadata.labels.contains(key))
        };
        let others = self.managed_fields.iter();
        let others = others.filter(|it| ![MANAGER, NOBODY].contains(&it.manager.as_str()));
        let labels =
            others.flat_map(|it| it.fields.metadata.labels.iter().map(move |key| (it, key)));
        let told = labels.filter(|(_, key)| there(key) && !is_ours(key)).map(|(it, key)| Anomaly {
            what: format!("Node {}", self.name),
            why: format!("its label `{key}` was written by `{}` at {}", it.manager, it.time),
        });
        told.collect()
    }
}

/// Who wrote which fields of an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Managed {
    pub(crate) manager: String,
    pub(crate) time: String,
    pub(crate) subresource: String,
    #[serde(rename = "fieldsV1")]
    pub(crate) fields: BTreeMap<String, BTreeMap<String, serde::de::IgnoredAny>>,
}

/// What a cluster holds of a fleet.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub(crate) lease: Option<Lease>,
    /// Every node of the cluster, members or not.
    pub(crate) nodes: BTreeMap<DeviceId, Node>,
    /// The objects of variants, those too that are not as they were written.
    pub(crate) objects: BTreeMap<Variant, Stored>,
    /// The DaemonSets that have the images of variants pulled, each with how many nodes run it.
    pub(crate) pulls: BTreeMap<Variant, (Meta, i64)>,
    pub(crate) anomalies: Vec<Anomaly>,
}

/// A node, with our labels on it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) uid: Arc<str>,
    pub(crate) is_labelled: bool,
    pub(crate) membership: Membership,
    /// The values of our labels as they are, whether they make sense or not.
    pub(crate) labels: Arc<BTreeMap<String, String>>,
}

/// Whose member a node is: fleets in several namespaces share the nodes of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    None,
    Ours,
    /// Of the fleet in this namespace.
    Theirs(String),
}

/// An object of a variant.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) kind: Kind,
    pub(crate) meta: Meta,
    pub(crate) resource: ResourceName,
    /// What it holds, if it is as it was written.
    pub(crate) state: Option<Arc<ResourceState>>,
    /// The devices of a shard, of which `state` is the template.
    pub(crate) entries: Option<Arc<Entries>>,
    /// How many nodes run it, as the DaemonSet controller counts.
    pub(crate) n_desired: i64,
}

/// The lease, which one controller has at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) uid: String,
    pub(crate) resource_version: String,
    pub(crate) holder: String,
    pub(crate) transitions: i64,
    pub(crate) ended: Option<Ended>,
    /// For how many seconds its holder has it without renewing it.
    pub(crate) seconds: u64,
}

impl Lease {
    /// Whether some controller writes, or was killed while it wrote.
    pub(crate) fn is_held(&self) -> bool {
        self.ended != Some(Ended::Done) && !self.holder.is_empty()
    }
}

/// Something in a cluster that no controller of this project leaves there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anomaly {
    /// What it is about: `DaemonSet recorder-…`, or `Node n1`.
    pub what: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl World {
    /// What makes no sense, in the order of the names.
    #[must_use]
    pub fn anomalies(&self) -> &[Anomaly] {
        &self.anomalies
    }

    /// How many nodes the cluster has, members or not.
    #[must_use]
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The variants that the node `id` has, by resource, as its labels say.
    #[must_use]
    pub fn variants(&self, id: &str) -> BTreeMap<ResourceName, Variant> {
        let node = DeviceId::parse(id).ok().and_then(|id| self.nodes.get(&id));
        node.map(Node::variants).unwrap_or_default()
    }

    /// The resources of the node `id` that do not run until pods of another variant are gone, each
    /// with the variant that it had. The apply that wrote this, or the next one, ends it.
    #[must_use]
    pub fn held_back(&self, id: &str) -> BTreeMap<ResourceName, Variant> {
        let node = DeviceId::parse(id).ok().and_then(|id| self.nodes.get(&id));
        node.map(Node::held_back).unwrap_or_default()
    }

    /// Whether the last apply ended, and left nothing behind that one with an inventory of this
    /// `coverage` would tidy up: objects are deleted with a complete one only.
    pub(crate) fn is_settled(&self, coverage: Coverage) -> bool {
        let is_ended = self.lease.as_ref().is_none_or(|lease| lease.ended == Some(Ended::Done));
        let is_unused = |used: &BTreeSet<Variant>| {
            self.pulls.is_empty() && self.objects.keys().all(|variant| used.contains(variant))
        };
        is_ended
            && self.nodes.values().all(|node| node.is_theirs() || !node.is_passing())
            && (coverage == Coverage::Partial || is_unused(&self.used()))
    }

    /// A text that is another after every write of the fleet.
    pub(crate) fn revision(&self) -> String {
        let mut digester = Digester::new("escadre/kube-revision/1");
        if let Some(lease) = &self.lease {
            digester.add(lease.uid.as_bytes());
            digester.add(lease.resource_version.as_bytes());
        }
        let is_ours = |node: &Node| !node.labels.is_empty() && !node.is_theirs();
        for (id, node) in self.nodes.iter().filter(|(_, node)| is_ours(node)) {
            digester.add(id.as_str().as_bytes());
            digester.add(node.uid.as_bytes());
            for (key, value) in node.labels.iter() {
                digester.add(key.as_bytes());
                digester.add(value.as_bytes());
            }
        }
        for stored in self.objects.values() {
            digester.add(stored.meta.uid.as_bytes());
            digester.add(&stored.meta.generation.to_le_bytes());
        }
        digester.finish().short()
    }

    /// The variants that some node has, or an object that some node has mounts.
    pub(crate) fn used(&self) -> BTreeSet<Variant> {
        self.used_by(&self.nodes)
    }

    /// The variants that one of `nodes` has, or an object that one of them has mounts.
    pub(crate) fn used_by(&self, nodes: &BTreeMap<DeviceId, Node>) -> BTreeSet<Variant> {
        let distinct: HashMap<*const _, &Node> = nodes
            .values()
            .filter(|node| !node.is_theirs())
            .map(|node| (Arc::as_ptr(&node.labels), node))
            .collect();
        let kept = |node: &Node| node.variants().into_values().chain(node.kept().into_values());
        let mut used: BTreeSet<Variant> = distinct.into_values().flat_map(kept).collect();
        let mounted: Vec<Variant> = used
            .iter()
            .filter_map(|variant| self.objects.get(variant))
            .flat_map(|stored| crate::read::mounts(&stored.meta).into_iter().map(|(_, v)| v))
            .collect();
        used.extend(mounted);
        used
    }
}

impl Node {
    /// Whether it is a member of another fleet.
    pub(crate) fn is_theirs(&self) -> bool {
        matches!(self.membership, Membership::Theirs(_))
    }

    /// The variants that its labels name, by resource.
    pub(crate) fn variants(&self) -> Variants {
        self.named(&parse_resource_label)
    }

    /// The variants that it keeps until those that it has are ready, by resource.
    pub(crate) fn kept(&self) -> Variants {
        self.named(&parse_keep_label)
    }

    /// The variants that have to be gone before those that it has run, by resource.
    pub(crate) fn held_back(&self) -> Variants {
        self.named(&parse_hold_label)
    }

    /// The variants of which it pulls the images, by resource.
    pub(crate) fn pulled(&self) -> Variants {
        self.named(&parse_pull_label)
    }

    fn named(&self, parse: &dyn Fn(&str) -> Option<ResourceName>) -> Variants {
        let labels = self.labels.iter();
        labels.filter_map(|(key, value)| Some((parse(key)?, Variant::parse(value)?))).collect()
    }

    /// Its labels without those of a change that is under way.
    pub(crate) fn settled(&self) -> BTreeMap<String, String> {
        let labels = self.labels.iter().filter(|(key, _)| !is_passing(key));
        labels.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Whether a change of it is under way, or was left so.
    pub(crate) fn is_passing(&self) -> bool {
        self.labels.keys().any(|key| is_passing(key))
    }

    /// The node whose metadata is `meta`, seen by the fleet in `namespace`.
    pub(crate) fn of(meta: NodeMeta, namespace: &str) -> Self {
        let is_labelled = meta.labels.is_some();
        let mut labels = meta.labels.unwrap_or_default();
        labels.retain(|key, _| is_own_label(key));
        let membership = match labels.get(&member_label()) {
            None => Membership::None,
            Some(of) if of == namespace => Membership::Ours,
            Some(of) => Membership::Theirs(of.clone()),
        };
        Self { uid: meta.uid.into(), is_labelled, membership, labels: Arc::new(labels) }
    }
}

/// A configuration, shared by the nodes that have the same labels.
pub(crate) type Shared = BTreeMap<Arc<BTreeMap<String, String>>, Arc<Configuration>>;
