//! From objects of the cluster to what they say. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, ResourceName, ResourceState};
use escadre_interpreter::Snapshot;
use serde_json::Value as Json;

use crate::manifest::Kind;
use crate::names::{DOMAIN, MANAGER, Variant, object_name};
use crate::pod::ID;
use crate::world::{Anomaly, Meta, Node, Shared, Stored, World};

/// What the object `meta` mounts.
pub(crate) fn mounts(meta: &Meta) -> Vec<(ResourceName, Variant)> {
    let text = meta.annotations.get(&format!("{DOMAIN}/mounts"));
    let mounts = text.and_then(|text| serde_json::from_str::<BTreeMap<String, String>>(text).ok());
    let parsed = mounts.unwrap_or_default().into_iter().filter_map(|(name, variant)| {
        Some((ResourceName::parse(&name).ok()?, Variant::parse(&variant)?))
    });
    parsed.collect()
}

impl World {
    /// Takes in the object `meta` of `kind`, which `n_desired` nodes run.
    pub(crate) fn add(&mut self, kind: Kind, meta: Meta, n_desired: i64) {
        if meta.deletion_timestamp.is_some() {
            return;
        }
        let what = format!("{} {}", kind.name(), meta.name);
        let Some((resource, variant)) = names(&meta) else {
            let why = "it bears this project's label, but not the name of a variant".to_owned();
            self.anomalies.push(Anomaly { what, why });
            self.litter.push((kind, meta));
            return;
        };
        let state = match state(kind, &meta, &resource, &variant) {
            Ok(state) => Some(Arc::new(state)),
            Err(why) => {
                self.anomalies.push(Anomaly { what, why });
                None
            }
        };
        self.objects.insert(variant, Stored { kind, meta, resource, state, n_desired });
    }

    /// Takes in nodes; those with the same labels of ours share them.
    pub(crate) fn add_nodes(&mut self, nodes: impl IntoIterator<Item = (DeviceId, Node)>) {
        let mut known = BTreeSet::new();
        for (id, mut node) in nodes {
            match known.get(&node.labels) {
                Some(labels) => node.labels = Arc::clone(labels),
                None => drop(known.insert(Arc::clone(&node.labels))),
            }
            self.nodes.insert(id, node);
        }
    }
}

/// The resource and the variant of the object `meta`, if its name says the same as its label.
fn names(meta: &Meta) -> Option<(ResourceName, Variant)> {
    let label = |key: &str| meta.labels.as_ref()?.get(key);
    let resource = ResourceName::parse(label("app.kubernetes.io/name")?).ok()?;
    let variant = Variant::parse(label(&format!("{DOMAIN}/variant"))?)?;
    (object_name(&resource, &variant) == meta.name).then_some((resource, variant))
}

/// The state that the object `meta` holds, or why it is not as it was written.
fn state(
    kind: Kind,
    meta: &Meta,
    resource: &ResourceName,
    variant: &Variant,
) -> Result<ResourceState, String> {
    let text = meta.annotations.get(&format!("{DOMAIN}/state"));
    let text = text.ok_or_else(|| "it does not say what it holds".to_owned())?;
    let json: Json =
        serde_json::from_str(text).map_err(|error| format!("what it holds is no JSON: {error}"))?;
    let state = ResourceState::from_json(&json)
        .map_err(|error| format!("what it holds is no resource: {error}"))?;
    if Variant::of(resource, &state, &mounts(meta)) != *variant {
        return Err("what it holds is not what its name says".to_owned());
    }
    if kind == Kind::DaemonSet {
        let written = meta.annotations.get(&format!("{DOMAIN}/generation"));
        if written.and_then(|text| text.parse().ok()) != Some(meta.generation) {
            return Err(format!("its spec was changed{}", writer(meta)));
        }
    }
    Ok(state)
}

/// Who changed the spec last, besides this project, in words.
fn writer(meta: &Meta) -> String {
    let others = meta.managed_fields.iter().filter(|managed| {
        managed.manager != MANAGER
            && managed.subresource.is_empty()
            && managed.fields.contains_key("f:spec")
    });
    match others.max_by(|a, b| a.time.cmp(&b.time)) {
        Some(other) => format!(" by `{}` at {}", other.manager, other.time),
        None => String::new(),
    }
}

/// What `world` says of each member. Costs O(nodes · labels).
pub(crate) fn lift(world: &World) -> Snapshot {
    let mut shared = Shared::new();
    let members = world.nodes.iter().filter(|(_, node)| node.is_member);
    members.map(|(id, node)| (id.clone(), configuration(world, id, node, &mut shared))).collect()
}

fn configuration(
    world: &World,
    id: &DeviceId,
    node: &Node,
    shared: &mut Shared,
) -> Arc<Configuration> {
    if let Some(known) = shared.get(&node.labels) {
        return Arc::clone(known);
    }
    let (mut states, mut is_shared) = (Vec::new(), true);
    for (name, variant) in node.variants() {
        let stored = world.objects.get(&variant).filter(|stored| stored.resource == name);
        let Some(state) = stored.and_then(|stored| stored.state.as_ref()) else { continue };
        match with_id(state, id) {
            None => states.push((name, Arc::clone(state))),
            Some(state) => {
                is_shared = false;
                states.push((name, Arc::new(state)));
            }
        }
    }
    let configuration = Arc::new(Configuration::new(states));
    if is_shared {
        shared.insert(Arc::clone(&node.labels), Arc::clone(&configuration));
    }
    configuration
}

/// `state` with `id` in place of [`ID`]; `None` where it mentions none.
fn with_id(state: &ResourceState, id: &DeviceId) -> Option<ResourceState> {
    let words = state.leaves().iter().flat_map(|(_, value)| value.words());
    if !words.into_iter().any(|word| word.as_literal().is_some_and(|text| text.contains(ID))) {
        return None;
    }
    let mut json = state.to_json();
    let mut waiting = vec![&mut json];
    while let Some(value) = waiting.pop() {
        match value {
            Json::String(text) if text.contains(ID) => *text = text.replace(ID, id.as_str()),
            Json::Array(list) => waiting.extend(list.iter_mut()),
            Json::Object(fields) => waiting.extend(fields.values_mut()),
            _ => {}
        }
    }
    ResourceState::from_json(&json).ok()
}
