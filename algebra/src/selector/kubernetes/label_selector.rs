//! Label selectors: conjunctions of requirements.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::requirement::{Invalid, Operator, Requirement, is_label_value, is_qualified_name};
use super::syntax::parse_requirements;
use crate::selector::Selector;

/// A Kubernetes label selector: all of some requirements, or nothing.
///
/// Printing gives Kubernetes' canonical string (`<nothing>` for nothing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector {
    // INVARIANT: sorted by key, equal keys in the order in which they were written; `new` keeps it.
    // `None` is the selector that matches nothing.
    requirements: Option<Vec<Requirement>>,
}

impl LabelSelector {
    /// All of `requirements`.
    #[must_use]
    pub fn new(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Self { requirements: Some(requirements) }
    }

    /// The selector that matches no object.
    #[must_use]
    pub fn nothing() -> Self {
        Self { requirements: None }
    }

    /// The selector that `labels.Parse` reads in `input`.
    ///
    /// # Errors
    /// [`Invalid`] iff Kubernetes rejects `input`.
    pub fn parse(input: &str) -> Result<Self, Invalid> {
        parse_requirements(input).map(Self::new)
    }

    /// The selector of a plain map of labels, such as a `nodeSelector`; nothing is validated.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let requirements = labels.into_iter().map(|(key, value)| Requirement {
            key: key.to_owned(),
            operator: Operator::Equals,
            values: vec![value.to_owned()],
        });
        Self::new(requirements.collect())
    }

    /// The selector that a `LabelSelector` object means: `null` matches nothing, `{}` everything.
    ///
    /// # Errors
    /// [`Invalid`] if Kubernetes rejects a requirement.
    pub fn from_json(object: &Value) -> Result<Self, Invalid> {
        if object.is_null() {
            return Ok(Self::nothing());
        }
        let mut requirements = Vec::new();
        for (key, value) in string_map(&object["matchLabels"]) {
            requirements.push(Requirement::new(key, Operator::Equals, vec![value.to_owned()])?);
        }
        for expression in list(&object["matchExpressions"]) {
            let operator = operator(expression)?;
            if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
                return Err(unsupported(expression));
            }
            requirements.push(Requirement::new(key(expression), operator, values(expression))?);
        }
        Ok(Self::new(requirements))
    }

    /// The selector that the `matchExpressions` of a node selector's term mean; none match nothing.
    ///
    /// # Errors
    /// [`Invalid`] with all that Kubernetes rejects.
    pub fn from_node_requirements(expressions: &Value) -> Result<Self, Invalid> {
        let mut requirements = Vec::new();
        let mut errors = Vec::new();
        for (i, expression) in list(expressions).iter().enumerate() {
            let requirement = operator(expression).and_then(|operator| {
                Requirement::new(key(expression), operator, values(expression))
            });
            match requirement {
                Ok(requirement) => requirements.push(requirement),
                Err(error) => errors.extend(error.below(&format!("matchExpressions[{i}]"))),
            }
        }
        Invalid::of(errors)?;
        Ok(if requirements.is_empty() { Self::nothing() } else { Self::new(requirements) })
    }

    /// The plain map of labels that a `LabelSelector` object stands for, as older APIs need it.
    ///
    /// # Errors
    /// [`Invalid`] if it asks for more than equality.
    pub fn as_labels(object: &Value) -> Result<BTreeMap<String, String>, Invalid> {
        let mut labels: BTreeMap<String, String> = string_map(&object["matchLabels"])
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        for expression in list(&object["matchExpressions"]) {
            let name = expression["operator"].as_str().unwrap_or_default();
            let message = match (name, values(expression).as_slice()) {
                ("In", [value]) => {
                    labels.insert(key(expression).to_owned(), value.clone());
                    continue;
                }
                ("In", _) => {
                    "the operator In without a single value cannot be converted".to_owned()
                }
                ("NotIn" | "Exists" | "DoesNotExist", _) => {
                    format!("the operator {name} cannot be converted")
                }
                _ => format!("{name:?} is not a valid selector operator"),
            };
            return Err(Invalid::new("operator", message));
        }
        Ok(labels)
    }

    /// The requirements, in the order of their keys; `None` if this matches nothing.
    #[must_use]
    pub fn requirements(&self) -> Option<&[Requirement]> {
        self.requirements.as_deref()
    }

    /// Whether this is the selector that matches nothing (not: whether its requirements contradict).
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.requirements.is_none()
    }

    /// This selector with one more requirement; nothing stays nothing.
    #[must_use]
    pub fn with(mut self, requirement: Requirement) -> Self {
        if let Some(requirements) = &mut self.requirements {
            let at = requirements.partition_point(|r| r.key <= requirement.key);
            requirements.insert(at, requirement);
        }
        self
    }

    /// The one value that the first requirement on the label `key` allows, if it allows but one.
    #[must_use]
    pub fn exact_value(&self, key: &str) -> Option<&str> {
        self.requirements()?.iter().find(|r| r.key == key)?.exact()
    }

    /// The selector of the same meaning.
    #[must_use]
    pub fn to_selector(&self) -> Selector {
        match &self.requirements {
            Some(all) => Selector::all_of(all.iter().map(Requirement::to_selector)),
            None => Selector::none(),
        }
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(requirements) = &self.requirements else { return f.write_str("<nothing>") };
        for (i, requirement) in requirements.iter().enumerate() {
            write!(f, "{}{requirement}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// The map of labels that `text` spells as `key=value,…` and nothing else.
///
/// # Errors
/// [`Invalid`] as for Kubernetes' `ConvertSelectorToLabelsMap`.
pub fn labels_map(text: &str) -> Result<BTreeMap<String, String>, Invalid> {
    let mut labels = BTreeMap::new();
    if text.is_empty() {
        return Ok(labels);
    }
    for part in text.split(',') {
        let invalid = || Invalid::new("selector", format!("`{part}` is not `key=value`"));
        let (key, value) = part.split_once('=').ok_or_else(invalid)?;
        let (key, value) = (key.trim(), value.trim());
        if !is_qualified_name(key) || !is_label_value(value) {
            return Err(invalid());
        }
        labels.insert(key.to_owned(), value.to_owned());
    }
    Ok(labels)
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn string_map(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

pub(super) fn key(expression: &Value) -> &str {
    expression["key"].as_str().unwrap_or_default()
}

pub(super) fn values(expression: &Value) -> Vec<String> {
    let values = list(&expression["values"]).iter();
    values.map(|v| v.as_str().unwrap_or_default().to_owned()).collect()
}

fn operator(expression: &Value) -> Result<Operator, Invalid> {
    let name = expression["operator"].as_str().unwrap_or_default();
    Operator::from_api(name).ok_or_else(|| unsupported(expression))
}

pub(super) fn unsupported(expression: &Value) -> Invalid {
    let name = expression["operator"].as_str().unwrap_or_default();
    Invalid::new("operator", format!("{name:?} is not supported here"))
}
