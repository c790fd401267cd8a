//! The claims of a deployed resource as nested JSON.
//!
//! An object stands for an `Object`, with its fields. Keys that begin with `$` say what JSON has
//! no words for; a field whose own name begins with `$` is written with one `$` more.

use std::collections::BTreeMap;

use super::json::Json;
use crate::fleet::Leaf;
use crate::names::{Field, LabelKey};
use crate::origin::Origin;
use crate::path::{Fields, MAX_FIELDS};
use crate::tree::Tree;
use crate::value::{Decimal, Item, List, Record, Value};
use crate::word::{Part, Word};

/// `{"$text": [...]}`: a word that is not the same on every device.
const TEXT: &str = "$text";
/// `{"$unset": true}`: `Unset`.
const UNSET: &str = "$unset";
/// `{"$rest": "unset", …}`: an object, and `Unset` at every path below it that is not listed.
const REST: &str = "$rest";
/// `{"$none": true}`, at the root only: nothing is claimed.
const NONE: &str = "$none";

fn escape(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

fn unescape(key: &str) -> Result<Field, String> {
    let name = match key.strip_prefix('$') {
        Some(name) if name.starts_with('$') => name,
        Some(_) => {
            return Err(format!(
                "`{key}` is not known here; a field of that name is written `${key}`"
            ));
        }
        None => key,
    };
    Field::parse(name).map_err(|e| e.to_string())
}

/// The claims of `tree`. Recurses at most [`MAX_FIELDS`] deep.
pub(super) fn to_json(tree: &Tree<()>) -> Json {
    if tree.is_nothing() {
        return Json::object(NONE, Json::Bool(true));
    }
    object_or_leaf(tree, false)
}

fn object_or_leaf(tree: &Tree<()>, closed: bool) -> Json {
    match tree.own.first() {
        Some((value, ())) if *value != Value::Object => value_to_json(value),
        _ => {
            let inner = closed || tree.below.is_some();
            let children = tree.children.iter();
            let mut fields: BTreeMap<String, Json> = children
                .map(|(name, child)| (escape(name.as_str()), object_or_leaf(child, inner)))
                .collect();
            if inner && !closed {
                fields.insert(REST.to_owned(), Json::text("unset"));
            }
            Json::Object(fields)
        }
    }
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Unset if mutant!(WireUnsetAsObject) => Json::Object(BTreeMap::new()),
        Value::Unset => Json::object(UNSET, Json::Bool(true)),
        Value::Object => Json::Object(BTreeMap::new()),
        Value::Bool(b) => Json::Bool(*b),
        Value::Integer(n) => Json::Integer(*n),
        Value::Decimal(x) => Json::Decimal(x.get()),
        Value::Text(word) => word_to_json(word),
        Value::List(list) => Json::List(list.items().iter().map(item_to_json).collect()),
    }
}

fn item_to_json(item: &Item) -> Json {
    match item {
        Item::Value(value) => value_to_json(value),
        Item::Record(record) => {
            let fields = record.fields().iter();
            Json::Object(fields.map(|(k, v)| (escape(k.as_str()), item_to_json(v))).collect())
        }
    }
}

fn word_to_json(word: &Word) -> Json {
    if let Some(text) = word.as_literal() {
        return Json::text(text);
    }
    let parts = word.parts().iter().map(|part| match part {
        Part::Literal(text) => Json::text(&**text),
        Part::Label(key) if mutant!(WireLabelAsLiteral) => Json::text(key.as_str()),
        Part::Label(key) => Json::object("label", Json::text(key.as_str())),
        Part::Missing(key) => Json::object("missing", Json::text(key.as_str())),
        Part::DeviceId => Json::object("device_id", Json::Bool(true)),
    });
    Json::object(TEXT, Json::List(parts.collect()))
}

/// Where each field was written.
pub(super) struct FieldOrigins {
    pub(super) at: Origin,
    pub(super) fields: BTreeMap<Vec<Field>, Origin>,
}

impl FieldOrigins {
    fn of(&self, fields: &[Field]) -> Origin {
        self.fields.get(fields).unwrap_or(&self.at).clone()
    }
}

/// The leaves that claim what `json` says, in the order of their paths.
pub(super) fn from_json(json: &Json, origins: &FieldOrigins) -> Result<Vec<Leaf>, String> {
    if *json == Json::object(NONE, Json::Bool(true)) {
        return Ok(Vec::new());
    }
    let mut reader = Reader { origins, at: Vec::new(), leaves: Vec::new() };
    match reader.read(json) {
        Ok(()) => Ok(reader.leaves),
        Err(message) if reader.at.is_empty() => Err(message),
        Err(message) => Err(format!("at `{}`: {message}", Fields(&reader.at))),
    }
}

struct Reader<'a> {
    origins: &'a FieldOrigins,
    // The path of what is being read; of what was wrong, after an error.
    at: Vec<Field>,
    leaves: Vec<Leaf>,
}

impl Reader<'_> {
    fn claim(&mut self, value: Value) {
        let origin = self.origins.of(&self.at);
        self.leaves.push(Leaf { fields: self.at.clone(), value, origin });
    }

    fn read(&mut self, json: &Json) -> Result<(), String> {
        let Json::Object(fields) = json else {
            let value = scalar(json, MAX_FIELDS)?;
            self.claim(value);
            return Ok(());
        };
        if let Some(value) = special(fields)? {
            self.claim(value);
            return Ok(());
        }
        match fields.get(REST) {
            None => {}
            Some(Json::Text(rest)) if rest == "unset" => self.claim(Value::Unset),
            Some(_) => return Err(format!("`{REST}` must be \"unset\"")),
        }
        self.claim(Value::Object);
        for (key, child) in fields.iter().filter(|(key, _)| *key != REST) {
            let field = unescape(key)?;
            if self.at.len() == MAX_FIELDS {
                return Err(format!("fields are nested more than {MAX_FIELDS} deep"));
            }
            self.at.push(field);
            self.read(child)?;
            self.at.pop();
        }
        Ok(())
    }
}

/// What an object with a `$` key of its own means.
fn special(fields: &BTreeMap<String, Json>) -> Result<Option<Value>, String> {
    let value = match fields.get_key_value(TEXT).or_else(|| fields.get_key_value(UNSET)) {
        None => return Ok(None),
        Some((key, _)) if fields.len() > 1 => {
            return Err(format!("`{key}` stands with other fields; it must stand alone"));
        }
        Some((key, Json::Bool(true))) if key == UNSET => Value::Unset,
        Some((key, Json::List(parts))) if key == TEXT => {
            let parts: Result<Vec<Part>, String> = parts.iter().map(part).collect();
            Value::Text(Word::from_parts(parts?))
        }
        Some((key, found)) => {
            return Err(format!("`{key}` holds {}; see docs/wire.md", found.kind()));
        }
    };
    Ok(Some(value))
}

fn part(json: &Json) -> Result<Part, String> {
    let key = |key: &str| LabelKey::parse(key).map_err(|e| e.to_string());
    let fields = match json {
        Json::Text(text) => return Ok(Part::Literal(text.as_str().into())),
        Json::Object(fields) if fields.len() == 1 => fields,
        _ => return Err(format!("{} is no part of a text", json.kind())),
    };
    match fields.first_key_value() {
        Some((k, Json::Text(label))) if k == "label" => Ok(Part::Label(key(label)?)),
        Some((k, Json::Text(label))) if k == "missing" => Ok(Part::Missing(key(label)?)),
        Some((k, Json::Bool(true))) if k == "device_id" => Ok(Part::DeviceId),
        _ => Err("a part of a text is a text, `label` or `device_id`".to_owned()),
    }
}

/// The value of what is no object; lists may be nested `depth` deep.
fn scalar(json: &Json, depth: usize) -> Result<Value, String> {
    Ok(match json {
        Json::Bool(b) => Value::Bool(*b),
        Json::Integer(n) => Value::Integer(*n),
        Json::Decimal(x) => {
            Value::Decimal(Decimal::new(*x).ok_or_else(|| format!("`{x}` is not finite"))?)
        }
        Json::Text(text) => Value::text(text.as_str()),
        Json::List(items) => {
            let depth = depth.checked_sub(1).ok_or("lists are nested more than 64 deep")?;
            let items: Result<Vec<Item>, String> = items.iter().map(|i| item(i, depth)).collect();
            Value::List(List::new(items?).map_err(|e| e.to_string())?)
        }
        Json::Unsigned(n) => return Err(format!("`{n}` does not fit an integer of 64 bits")),
        Json::Null => {
            return Err("null is no value; the absence of a field is `{\"$unset\": true}`".into());
        }
        Json::Object(_) => return Err("an object is no scalar".to_owned()),
    })
}

fn item(json: &Json, depth: usize) -> Result<Item, String> {
    let Json::Object(fields) = json else { return scalar(json, depth).map(Item::Value) };
    match special(fields)? {
        Some(Value::Unset) => return Err("an item of a list cannot be unset".to_owned()),
        Some(value) => return Ok(Item::Value(value)),
        None => {}
    }
    let depth = depth.checked_sub(1).ok_or("lists are nested more than 64 deep")?;
    let fields: Result<Vec<(Field, Item)>, String> =
        fields.iter().map(|(key, value)| Ok((unescape(key)?, item(value, depth)?))).collect();
    Ok(Item::Record(Record::new(fields?).map_err(|e| e.to_string())?))
}
