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
/// folder of the file has it there; a blob is one under the resource's name; everything else is
/// one entry, `NAME.json`.
pub(crate) fn data(
    name: &ResourceName,
    state: &ResourceState,
    content: Option<&[u8]>,
) -> Result<Map<String, Json>, LowerErrorKind> {
    if let Some((field, _)) = state.leaves().iter().find(|(_, value)| mentions_id(value)) {
        let field = field.iter().map(Field::as_str).collect::<Vec<_>>().join(".");
        return Err(LowerErrorKind::PerDevice { field });
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
    let n_bytes = key.len() + bytes.len();
    if n_bytes > MAX_DATA {
        return Err(LowerErrorKind::TooLarge { what: "its content", n_bytes, n_max: MAX_DATA });
    }
    let mut data = Map::new();
    match String::from_utf8(bytes) {
        Ok(text) => data.insert("data".to_owned(), json!({key: text})),
        Err(error) => data.insert("binaryData".to_owned(), json!({key: base64(error.as_bytes())})),
    };
    Ok(data)
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
