//! Selecting nodes: node selectors, preferences, and what a pod requires of its node.

use serde_json::Value;

use super::label_selector::{LabelSelector, key, list, string_map, unsupported, values};
use super::requirement::Invalid;
use crate::facts::Facts;
use crate::names::DeviceId;
use crate::selector::Selector;
use crate::selector::build::id_set;

/// The field of a node that Escadre calls the id of a device.
const NAME_FIELD: &str = "metadata.name";

/// A Kubernetes node selector: one of its terms must hold; without terms none does.
///
/// ```
/// use escadre_algebra::kubernetes::NodeSelector;
/// let s = NodeSelector::from_json(&serde_json::json!({"nodeSelectorTerms": [
///     {"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["3"]}]},
///     {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]},
/// ]}));
/// assert!(s.check().is_ok());
/// assert_eq!(s.to_selector().to_string(), "cores > 3 or id = n1");
/// ```
#[derive(Clone, Debug)]
pub struct NodeSelector {
    terms: Vec<Result<Term, Vec<(String, String)>>>,
}

#[derive(Clone, Debug)]
struct Term {
    labels: Selector,
    fields: Selector,
}

impl Term {
    /// The term `object` at `path`; `None` if it is empty, and thus selects nothing.
    fn from_json(object: &Value, path: &str) -> Option<Result<Self, Vec<(String, String)>>> {
        let (expressions, fields) = (&object["matchExpressions"], &object["matchFields"]);
        if list(expressions).is_empty() && list(fields).is_empty() {
            return None;
        }
        let mut errors = Vec::new();
        let mut term = Self { labels: Selector::all(), fields: Selector::all() };
        if !list(expressions).is_empty() {
            match LabelSelector::from_node_requirements(expressions) {
                Ok(selector) => term.labels = selector.to_selector(),
                Err(error) => errors.extend(error.below(path)),
            }
        }
        match field_requirements(list(fields)) {
            Ok(selector) => term.fields = selector,
            Err(error) => errors.extend(error.below(path)),
        }
        Some(if errors.is_empty() { Ok(term) } else { Err(errors) })
    }

    fn to_selector(&self) -> Selector {
        self.labels.clone() & self.fields.clone()
    }
}

fn field_requirements(requirements: &[Value]) -> Result<Selector, Invalid> {
    let mut parts = Vec::new();
    let mut errors = Vec::new();
    for (i, requirement) in requirements.iter().enumerate() {
        let path = format!("matchFields[{i}]");
        match (requirement["operator"].as_str(), values(requirement).as_slice()) {
            (Some("In"), [value]) => parts.push(field_is(key(requirement), value)),
            (Some("NotIn"), [value]) => parts.push(!field_is(key(requirement), value)),
            (Some("In" | "NotIn"), _) => {
                errors.extend(Invalid::new("values", "must have one element").below(&path));
            }
            _ => errors.extend(unsupported(requirement).below(&path)),
        }
    }
    Invalid::of(errors)?;
    Ok(Selector::all_of(parts))
}

/// Holds where the field `field` is `value`; fields other than the name read as empty.
fn field_is(field: &str, value: &str) -> Selector {
    match DeviceId::parse(value) {
        Ok(id) if field == NAME_FIELD => id_set(vec![id]),
        _ if field != NAME_FIELD && value.is_empty() => Selector::all(),
        _ => Selector::none(),
    }
}

impl NodeSelector {
    /// The `NodeSelector` object `object`, as it was written.
    #[must_use]
    pub fn from_json(object: &Value) -> Self {
        let terms = list(&object["nodeSelectorTerms"]).iter().enumerate();
        let terms =
            terms.filter_map(|(i, t)| Term::from_json(t, &format!("nodeSelectorTerms[{i}]")));
        Self { terms: terms.collect() }
    }

    /// Whether Kubernetes accepts every term.
    ///
    /// # Errors
    /// [`Invalid`] with all that it rejects.
    pub fn check(&self) -> Result<(), Invalid> {
        let errors = self.terms.iter().filter_map(|term| term.as_ref().err());
        Invalid::of(errors.flatten().cloned().collect())
    }

    /// Where Kubernetes says that this selector matches: where some valid term does.
    #[must_use]
    pub fn to_selector(&self) -> Selector {
        Selector::any_of(self.terms.iter().flatten().map(Term::to_selector))
    }

    /// What Kubernetes says of a node that has no name yet: it does not look at `matchFields`.
    #[must_use]
    pub fn to_selector_of_unnamed(&self) -> Selector {
        Selector::any_of(self.terms.iter().flatten().map(|term| term.labels.clone()))
    }
}

/// What a pod prefers of its node: weighted terms.
#[derive(Clone, Debug)]
pub struct PreferredTerms {
    terms: Vec<(Selector, i64)>,
}

impl PreferredTerms {
    /// The list of `PreferredSchedulingTerm` objects `terms`; those of weight 0 are not looked at.
    ///
    /// # Errors
    /// [`Invalid`] with all that Kubernetes rejects.
    pub fn from_json(terms: &Value) -> Result<Self, Invalid> {
        let mut parsed = Vec::new();
        let mut errors = Vec::new();
        for (i, term) in list(terms).iter().enumerate() {
            let weight = term["weight"].as_i64().unwrap_or(0);
            if weight == 0 {
                continue;
            }
            match Term::from_json(&term["preference"], &format!("[{i}]")) {
                Some(Ok(term)) => parsed.push((term.to_selector(), weight)),
                Some(Err(more)) => errors.extend(more),
                None => {}
            }
        }
        Invalid::of(errors)?;
        Ok(Self { terms: parsed })
    }

    /// The terms, each with its weight.
    #[must_use]
    pub fn terms(&self) -> &[(Selector, i64)] {
        &self.terms
    }

    /// The sum of the weights of the terms that hold on `node` (whose labels are all known).
    #[must_use]
    pub fn score(&self, node: &Facts) -> i64 {
        self.terms.iter().filter(|(s, _)| s.holds_on(node)).map(|(_, weight)| weight).sum()
    }
}

/// What the pod specification `spec` requires of its node: its `nodeSelector` and its required
/// node affinity, either `None` if the pod does not have it. A node must satisfy both.
#[must_use]
pub fn pod_node_affinity(spec: &Value) -> (Option<LabelSelector>, Option<NodeSelector>) {
    let labels: Vec<_> = string_map(&spec["nodeSelector"]).collect();
    let required =
        &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    (
        (!labels.is_empty()).then(|| LabelSelector::from_labels(labels)),
        (!required.is_null()).then(|| NodeSelector::from_json(required)),
    )
}
