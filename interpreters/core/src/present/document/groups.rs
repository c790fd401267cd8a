//! The groups of a plan as JSON.

use serde_json::{Value as Json, json};

use super::encode::{count, kind};
use super::json::value_to_json;
use super::{FieldDocument, GroupDocument, HeldDocument, SubjectDocument};
use crate::plan::{FieldChange, Group, Plan};
use crate::present::words;

/// At most this many values that are held are given for a field.
const MAX_HELD: usize = 10;

pub(super) fn group(group: &Group) -> GroupDocument {
    let resources = group.subjects.iter().map(|subject| SubjectDocument {
        name: subject.resource.to_string(),
        kind: kind(subject.kind),
        fields: subject
            .fields
            .iter()
            .map(|change| {
                let path = words::path(&subject.resource, &change.fields);
                field(path.map(|path| path.to_string()).unwrap_or_default(), change)
            })
            .collect(),
    });
    GroupDocument {
        kind: kind(group.kind),
        devices: group.devices.iter().map(ToString::to_string).collect(),
        resources: resources.collect(),
    }
}

fn field(path: String, change: &FieldChange) -> FieldDocument {
    let before = change.before.iter().take(MAX_HELD).map(|(value, n)| HeldDocument {
        value: value.as_ref().map_or(Json::Null, value_to_json),
        devices: count(*n),
    });
    FieldDocument {
        path,
        before: before.collect(),
        different: count(change.before.len()),
        after: change.after.as_ref().map_or(Json::Null, value_to_json),
    }
}

/// The groups with other names for what is held and what is wanted.
pub(in crate::present) fn groups_json(plan: &Plan, held: &str, wanted: &str) -> Json {
    let field = |field: FieldDocument| {
        json!({
            "path": field.path, held: field.before, "different": field.different, wanted: field.after,
        })
    };
    let subject = |subject: SubjectDocument| {
        let fields: Vec<Json> = subject.fields.into_iter().map(field).collect();
        json!({ "name": subject.name, "kind": subject.kind, "fields": fields })
    };
    let group = |group: GroupDocument| {
        let resources: Vec<Json> = group.resources.into_iter().map(subject).collect();
        json!({ "kind": group.kind, "devices": group.devices, "resources": resources })
    };
    plan.groups().iter().map(self::group).map(group).collect()
}
