//! What an apply has to write: objects, and patches of nodes. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{DeviceId, Outcome, Path};
use escadre_interpreter::{Change, ChangeKind};
use serde_json::{Value as Json, json};

use crate::error::{LowerError, LowerErrorKind};
use crate::lower::{Lowering, Objects};
use crate::manifest::Manifest;
use crate::names::{label_pointer, member_label, resource_label};
use crate::shard::MAX_SHARDS;
use crate::world::{Membership, Meta, Node, World};

/// The labels of ours that a node has.
type Labels = BTreeMap<String, String>;

/// What an apply has to write, in this order.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Objects that are missing, or not as they were written; what is mounted comes first.
    pub(crate) objects: Vec<Due>,
    /// Nodes, in the order of the changes.
    pub(crate) nodes: Vec<Relabel>,
}

/// An object to be written.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) manifest: Manifest,
    /// What stands in its place.
    pub(crate) there: Option<Meta>,
    /// Whether that is another's, and is to be taken over.
    pub(crate) is_foreign: bool,
}

/// A node to be relabelled.
#[derive(Debug)]
pub(crate) struct Relabel {
    pub(crate) device: DeviceId,
    pub(crate) is_removed: bool,
    /// The JSON patch as it is sent, empty if nothing is to be written; or why there is none.
    // CHOICE: text; as values, of which each object is a tree, it takes ten times as much.
    pub(crate) patch: Result<String, String>,
    /// What the node is to have; nodes that are to have the same share it.
    pub(crate) after: Arc<Labels>,
}

impl Work {
    /// What `changes` take, in a cluster that is `world`.
    pub(crate) fn of(
        changes: &[&Change],
        world: &World,
        objects: &Objects,
    ) -> Result<Self, LowerError> {
        let mut lowering = Lowering::new(objects, Some(world));
        let (mut nodes, mut needed) = (Vec::with_capacity(changes.len()), Vec::new());
        let mut known: BTreeSet<Arc<Labels>> = BTreeSet::new();
        for change in changes {
            let node = world.nodes.get(&change.device);
            let after = match change.kind {
                ChangeKind::Removed => Labels::new(),
                _ => wanted(&mut lowering, change, node, objects)?,
            };
            let after = known.get(&after).map_or_else(|| Arc::new(after.clone()), Arc::clone);
            known.insert(Arc::clone(&after));
            nodes.push(Relabel {
                device: change.device.clone(),
                is_removed: change.kind == ChangeKind::Removed,
                patch: patch(node, &after),
                after,
            });
        }
        bounded(&nodes, world, objects)?;
        for (variant, (manifest, device)) in lowering.manifests {
            let there = world.objects.get(&variant);
            if there.is_none_or(|stored| stored.state.is_none()) {
                let there = there.map(|stored| stored.meta.clone());
                let sources = sources(objects, &manifest, &device);
                let manifest = manifest.written_at(sources);
                needed.push(Due { manifest, there, is_foreign: false });
            }
        }
        needed.sort_by_key(|due| due.manifest.kind());
        Ok(Self { objects: needed, nodes })
    }
}

/// Refuses more shards of a resource than there may be, with those that other nodes keep.
fn bounded(nodes: &[Relabel], world: &World, objects: &Objects) -> Result<(), LowerError> {
    let changed: BTreeSet<&DeviceId> = nodes.iter().map(|relabel| &relabel.device).collect();
    for resource in objects.shards.resources() {
        let label = resource_label(resource);
        let others = world.nodes.iter().filter(|(id, it)| !it.is_theirs() && !changed.contains(id));
        let mut shards: BTreeSet<&String> =
            others.filter_map(|(_, node)| node.labels.get(&label)).collect();
        for relabel in nodes.iter().filter(|relabel| relabel.patch.is_ok()) {
            shards.extend(relabel.after.get(&label));
            if shards.len() > MAX_SHARDS {
                let kind = LowerErrorKind::Shards { n_max: MAX_SHARDS };
                return Err(LowerError::new(kind, resource, &relabel.device));
            }
        }
    }
    Ok(())
}

/// How many places are told of one object.
const MAX_SOURCES: usize = 16;

/// Where the fields of `manifest` were written that `device` has of it, in the order of the files.
fn sources(objects: &Objects, manifest: &Manifest, device: &DeviceId) -> String {
    let Some(facts) = objects.resolved.inventory().device(device.as_str()) else {
        return String::new();
    };
    let path = Path::root(manifest.resource.clone());
    let why = objects.resolved.fleet().explain(&facts, Some(&path));
    let values = why.fields.iter().flat_map(|field| &field.candidates);
    let origins = values.flat_map(|value| value.sources.all()).filter_map(|s| s.origin.place());
    let places: BTreeSet<_> = origins.collect();
    let told = places.iter().take(MAX_SOURCES).map(|(file, line, _)| format!("{file}:{line}"));
    let mut told: Vec<String> = told.collect();
    told.dedup();
    told.join(", ")
}

/// The labels that the device of `change` is to have.
fn wanted(
    lowering: &mut Lowering<'_>,
    change: &Change,
    node: Option<&Node>,
    objects: &Objects,
) -> Result<Labels, LowerError> {
    let held = node.map(Node::variants).unwrap_or_default();
    let inventory = objects.resolved.inventory();
    let at = inventory.position(change.device.as_str());
    let listed = at.and_then(|at| Some((inventory.facts(at)?, objects.resolved.outcome_at(at)?)));
    let mut labels = Labels::from([(member_label(), objects.namespace.clone())]);
    if let Some((facts, Outcome::Member(member))) = listed {
        let variants = lowering.device(&facts, member, &held)?;
        let undetermined = held.iter().filter(|(name, _)| member.undetermined.contains(*name));
        for (name, variant) in variants.iter().chain(undetermined) {
            labels.insert(resource_label(name), variant.to_string());
        }
    }
    Ok(labels)
}

/// The JSON patch from the labels of `node` to `after`: nothing is written unless all labels of
/// ours are as they were seen, on the same node.
fn patch(node: Option<&Node>, after: &Labels) -> Result<String, String> {
    let node = node.ok_or_else(|| "the cluster has no node of this name".to_owned())?;
    if let Membership::Theirs(namespace) = &node.membership {
        return Err(format!("it is a member of the fleet in the namespace `{namespace}`"));
    }
    let before: &Arc<Labels> = &node.labels;
    let mut changes = Vec::new();
    for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
        changes.push(json!({"op": "add", "path": label_pointer(key), "value": value}));
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        changes.push(json!({"op": "remove", "path": label_pointer(key)}));
    }
    if changes.is_empty() {
        return Ok(String::new());
    }
    let test =
        |path: &str, value: Option<&str>| json!({"op": "test", "path": path, "value": value});
    let mut patch = vec![test("/metadata/uid", Some(&node.uid))];
    if node.is_labelled {
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        patch
            .extend(keys.map(|key| test(&label_pointer(key), before.get(key).map(String::as_str))));
    } else {
        patch.push(test("/metadata/labels", None));
        patch.push(json!({"op": "add", "path": "/metadata/labels", "value": {}}));
    }
    patch.extend(changes);
    Ok(Json::from(patch).to_string())
}
