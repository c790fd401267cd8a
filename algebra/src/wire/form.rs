//! The entries of the wire form, as they are written; the JSON Schema is derived from them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::{Json, line};

/// A fleet expression as a flat table.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, title = "Escadre fleet, version 1"))]
pub(super) struct DocumentForm {
    /// Always `fleet`.
    pub(super) escadre: &'static str,
    /// The version of the form: 1.
    pub(super) version: u64,
    /// The digest of the expression, which names, origins and sharing do not change.
    pub(super) digest: String,
    /// Selectors; nodes refer to them by position.
    pub(super) selectors: Vec<SelectorForm>,
    /// Nodes, operands before what uses them; the last is the fleet.
    pub(super) nodes: Vec<NodeForm>,
    /// Contents by digest, for the nodes that carry them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub(super) contents: BTreeMap<String, ContentForm>,
    /// Where each node was written, in the order of the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origins: Option<Vec<OriginForm>>,
}

/// One selector. References are relative: -1 is the entry before.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
#[serde(untagged)]
pub(super) enum SelectorForm {
    /// The text of a selector.
    Text(String),
    /// Holds where all of these hold.
    All { all: Vec<i64> },
    /// Holds where one of these holds.
    Any { any: Vec<i64> },
    /// Holds where this one does not.
    Not { not: i64 },
    /// Holds on these devices (a set too long for a text).
    Id { id: Vec<String> },
    /// Holds where the label has one of these values (a set too long for a text).
    In {
        label: String,
        #[serde(rename = "in")]
        values: Vec<String>,
    },
    /// Means nothing, and why.
    Invalid {
        invalid: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
}

/// One node. `of` holds its operands by relative reference: -1 is the entry before.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "lowercase")]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
pub(super) enum NodeForm {
    /// No device is a member.
    Empty {},
    /// Every device is a member.
    All {},
    /// Every device claims a resource.
    Deploy {
        resource: String,
        /// The claims as nested JSON; keys that begin with `$` are special.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
        claims: Json,
        /// Digests of the contents that it carries.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", schemars(default))]
        contents: Vec<String>,
    },
    /// f ∪ g ∪ …
    Union(Operands),
    /// f ⊕ g ⊕ …
    Overlay(Operands),
    /// f ◁ g
    Patch(Operands),
    /// f mask g
    Mask(Operands),
    /// f within g
    Within(Operands),
    /// f without g
    Without(Operands),
    /// s·f
    Restrict { of: Vec<i64>, selector: usize },
    /// s·f ∪ ¬s·g
    Choose { of: Vec<i64>, selector: usize },
    /// f without the claims at and below these paths
    Forget { of: Vec<i64>, paths: PathsForm },
    /// f with the claims at and above these paths only
    Keep { of: Vec<i64>, paths: PathsForm },
    /// f, which is a layer of this name
    Named { of: Vec<i64>, name: String },
    /// Means nothing, and why.
    Invalid {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", schemars(default))]
        of: Vec<i64>,
        message: String,
    },
    /// An operator of another version.
    #[serde(untagged)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Foreign(ForeignForm),
}

/// The operands of an operator that takes nothing else.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline, deny_unknown_fields))]
pub(super) struct Operands {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub(super) of: Vec<i64>,
}

#[derive(Clone, Serialize)]
pub(super) struct ForeignForm {
    pub(super) op: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) of: Vec<i64>,
    #[serde(flatten)]
    pub(super) body: BTreeMap<String, Json>,
}

/// A set of paths.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum PathsForm {
    Word(Everything),
    List(Vec<PathForm>),
}

/// Every path.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum Everything {
    All,
}

/// A path and all below it, or a path alone.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum PathForm {
    Under(String),
    Point(String),
}

/// Bytes, as text where they are UTF-8.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
#[serde(untagged)]
pub(super) enum ContentForm {
    Text(String),
    Base64 { base64: String },
}

/// Where a node was written: `file:line:column`, or null.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
#[serde(untagged)]
pub(super) enum OriginForm {
    At(Option<String>),
    /// Of a deployed resource: also where fields were written, if elsewhere.
    Fields {
        at: Option<String>,
        fields: BTreeMap<String, Option<String>>,
    },
}

impl NodeForm {
    /// The operands, to be made relative.
    pub(super) fn of_mut(&mut self) -> Option<&mut Vec<i64>> {
        match self {
            Self::Empty {} | Self::All {} | Self::Deploy { .. } => None,
            Self::Union(operands)
            | Self::Overlay(operands)
            | Self::Patch(operands)
            | Self::Mask(operands)
            | Self::Within(operands)
            | Self::Without(operands) => Some(&mut operands.of),
            Self::Restrict { of, .. }
            | Self::Choose { of, .. }
            | Self::Forget { of, .. }
            | Self::Keep { of, .. }
            | Self::Named { of, .. }
            | Self::Invalid { of, .. } => Some(of),
            Self::Foreign(foreign) => Some(&mut foreign.of),
        }
    }
}

impl DocumentForm {
    /// The canonical text: an entry a line.
    pub(super) fn to_text(&self) -> Result<String, super::EncodeError> {
        let mut sections = vec![
            format!("\"escadre\": {}", line(&self.escadre)?),
            format!("\"version\": {}", self.version),
            format!("\"digest\": {}", line(&self.digest)?),
            list("selectors", &self.selectors)?,
            list("nodes", &self.nodes)?,
        ];
        if !self.contents.is_empty() {
            let entry = |(key, content): (&String, &ContentForm)| {
                Ok(format!("{}: {}", line(key)?, line(content)?))
            };
            let entries: Result<Vec<_>, serde_json::Error> =
                self.contents.iter().map(entry).collect();
            sections.push(format!("\"contents\": {{\n{}\n}}", entries?.join(",\n")));
        }
        if let Some(origins) = &self.origins {
            sections.push(list("origins", origins)?);
        }
        Ok(format!("{{\n{}\n}}\n", sections.join(",\n")))
    }
}

fn list(name: &str, entries: &[impl Serialize]) -> Result<String, serde_json::Error> {
    if entries.is_empty() {
        return Ok(format!("\"{name}\": []"));
    }
    let entries: Result<Vec<String>, _> = entries.iter().map(|entry| line(entry)).collect();
    Ok(format!("\"{name}\": [\n{}\n]", entries?.join(",\n")))
}
