//! What an apply has to write: objects, and patches of nodes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use escadre_algebra::{DeviceId, Outcome, Path};
use escadre_interpreter::{Change, ChangeKind};

use crate::error::{LowerError, LowerErrorKind};
use crate::lower::{Lowering, Objects};
use crate::manifest::Manifest;
use crate::names::{DOMAIN, member_label, resource_label};
use crate::read::is_as_written;
use crate::shard::MAX_SHARDS;
use crate::steps::{Step, Steps};
use crate::world::{Meta, Node, World};

/// The labels of ours that a node has.
pub(crate) type Labels = BTreeMap<String, String>;

/// What an apply has to write, in this order.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Objects that are missing, or not as they were written; what is mounted comes first.
    pub(crate) objects: Vec<Due>,
    /// Nodes, in the order of the changes; then those that an earlier apply left on their way.
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
    pub(crate) kind: RelabelKind,
    /// What is written one after the other, nothing if nothing is to be; or why there is none.
    pub(crate) steps: Result<Vec<Step>, String>,
}

/// Why a node is relabelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelabelKind {
    /// It is to hold something else.
    Written,
    /// It is to hold nothing.
    Removed,
    /// It holds what it is to hold, and an earlier apply did not come to the end of its steps.
    Tidied,
}

impl Work {
    /// What `changes` take, in a cluster that is `world`; images are pulled by pods of `pause`.
    pub(crate) fn of(
        changes: &[&Change],
        world: &World,
        objects: &Objects,
        pause: &str,
    ) -> Result<Self, LowerError> {
        let mut lowering = Lowering::new(objects, Some(world));
        let mut nodes = Vec::with_capacity(changes.len());
        let mut steps = Steps::new(world);
        for change in changes {
            let node = world.nodes.get(&change.device);
            let (kind, after) = match change.kind {
                ChangeKind::Removed => (RelabelKind::Removed, Labels::new()),
                _ => (RelabelKind::Written, wanted(&mut lowering, change, node, objects)?),
            };
            let strategy = |variant: &_| lowering.manifests.get(variant)?.0.strategy();
            let steps = steps.of(node, after, &strategy);
            nodes.push(Relabel { device: change.device.clone(), kind, steps });
        }
        bounded(&nodes, world, objects)?;
        left(world, changes, &mut steps, &mut nodes);
        let objects = due(lowering, world, objects, (&steps, pause));
        Ok(Self { objects, nodes })
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
        for relabel in nodes {
            shards.extend(relabel.held(world).and_then(|labels| labels.get(&label)));
            if shards.len() > MAX_SHARDS {
                let kind = LowerErrorKind::Shards { n_max: MAX_SHARDS };
                return Err(LowerError::new(kind, resource, &relabel.device));
            }
        }
    }
    Ok(())
}

impl Relabel {
    /// The labels with which its node holds what it is to hold.
    pub(crate) fn held<'a>(&'a self, world: &'a World) -> Option<&'a Labels> {
        let steps = self.steps.as_ref().ok()?;
        let step = steps.iter().find(|step| step.is_held).map(|step| &*step.labels);
        step.or_else(|| Some(&world.nodes.get(&self.device)?.labels))
    }
}

/// Nodes that an earlier apply left on their way, besides those that change.
fn left(world: &World, changes: &[&Change], steps: &mut Steps<'_>, nodes: &mut Vec<Relabel>) {
    let is_left = |node: &Node| node.is_passing() && !node.is_theirs();
    let left = world.nodes.iter().filter(|(_, node)| is_left(node));
    let changed: BTreeSet<&DeviceId> = changes.iter().map(|change| &change.device).collect();
    for (device, node) in left.filter(|(device, _)| !changed.contains(device)) {
        let after = node.settled();
        let steps = steps.of(Some(node), after, &|_| None);
        nodes.push(Relabel { device: device.clone(), kind: RelabelKind::Tidied, steps });
    }
}

/// The objects that are missing, or not as they were written.
fn due(
    lowering: Lowering<'_>,
    world: &World,
    objects: &Objects,
    (steps, pause): (&Steps<'_>, &str),
) -> Vec<Due> {
    let mut needed = Vec::new();
    for (variant, (manifest, device)) in lowering.manifests {
        let there = world.pulls.get(&variant).map(|(meta, _)| meta);
        // One with another pause image, or that somebody changed, is replaced.
        let is_there = there.is_some_and(|meta| is_as_written(meta) && pulls_by(meta, pause));
        if steps.pulls.contains(&variant) && !is_there {
            let (pull, there) = (manifest.pull(pause), there.cloned());
            needed.extend(pull.map(|manifest| Due { manifest, there, is_foreign: false }));
        }
        let there = world.objects.get(&variant);
        if there.is_none_or(|stored| stored.state.is_none()) {
            let there = there.map(|stored| stored.meta.clone());
            let sources = sources(objects, &manifest, &device);
            let manifest = manifest.written_at(sources);
            needed.push(Due { manifest, there, is_foreign: false });
        }
    }
    needed.sort_by_key(|due| due.manifest.kind());
    needed
}

/// Whether the object `meta` pulls by pods of `pause`.
fn pulls_by(meta: &Meta, pause: &str) -> bool {
    meta.annotations.get(&format!("{DOMAIN}/pause")).is_some_and(|it| it == pause)
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
