//! Whose an object is, by what the API server remembers of who wrote which fields. Pure.

use std::fmt;

use crate::manifest::Kind;
use crate::names::MANAGER;
use crate::world::{Managed, Meta};

/// How many owners and fields are told of one object.
const MAX_TOLD: usize = 4;

/// Objects of others stand where those of the fleet are to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what others made stands where the fleet's own is to be: {}", told(objects))]
pub struct Foreign {
    objects: Vec<ForeignObject>,
}

/// An object of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignObject {
    what: String,
    owners: Vec<Owner>,
}

/// Who owns which fields of an object, as the API server remembers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The name under which it writes, such as `kubectl-create`.
    pub manager: String,
    /// The fields, such as `data.motd`.
    pub fields: Vec<String>,
}

impl Foreign {
    pub(crate) fn new(mut objects: Vec<ForeignObject>) -> Self {
        objects.sort();
        Self { objects }
    }

    /// The objects, in the order of their names.
    #[must_use]
    pub fn objects(&self) -> &[ForeignObject] {
        &self.objects
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        "nothing was written to nodes; ask whoever made it, or take it over with `--adopt`, which makes of it what the fleet says"
    }
}

impl ForeignObject {
    pub(crate) fn new(kind: Kind, name: &str, owners: Vec<Owner>) -> Self {
        Self { what: format!("{} {name}", kind.name()), owners }
    }

    /// Its kind and name.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Who owns which of its fields.
    #[must_use]
    pub fn owners(&self) -> &[Owner] {
        &self.owners
    }
}

impl fmt::Display for ForeignObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.what)?;
        if self.owners.is_empty() {
            return f.write_str(", of which nobody says to have written it");
        }
        for (i, owner) in self.owners.iter().take(MAX_TOLD).enumerate() {
            f.write_str(if i == 0 { ", of which " } else { " and " })?;
            let fields: Vec<_> = owner.fields.iter().take(MAX_TOLD).map(String::as_str).collect();
            let more = if owner.fields.len() > MAX_TOLD { ", …" } else { "" };
            write!(f, "`{}` owns {}{more}", owner.manager, fields.join(", "))?;
        }
        Ok(())
    }
}

fn told(objects: &[ForeignObject]) -> String {
    let told: Vec<_> = objects.iter().take(MAX_TOLD).map(ToString::to_string).collect();
    match objects.len().checked_sub(MAX_TOLD) {
        Some(n_more @ 1..) => format!("{}; and {n_more} more", told.join("; ")),
        _ => told.join("; "),
    }
}

/// Whether this project made the object `meta`, or took it over.
pub(crate) fn is_ours(meta: &Meta) -> bool {
    meta.managed_fields.iter().any(|managed| managed.manager == MANAGER)
}

/// Who else owns which fields of the object `meta`; the status belongs to its controller.
pub(crate) fn owners(meta: &Meta) -> Vec<Owner> {
    let others = meta.managed_fields.iter();
    let others = others.filter(|it| it.manager != MANAGER && it.subresource.is_empty());
    others.map(|it| Owner { manager: it.manager.clone(), fields: fields(it) }).collect()
}

/// `f:data: {f:motd: …}` → `data.motd`; what is deeper is not told.
fn fields(managed: &Managed) -> Vec<String> {
    let name = |field: &str| field.strip_prefix("f:").map(str::to_owned);
    let mut fields = Vec::new();
    for (field, below) in &managed.fields {
        let Some(field) = name(field) else { continue };
        let inner: Vec<String> =
            below.keys().filter_map(|it| Some(format!("{field}.{}", name(it)?))).collect();
        match inner.is_empty() {
            true => fields.push(field),
            false => fields.extend(inner),
        }
    }
    // What people know an object by comes first.
    fields.sort_by_key(|field| field.starts_with("metadata"));
    fields
}

/// The owners that a server-side apply was refused for, by what the API server says of each field:
/// `conflict with "kubectl" using v1`.
pub(crate) fn conflicts(causes: &[(String, String)]) -> Vec<Owner> {
    let mut owners: Vec<Owner> = Vec::new();
    for (message, field) in causes {
        let manager = message.split('"').nth(1).unwrap_or(message);
        let field = field.trim_start_matches('.').to_owned();
        match owners.iter_mut().find(|owner| owner.manager == manager) {
            Some(owner) => owner.fields.push(field),
            None => owners.push(Owner { manager: manager.to_owned(), fields: vec![field] }),
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_owns_what_is_told_in_one_line() {
        let meta = json!({"name": "motd-1", "managedFields": [
            {"manager": "kubectl-create", "fieldsV1": {
                "f:data": {".": {}, "f:motd": {}},
                "f:immutable": {},
                "f:metadata": {"f:labels": {"f:app": {}}},
            }},
            {"manager": "kube-controller-manager", "subresource": "status", "fieldsV1": {"f:status": {}}},
        ]});
        let meta: Meta = serde_json::from_value(meta).unwrap();
        assert!(!is_ours(&meta));
        let object = ForeignObject::new(Kind::ConfigMap, &meta.name, owners(&meta));
        assert_eq!(
            Foreign::new(vec![object]).to_string(),
            "what others made stands where the fleet's own is to be: `ConfigMap motd-1`, of which \
             `kubectl-create` owns data.motd, immutable, metadata.labels"
        );
    }

    #[test]
    fn a_refused_apply_tells_its_conflicts_by_owner() {
        let cause = |who: &str, field: &str| {
            (format!("conflict with \"{who}\" using apps/v1"), field.to_owned())
        };
        let owners = conflicts(&[cause("a", ".spec.x"), cause("b", ".data.y"), cause("a", ".z")]);
        let of = |manager: &str, fields: &[&str]| Owner {
            manager: manager.to_owned(),
            fields: fields.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(owners, [of("a", &["spec.x", "z"]), of("b", &["data.y"])]);
    }
}
