//! Values and states as JSON, exactly: what is read back is what was written.
//!
//! Keys that begin with `$` say what JSON has no words for, as in the wire form; a field whose own
//! name begins with `$` is written with one `$` more.

use std::sync::Arc;

use escadre_algebra::{
    Decimal, Field, Item, LabelKey, List, Part, Record, ResourceState, Value, Word,
};
use serde_json::{Map, Value as Json, json};

/// `{"$text": [...]}`: a text that mentions the device.
const TEXT: &str = "$text";
/// `{"$unset": true}`: nothing, on purpose.
const UNSET: &str = "$unset";

pub(super) fn escape(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

fn unescape(key: &str) -> Result<Field, String> {
    let name = match key.strip_prefix('$') {
        Some(name) if name.starts_with('$') => name,
        Some(_) => return Err(format!("the key `{key}` is not known")),
        None => key,
    };
    Field::parse(name).map_err(|e| e.to_string())
}

pub(super) fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Unset => json!({ UNSET: true }),
        Value::Text(word) => word_to_json(word),
        Value::List(list) => list.items().iter().map(item_to_json).collect(),
        Value::Object | Value::Bool(_) | Value::Integer(_) | Value::Decimal(_) => value.to_json(),
    }
}

fn item_to_json(item: &Item) -> Json {
    match item {
        Item::Value(value) => value_to_json(value),
        Item::Record(record) => {
            let fields = record.fields().iter();
            fields.map(|(name, item)| (escape(name.as_str()), item_to_json(item))).collect()
        }
    }
}

fn word_to_json(word: &Word) -> Json {
    if let Some(text) = word.as_literal() {
        return text.into();
    }
    let parts = word.parts().iter().map(|part| match part {
        Part::Literal(text) => Json::from(&**text),
        Part::Label(key) => json!({ "label": key.as_str() }),
        Part::Missing(key) => json!({ "missing": key.as_str() }),
        Part::DeviceId => json!({ "device_id": true }),
    });
    json!({ TEXT: parts.collect::<Vec<_>>() })
}

/// The state that `json` spells.
pub(super) fn state_from_json(json: &Json) -> Result<ResourceState, String> {
    let mut leaves = Vec::new();
    // What is still to read: where it stands, and what stands there.
    let mut open: Vec<(Vec<Field>, &Json)> = vec![(Vec::new(), json)];
    while let Some((fields, json)) = open.pop() {
        match json {
            Json::Object(map) if !map.is_empty() && !map.contains_key(TEXT) => {
                for (key, json) in map {
                    open.push((fields.iter().cloned().chain([unescape(key)?]).collect(), json));
                }
            }
            json => leaves.push((fields, value_from_json(json)?)),
        }
    }
    ResourceState::from_leaves(leaves)
        .ok_or_else(|| "its fields overlap, or are nested too deep".to_owned())
}

/// Recursion ends where reading JSON does, at 128 levels.
fn value_from_json(json: &Json) -> Result<Value, String> {
    Ok(match json {
        Json::Null => return Err("null is no value".to_owned()),
        Json::Object(map) if map.is_empty() => Value::Object,
        Json::Object(map) => Value::Text(word_from_json(map)?),
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) if n.is_f64() => {
            let decimal = n.as_f64().and_then(Decimal::new);
            Value::Decimal(decimal.ok_or_else(|| format!("`{n}` is no decimal"))?)
        }
        Json::Number(n) => {
            Value::Integer(n.as_i64().ok_or_else(|| format!("`{n}` is beyond 64 bits"))?)
        }
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => {
            let items: Result<Arc<[Item]>, String> = items.iter().map(item_from_json).collect();
            Value::List(List::new(items?).map_err(|e| e.to_string())?)
        }
    })
}

fn item_from_json(json: &Json) -> Result<Item, String> {
    let map = match json {
        Json::Object(map) if !map.contains_key(TEXT) => map,
        json => return value_from_json(json).map(Item::Value),
    };
    let fields = map.iter().map(|(key, json)| Ok((unescape(key)?, item_from_json(json)?)));
    let fields: Result<Vec<_>, String> = fields.collect();
    Ok(Item::Record(Record::new(fields?).map_err(|e| e.to_string())?))
}

fn word_from_json(map: &Map<String, Json>) -> Result<Word, String> {
    let parts = map.get(TEXT).filter(|_| map.len() == 1).and_then(Json::as_array);
    let parts = parts.ok_or_else(|| format!("expected `{{\"{TEXT}\": [...]}}`"))?;
    let parts: Result<Vec<Part>, String> = parts.iter().map(part_from_json).collect();
    Ok(Word::from_parts(parts?))
}

fn part_from_json(json: &Json) -> Result<Part, String> {
    let key = |json: &Json| {
        let key = json.as_str().ok_or_else(|| "a label's key is a string".to_owned())?;
        LabelKey::parse(key).map_err(|e| e.to_string())
    };
    let only = json.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
    match (json, only) {
        (Json::String(text), _) => Ok(Part::Literal(text.as_str().into())),
        (_, Some((name, json))) if name == "label" => key(json).map(Part::Label),
        (_, Some((name, json))) if name == "missing" => key(json).map(Part::Missing),
        (_, Some((name, Json::Bool(true)))) if name == "device_id" => Ok(Part::DeviceId),
        _ => Err(format!("a part of a text is not known: {json}")),
    }
}
