//! From objects of the cluster to what they say. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escadre_algebra::{Configuration, DeviceId, ResourceName, ResourceState};
use escadre_interpreter::Snapshot;
use serde_json::Value as Json;

use crate::foreign::{Owner, is_ours, owners};
use crate::manifest::Kind;
use crate::names::{DOMAIN, MANAGER, Variant, object_name};
use crate::pod::ID;
use crate::template::{self, Entries};
use crate::world::{Anomaly, Membership, Meta, Node, Shared, Stored, World};

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
        let pulls = pulls(&meta);
        if pulls.is_some() && !is_ours(&meta) {
            let why = format!("it was not made by this project{}", by(&owners(&meta)));
            self.anomalies.push(Anomaly { what, why });
            return;
        }
        if let Some(variant) = pulls {
            if !is_as_written(&meta) {
                let why = format!("its spec was changed{}", writer(&meta));
                self.anomalies.push(Anomaly { what, why });
            }
            self.pulls.insert(variant, (meta, n_desired));
            return;
        }
        let Some((resource, variant)) = names(&meta) else {
            // It may be anybody's, so it is told, and left alone.
            let why = "it bears this project's label, but not the name of a variant".to_owned();
            self.anomalies.push(Anomaly { what, why });
            return;
        };
        if !is_ours(&meta) {
            let why = format!("it was not made by this project{}", by(&owners(&meta)));
            self.anomalies.push(Anomaly { what, why });
            return;
        }
        let (state, entries) = match state(kind, &meta, &resource, &variant) {
            Ok((state, entries)) => (Some(Arc::new(state)), entries.map(Arc::new)),
            Err(why) => {
                self.anomalies.push(Anomaly { what, why });
                (None, None)
            }
        };
        self.objects.insert(variant, Stored { kind, meta, resource, state, entries, n_desired });
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

/// The variant whose images the object `meta` has pulled, if that is what it is for.
fn pulls(meta: &Meta) -> Option<Variant> {
    let variant = Variant::parse(meta.labels.as_ref()?.get(&format!("{DOMAIN}/pulls"))?)?;
    meta.name.ends_with(&format!("-{variant}-pull")).then_some(variant)
}

/// Whether the spec of the DaemonSet `meta` is the one that was written.
pub(crate) fn is_as_written(meta: &Meta) -> bool {
    let written = meta.annotations.get(&format!("{DOMAIN}/generation"));
    written.and_then(|text| text.parse().ok()) == Some(meta.generation)
}

/// The resource and the variant of the object `meta`, if its name says the same as its label.
fn names(meta: &Meta) -> Option<(ResourceName, Variant)> {
    let label = |key: &str| meta.labels.as_ref()?.get(key);
    let resource = ResourceName::parse(label("app.kubernetes.io/name")?).ok()?;
    let variant = Variant::parse(label(&format!("{DOMAIN}/variant"))?)?;
    (object_name(&resource, &variant) == meta.name).then_some((resource, variant))
}

/// The state that the object `meta` holds, of many devices if it is a shard; or why it is not as it
/// was written.
fn state(
    kind: Kind,
    meta: &Meta,
    resource: &ResourceName,
    variant: &Variant,
) -> Result<(ResourceState, Option<Entries>), String> {
    let text = meta.annotations.get(&format!("{DOMAIN}/state"));
    let text = text.ok_or_else(|| "it does not say what it holds".to_owned())?;
    let json: Json =
        serde_json::from_str(text).map_err(|error| format!("what it holds is no JSON: {error}"))?;
    let state = ResourceState::from_json(&json)
        .map_err(|error| format!("what it holds is no resource: {error}"))?;
    let entries = meta.annotations.get(&format!("{DOMAIN}/devices"));
    let entries = entries.map(|text| Entries::from_json(text).ok_or("its devices are no devices"));
    let entries = entries.transpose()?;
    let said = match &entries {
        None => Variant::of(resource, &state, &mounts(meta)),
        Some(entries) => Variant::of_shard(resource, &state, entries),
    };
    if said != *variant {
        return Err("what it holds is not what its name says".to_owned());
    }
    if kind == Kind::DaemonSet && !is_as_written(meta) {
        return Err(format!("its spec was changed{}", writer(meta)));
    }
    Ok((state, entries))
}

/// Who made an object, in words.
fn by(owners: &[Owner]) -> String {
    owners.first().map(|owner| format!(", but by `{}`", owner.manager)).unwrap_or_default()
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
    let members = world.nodes.iter().filter(|(_, node)| node.membership == Membership::Ours);
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
        let Some((stored, state)) = stored.and_then(|it| Some((it, it.state.as_ref()?))) else {
            continue;
        };
        if let Some(entries) = &stored.entries {
            is_shared = false;
            // A device that its shard does not list holds nothing of it.
            let values = entries.devices.get(id);
            let state = values.and_then(|values| template::fill(state, id, values));
            states.extend(state.map(|state| (name, Arc::new(state))));
            continue;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{member_label, resource_label};
    use proptest::prelude::*;
    use serde_json::json;

    /// The metadata of an object as it is written, in `JSON`.
    fn written(name: &str, state: &Json) -> Option<(Json, Variant)> {
        let resource = ResourceName::parse(name).ok()?;
        let state = ResourceState::from_json(state).ok()?;
        let variant = Variant::of(&resource, &state, &[]);
        let meta = json!({
            "name": object_name(&resource, &variant),
            "uid": "u", "resourceVersion": "1", "generation": 1,
            "labels": {
                "app.kubernetes.io/name": name,
                format!("{DOMAIN}/variant"): variant.as_str(),
            },
            "annotations": {
                format!("{DOMAIN}/state"): state.to_text(),
                format!("{DOMAIN}/generation"): "1",
            },
            "managedFields": [
                {"manager": MANAGER, "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {}}},
                {"manager": "kubectl-edit", "time": "2026-01-02T00:00:00Z", "fieldsV1": {"f:spec": {}}},
            ],
        });
        Some((meta, variant))
    }

    /// What one node holds that names the object `meta` as its `web`.
    fn held(meta: &Json, variant: &Variant) -> (Option<Arc<ResourceState>>, Vec<Anomaly>) {
        let (mut world, label) =
            (World::default(), "web".try_into().map(|web| resource_label(&web)));
        let Ok(meta) = serde_json::from_value(meta.clone()) else { return (None, Vec::new()) };
        world.add(Kind::DaemonSet, meta, 1);
        let labels = BTreeMap::from([
            (member_label(), "ns".to_owned()),
            (label.unwrap_or_default(), variant.to_string()),
        ]);
        let node = serde_json::from_value(json!({"name": "n1", "uid": "u", "labels": labels}));
        let id = "n1".try_into();
        let (Ok(node), Ok(id)) = (node, id) else { return (None, Vec::new()) };
        world.add_nodes([(id, Node::of(node, "ns"))]);
        let held = lift(&world);
        let configuration = held.get("n1");
        let state = configuration.and_then(|it| it.resources().values().next().cloned());
        (state, world.anomalies)
    }

    #[test]
    fn an_object_that_is_as_it_was_written_is_held() {
        let state = json!({"kind": "Pod", "containers": {"web": {"image": "nginx"}}});
        let (meta, variant) = written("web", &state).unwrap();
        let (found, anomalies) = held(&meta, &variant);
        assert_eq!(found.map(|found| found.to_json()), Some(state));
        assert_eq!(anomalies, []);
    }

    #[test]
    fn whoever_changed_a_spec_is_told_and_nothing_is_held() {
        let (mut meta, variant) = written("web", &json!({"kind": "Pod"})).unwrap();
        meta["generation"] = 2.into();
        let (found, anomalies) = held(&meta, &variant);
        assert_eq!(found, None);
        let why: Vec<&str> = anomalies.iter().map(|anomaly| anomaly.why.as_str()).collect();
        assert_eq!(why, ["its spec was changed by `kubectl-edit` at 2026-01-02T00:00:00Z"]);
    }

    proptest! {
        #[test]
        fn whatever_stands_in_an_object_is_read_and_held_only_if_it_is_what_its_name_says(
            field in prop::sample::select(vec!["state", "generation", "mounts", "variant"]),
            text in prop_oneof![".*", "[{}\"a-z:,0-9]{0,12}", Just("{\"kind\":\"Pod\"}".to_owned())],
        ) {
            let state = json!({"kind": "Pod", "hostNetwork": true});
            let (mut meta, variant) = written("web", &state).unwrap();
            let part = if field == "variant" { "labels" } else { "annotations" };
            meta[part][format!("{DOMAIN}/{field}")] = text.into();
            let (found, _) = held(&meta, &variant);
            prop_assert!(found.is_none_or(|found| found.to_json() == state));
        }
    }
}
