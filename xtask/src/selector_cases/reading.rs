//! Reading the parts of a case.

use std::sync::Arc;

use escadre_algebra::kubernetes::{LabelSelector, Operator, Requirement};
use escadre_algebra::{Attestation, DeviceId, Facts, Label, LabelKey, Selector, View};
use serde_json::Value;

pub(super) fn unchecked(requirement: &Value) -> Result<Requirement, String> {
    let name = text_of(&requirement["operator"]);
    let operator = Operator::from_name(name).ok_or_else(|| format!("{name:?} is no operator"))?;
    let mut values = strings(&requirement["values"]);
    values.sort_unstable();
    Ok(Requirement { key: text_of(&requirement["key"]).to_owned(), operator, values })
}

pub(super) fn all_unchecked(requirements: &Value) -> Result<Vec<Requirement>, String> {
    requirements.as_array().into_iter().flatten().map(unchecked).collect()
}

pub(super) fn valid_requirement(requirement: &Value) -> Result<Requirement, String> {
    let requirement = unchecked(requirement)?;
    requirement.check().map_err(shown).map(|()| requirement)
}

pub(super) fn from_labels(labels: &Value) -> LabelSelector {
    LabelSelector::from_labels(pairs(labels))
}

pub(super) fn facts(labels: &Value) -> Result<Facts, String> {
    Facts::of("node", pairs(labels)).map_err(shown)
}

/// A device with the labels `a`, and the labels `b` laid over them.
pub(super) fn over(a: &Value, b: &Value) -> Result<Facts, String> {
    let mut facts = facts(a)?;
    for (key, value) in pairs(b) {
        let key = LabelKey::parse(key).map_err(shown)?;
        let value = Some(Arc::from(value));
        facts.set(Label { key, value, attestation: Attestation::Asserted });
    }
    Ok(facts)
}

pub(super) fn node_facts(node: &Value) -> Result<Facts, String> {
    let name = Some(text_of(&node["name"])).filter(|name| !name.is_empty()).unwrap_or("unnamed");
    DeviceId::parse(name).map_err(shown)?;
    Facts::of(name, pairs(&node["labels"])).map_err(shown)
}

pub(super) fn pairs(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    map.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), text_of(value)))
}

pub(super) fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|v| text_of(v).to_owned()).collect()
}

pub(super) fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(super) fn expect(what: &str, found: &Value, wanted: &Value) -> Result<(), String> {
    that(found == wanted, &format!("{what} is {found}, expected {wanted}"))
}

pub(super) fn that(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// The texts of what must hold together for `selector` to hold, sorted: Kubernetes sorts by key,
/// and Escadre keeps the order that was written.
pub(super) fn conjuncts(selector: &Selector) -> Vec<String> {
    let mut parts = match selector.view() {
        View::And(parts) => parts.iter().map(ToString::to_string).collect(),
        _ => vec![selector.to_string()],
    };
    parts.sort_unstable();
    parts
}
