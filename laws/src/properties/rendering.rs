//! Rendering, against plain readings of claims and documents.

use std::collections::BTreeMap;

use escadre_algebra::{
    Claims, Coverage, EncodeOptions, Facts, Field, Finding, Fleet, Inventory, Outcome, Resource,
    ResourceName, Value, denote, deploy,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value as Json;

use super::{Case, for_all};
use crate::sample::Sampling;
use crate::trial::{device, picture};

/// The claims of one resource as a tree.
#[derive(Default)]
struct Node {
    own: Vec<Value>,
    children: BTreeMap<String, Node>,
}

impl Node {
    /// What is rendered: unset nothing, a leaf itself, all else an object of its children.
    fn json(&self) -> Option<Json> {
        let children = self.children.iter();
        let fields: serde_json::Map<String, Json> =
            children.filter_map(|(name, child)| Some((name.clone(), child.json()?))).collect();
        match &self.own[..] {
            [] if fields.is_empty() => None,
            [] | [Value::Object] => Some(Json::Object(fields)),
            [Value::Unset] => None,
            [value, ..] => Some(value.to_json()),
        }
    }
}

/// The resources that `claims` render to, those in `left_out` aside; none if a path of one has
/// several candidates.
pub(super) fn rendered(
    claims: &Claims,
    left_out: &[ResourceName],
) -> Option<BTreeMap<String, Json>> {
    let mut roots: BTreeMap<String, Node> = BTreeMap::new();
    for (path, candidates) in claims.listed() {
        if left_out.contains(path.resource()) {
            continue;
        }
        if candidates.len() > 1 {
            return None;
        }
        let root = roots.entry(path.resource().to_string()).or_default();
        let node = path
            .fields()
            .iter()
            .fold(root, |node, field| node.children.entry(field.as_str().to_owned()).or_default());
        node.own = candidates.into_iter().map(|(value, ())| value).collect();
    }
    Some(roots.into_iter().filter_map(|(name, root)| Some((name, root.json()?))).collect())
}

/// The expression of a fleet, as a reader sees it.
pub(super) fn expression(fleet: &Fleet) -> String {
    fleet.encode(&EncodeOptions::default()).unwrap_or_default()
}

/// What one device gets as JSON, and whether some path has several candidates.
pub(super) enum Resolution {
    Rendered(Option<BTreeMap<String, Json>>),
    Conflict,
    Other,
}

/// What a fleet resolves to on one device.
pub(super) fn resolve(fleet: &Fleet, facts: &Facts) -> Resolution {
    let Ok(inventory) = Inventory::new([facts.clone()], Coverage::Complete) else {
        return Resolution::Other;
    };
    match fleet.resolve(&inventory) {
        Ok(resolved) => match resolved.iter().next() {
            Some((_, Outcome::Member(member))) => {
                let json = member.configuration.instantiate(facts).to_json();
                Resolution::Rendered(Some(json.into_iter().collect()))
            }
            _ => Resolution::Rendered(None),
        },
        Err(wrong) => {
            let mut findings = wrong.findings().iter();
            let is_conflict = findings.any(|found| matches!(found, Finding::Conflict { .. }));
            if is_conflict { Resolution::Conflict } else { Resolution::Other }
        }
    }
}

pub(super) fn rendering(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    for_all(sampling, &(schema.fleet(), schema.facts()), |(fleet, facts)| {
        let claims = denote::<()>(fleet, facts);
        let expected = claims.as_ref().map(|claims| rendered(claims, &[]));
        let (agrees, found) = match (resolve(fleet, facts), &expected) {
            (Resolution::Rendered(found), None) => (found.is_none(), found),
            (Resolution::Rendered(found), Some(expected)) => (found == *expected, found),
            (Resolution::Conflict, expected) => (*expected == Some(None), None),
            (Resolution::Other, expected) => (*expected != Some(None), None),
        };
        if agrees {
            return Ok(());
        }
        let claims = picture(claims.as_ref());
        let on = device(facts);
        Err(format!("  {claims} on {on}\n  should be {expected:?}\n  but is {found:?}"))
    })
}

/// JSON merge patch, RFC 7396, section 2.
fn merge(target: Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut fields = match target {
        Json::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    for (name, patch) in patch {
        let old = fields.remove(name);
        if !patch.is_null() {
            fields.insert(name.clone(), merge(old.unwrap_or_default(), patch));
        }
    }
    Json::Object(fields)
}

/// The resource whose fields are those of `json`, unset for null.
fn resource(json: &Json) -> Resource {
    let mut resource = Resource::new("web");
    let mut open: Vec<(Vec<Field>, &Json)> = vec![(Vec::new(), json)];
    while let Some((at, json)) = open.pop() {
        let value = match json {
            Json::Object(fields) => {
                open.extend(fields.iter().filter_map(|(name, json)| {
                    let name = Field::parse(name).ok()?;
                    Some((at.iter().cloned().chain([name]).collect(), json))
                }));
                if !fields.is_empty() {
                    continue;
                }
                Value::Object
            }
            Json::Null => Value::Unset,
            Json::Number(n) => Value::Integer(n.as_i64().unwrap_or_default()),
            other => Value::text(other.to_string()),
        };
        resource.put(at, value);
    }
    resource
}

/// An object of a few fields, some of them null.
fn document() -> BoxedStrategy<Json> {
    let object = |inner: BoxedStrategy<Json>| {
        let fields = btree_map(select(&["x", "y", "z"][..]), inner, 0..4);
        fields.prop_map(|fields| {
            Json::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
        })
    };
    let leaf = prop_oneof![1 => Just(Json::Null), 2 => (0..3_i64).prop_map(Json::from)].boxed();
    object(leaf.prop_recursive(2, 8, 3, object).boxed()).boxed()
}

pub(super) fn merge_patches(sampling: &Sampling) -> Case {
    let values = (vec(document(), 1..4), sampling.schema.facts());
    for_all(sampling, &values, |(documents, facts)| {
        let expected = documents.iter().fold(Json::Object(serde_json::Map::new()), merge);
        let layers = documents.iter().map(|document| deploy(resource(document)));
        let fleet = Fleet::overlay_all(layers);
        let found = match resolve(&fleet, facts) {
            Resolution::Rendered(found) => found.unwrap_or_default().remove("web"),
            Resolution::Conflict | Resolution::Other => None,
        };
        if found.as_ref() == Some(&expected) {
            return Ok(());
        }
        let documents: Vec<String> = documents.iter().map(ToString::to_string).collect();
        let found = found.map_or_else(|| "nothing".to_owned(), |found| found.to_string());
        Err(format!("  {}\n  merge to {expected}\n  but lay {found}", documents.join("\n  ")))
    })
}

/// The names of resources that may be after each other.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

pub(super) fn dependency_order(sampling: &Sampling) -> Case {
    let shuffled = Just(NAMES.to_vec()).prop_shuffle();
    let edges = vec((0..NAMES.len(), 0..NAMES.len()), 0..5);
    for_all(sampling, &(shuffled, edges, sampling.schema.facts()), |(names, edges, facts)| {
        // Of two different places in the shuffled order the later one is after the earlier one.
        let edges = edges.iter().filter(|(i, j)| i != j).map(|(i, j)| (*i.min(j), *i.max(j)));
        let edges: Vec<(&str, &str)> = edges.map(|(i, j)| (names[i], names[j])).collect();
        let resources = names.iter().map(|name| {
            let before = edges.iter().filter(|(_, after)| after == name);
            let resource = Resource::new(name);
            deploy(before.fold(resource, |r, (before, _)| r.set(&format!("after.{before}"), true)))
        });
        let fleet = Fleet::union_all(resources);
        let Ok(inventory) = Inventory::new([facts.clone()], Coverage::Complete) else {
            return Ok(());
        };
        let resolved = fleet.resolve(&inventory).map_err(|wrong| format!("  {wrong}"))?;
        let Some((_, Outcome::Member(member))) = resolved.iter().next() else {
            return Err("  it is no member".to_owned());
        };
        let order = member.configuration.order();
        let place = |name: &str| order.iter().position(|n| n.as_str() == name);
        match edges.iter().find(|(before, after)| place(before) >= place(after)) {
            None => Ok(()),
            Some((before, after)) => Err(format!("  {after} is after {before}, but in {order:?}")),
        }
    })
}
