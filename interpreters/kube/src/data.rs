//! From the state of what is no pod to the data of a ConfigMap.

use escadre_algebra::{Field, ResourceName, ResourceState, Value};
use serde_json::{Map, Value as Json, json};

use crate::error::LowerErrorKind;
use crate::pod::ID;

/// The bytes that the data of a ConfigMap may take.
const MAX_DATA: usize = 1024 * 1024;

/// The fields `data` and `binaryData` of the ConfigMap of `name` in `state`, with the content that it names.
///
/// A file is an entry under the last part of its path, so that a pod that mounts the volume in the
/// folder of the file has it there; a blob is one under the resource's name; a record of nothing
/// but texts under `data` and `binaryData`, as an imported ConfigMap is, is those entries;
/// everything else is one entry, `NAME.json`.
pub(crate) fn data(
    name: &ResourceName,
    state: &ResourceState,
    content: Option<&[u8]>,
) -> Result<Map<String, Json>, LowerErrorKind> {
    if let Some((field, _)) = state.leaves().iter().find(|(_, value)| mentions_id(value)) {
        return Err(LowerErrorKind::PerDevice { field: field_name(field) });
    }
    if let Some(entries) = entries(state) {
        return bounded(entries);
    }
    let text = |fields: &[&str]| match state.get(fields) {
        Some(Value::Text(word)) => word.as_literal(),
        _ => None,
    };
    let is = |kind: &str| text(&["kind"]) == Some(kind);
    let (key, bytes) = match content {
        Some(bytes) if is("Blob") => (name.to_string(), bytes.to_vec()),
        Some(bytes) => (entry(text(&["path"])), bytes.to_vec()),
        None => match text(&["text"]).filter(|_| is("ConfigFile")) {
            Some(file) => (entry(text(&["path"])), file.as_bytes().to_vec()),
            None => (format!("{name}.json"), pretty(state)),
        },
    };
    let mut data = Map::new();
    match String::from_utf8(bytes) {
        Ok(text) => data.insert("data".to_owned(), json!({key: text})),
        Err(error) => data.insert("binaryData".to_owned(), json!({key: base64(error.as_bytes())})),
    };
    bounded(data)
}

/// The one file that `state` is on a device, which has no other content: its entry, and its text.
pub(crate) fn file(
    name: &ResourceName,
    state: &ResourceState,
) -> Result<(String, String), LowerErrorKind> {
    let data = data(name, state, None)?;
    let mut entries = data.get("data").and_then(Json::as_object).into_iter().flatten();
    match (entries.next(), entries.next(), data.len()) {
        (Some((entry, Json::String(text))), None, 1) => Ok((entry.clone(), text.clone())),
        // Whichever entry it is that mentions the id.
        _ => Err(LowerErrorKind::PerDevice { field: "data".to_owned() }),
    }
}

/// The name of a field, for people.
pub(crate) fn field_name(field: &[Field]) -> String {
    field.iter().map(Field::as_str).collect::<Vec<_>>().join(".")
}

/// `data`, unless it is more than a ConfigMap holds.
fn bounded(data: Map<String, Json>) -> Result<Map<String, Json>, LowerErrorKind> {
    let entries = data.values().filter_map(Json::as_object).flatten();
    let size = |(key, value): (&String, &Json)| key.len() + value.as_str().map_or(0, str::len);
    let n_bytes = entries.map(size).sum();
    match n_bytes <= MAX_DATA {
        true => Ok(data),
        false => Err(LowerErrorKind::TooLarge { what: "its content", n_bytes, n_max: MAX_DATA }),
    }
}

/// The entries of a record that is the ConfigMap itself.
fn entries(state: &ResourceState) -> Option<Map<String, Json>> {
    let is_entry = |(fields, value): &(std::sync::Arc<[Field]>, Value)| {
        let is_part = matches!(fields.first()?.as_str(), "data" | "binaryData");
        let is_text = fields.len() == 2 && matches!(value, Value::Text(_));
        (is_part && (is_text || (fields.len() == 1 && *value == Value::Object))).then_some(())
    };
    state.leaves().iter().try_for_each(is_entry)?;
    match state.to_json() {
        Json::Object(entries) => Some(entries),
        _ => None,
    }
}

fn mentions_id(value: &Value) -> bool {
    value.words().iter().any(|word| word.as_literal().is_some_and(|text| text.contains(ID)))
}

fn pretty(state: &ResourceState) -> Vec<u8> {
    format!("{:#}\n", state.to_json()).into_bytes()
}

/// The key of a file in a ConfigMap: the last part of its path, if it can be one.
fn entry(path: Option<&str>) -> String {
    let last = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    match last.chars().all(is_plain) && !matches!(last, "" | "." | "..") && last.len() <= 253 {
        true => last.to_owned(),
        false => "content".to_owned(),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(state: &Json) -> Json {
        let state = ResourceState::from_json(state).ok();
        let name = ResourceName::parse("motd").ok();
        let data = name.zip(state).map(|(name, state)| data(&name, &state, None));
        match data {
            Some(Ok(data)) => Json::Object(data),
            other => json!(format!("{other:?}")),
        }
    }

    #[test]
    fn a_record_of_entries_is_those_entries_and_any_other_record_is_one() {
        let entries = json!({"data": {"a.conf": "x"}, "binaryData": {"b": "AAE="}});
        assert_eq!(of(&entries), entries);
        let other = json!({"data": {"a": 1}});
        assert_eq!(of(&other), json!({"data": {"motd.json": format!("{other:#}\n")}}));
    }

    #[test]
    fn a_file_is_an_entry_under_the_last_part_of_its_path() {
        let file = |path: &str| of(&json!({"kind": "ConfigFile", "path": path, "text": "hello"}));
        assert_eq!(file("/etc/motd"), json!({"data": {"motd": "hello"}}));
        assert_eq!(file("/etc/a b"), json!({"data": {"content": "hello"}}));
    }

    #[test]
    fn what_is_larger_than_a_configmap_is_refused() {
        let text = "x".repeat(MAX_DATA);
        let told = of(&json!({"kind": "ConfigFile", "path": "/a", "text": text}));
        assert!(told.as_str().is_some_and(|told| told.contains("TooLarge")));
    }
}
