//! From a PodSpec to the record that the algebra flattens: lists with merge keys become maps.

use serde_json::{Map, Value as Json};

use super::spec_error::{SpecError, join};
use super::spec_table::{Key, ORDER, OWN, Order, POD, Rule, Shape, rule};
use super::toleration::toleration_key;
use crate::path::MAX_FIELDS;

struct Walk {
    /// The places of the nulls so far.
    dropped: Vec<String>,
}

/// The record of the pod that `spec` describes, and the places of its nulls.
pub(super) fn pod(spec: &Json) -> Result<(Json, Vec<String>), SpecError> {
    let Json::Object(fields) = spec else {
        return Err(SpecError::new("", "a PodSpec is an object"));
    };
    if let Some(own) = OWN.iter().find(|&&own| fields.contains_key(own)) {
        return Err(SpecError::new(
            *own,
            "this field is reserved; pass the PodSpec, not the object around it",
        ));
    }
    let mut walk = Walk { dropped: Vec::new() };
    let maps = walk.record(fields, POD, "", 0)?;
    Ok((Json::Object(maps), walk.dropped))
}

impl Walk {
    fn record(
        &mut self,
        fields: &Map<String, Json>,
        rules: &'static [Rule],
        path: &str,
        depth: usize,
    ) -> Result<Map<String, Json>, SpecError> {
        let mut record = Map::new();
        for (name, value) in fields {
            let path = join(path, name);
            if value.is_null() {
                self.dropped.push(path);
                continue;
            }
            let value = match (rule(rules, name), value) {
                (Some(Rule { shape: Shape::Keyed(key, order), of, .. }), Json::Array(entries)) => {
                    self.keyed(entries, (*key, *order), of, &path, depth)?
                }
                (Some(Rule { shape: Shape::Segments, .. }), Json::Array(items)) => {
                    segments(items, &path)?
                }
                (Some(Rule { shape: Shape::Inside, of, .. }), Json::Object(fields)) => {
                    check(depth, &path)?;
                    Json::Object(self.record(fields, of, &path, depth + 1)?)
                }
                (Some(Rule { shape: Shape::Inside, .. }), _) => {
                    return Err(SpecError::new(path, "an object is expected"));
                }
                (Some(_), _) => return Err(SpecError::new(path, "a list is expected")),
                (None, value) => self.plain(value, &path, depth)?,
            };
            record.insert(name.clone(), value);
        }
        Ok(record)
    }

    /// A value without rules: nulls in records are dropped.
    fn plain(&mut self, value: &Json, path: &str, depth: usize) -> Result<Json, SpecError> {
        match value {
            Json::Object(fields) => {
                check(depth, path)?;
                self.record(fields, &[], path, depth + 1).map(Json::Object)
            }
            Json::Array(items) => {
                check(depth, path)?;
                let items = items.iter().enumerate().map(|(i, item)| {
                    let path = format!("{path}[{i}]");
                    if item.is_null() {
                        return Err(SpecError::new(
                            path,
                            "null is not a value; remove it from the list",
                        ));
                    }
                    self.plain(item, &path, depth + 1)
                });
                items.collect::<Result<_, _>>().map(Json::Array)
            }
            _ => Ok(value.clone()),
        }
    }

    fn keyed(
        &mut self,
        entries: &[Json],
        (key, order): (Key, Order),
        rules: &'static [Rule],
        path: &str,
        depth: usize,
    ) -> Result<Json, SpecError> {
        check(depth, path)?;
        let ordered = match order {
            Order::Never => false,
            Order::Always => true,
            Order::WhereMentioned => entries.iter().any(mentions),
        };
        let mut map = Map::new();
        for (i, entry) in entries.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let Json::Object(fields) = entry else {
                return Err(SpecError::new(path, "an object is expected"));
            };
            // `secret` would be read as the algebra's own reference on the way out.
            let own =
                if order == Order::WhereMentioned { &[ORDER, "secret"][..] } else { &[ORDER] };
            if let Some(own) = own.iter().find(|&&own| fields.contains_key(own)) {
                return Err(SpecError::new(join(&path, own), "this field is reserved"));
            }
            let mut fields = self.record(fields, rules, &path, depth + 1)?;
            let name = take_key(&mut fields, key, &path)?;
            if ordered {
                fields.insert(ORDER.to_owned(), Json::from(i as u64 * 10));
            }
            if map.insert(name.clone(), Json::Object(fields)).is_some() {
                let message = format!(
                    "two entries have the key `{name}`; a map cannot hold both: remove one"
                );
                return Err(SpecError::new(path, message));
            }
        }
        Ok(Json::Object(map))
    }
}

fn check(depth: usize, path: &str) -> Result<(), SpecError> {
    if depth < MAX_FIELDS {
        return Ok(());
    }
    Err(SpecError::new(path, format!("it is nested more than {MAX_FIELDS} levels deep")))
}

/// Whether the value of a variable mentions another.
pub(super) fn mentions(entry: &Json) -> bool {
    entry.get("value").and_then(Json::as_str).is_some_and(|value| value.contains("$("))
}

/// The key of the entry `fields`; what the key says is removed from them.
fn take_key(fields: &mut Map<String, Json>, key: Key, path: &str) -> Result<String, SpecError> {
    match key {
        Key::Field(name) => match fields.remove(name) {
            Some(Json::String(key)) => Ok(key),
            Some(_) => Err(SpecError::new(join(path, name), "a text is expected")),
            None => Err(SpecError::new(path, format!("the entry has no `{name}`"))),
        },
        Key::Port => {
            let port = fields.remove("containerPort");
            let Some(port) = port.as_ref().and_then(Json::as_u64) else {
                return Err(SpecError::new(
                    join(path, "containerPort"),
                    "a port number is expected",
                ));
            };
            match fields.get("protocol") {
                None => Ok(format!("{port}/TCP")),
                // TCP is the default, so only here does it matter that it was said.
                Some(Json::String(protocol)) if protocol == "TCP" => Ok(format!("{port}/TCP")),
                Some(Json::String(protocol)) => {
                    let name = format!("{port}/{protocol}");
                    fields.remove("protocol");
                    Ok(name)
                }
                Some(_) => Err(SpecError::new(join(path, "protocol"), "a text is expected")),
            }
        }
        Key::Toleration => {
            let part = |name| fields.get(name).and_then(Json::as_str);
            Ok(toleration_key(part("key"), part("value"), part("effect")))
        }
    }
}

/// The segments of a list of arguments: a flag and its value are one.
fn segments(items: &[Json], path: &str) -> Result<Json, SpecError> {
    let mut segments: Vec<(String, Vec<Json>)> = Vec::new();
    let mut takes_value = false;
    for (i, item) in items.iter().enumerate() {
        let Json::String(text) = item else {
            return Err(SpecError::new(format!("{path}[{i}]"), "a text is expected"));
        };
        let is_flag = text.starts_with('-');
        match segments.last_mut() {
            Some((_, segment)) if takes_value && !is_flag => segment.push(item.clone()),
            _ => segments.push((segment_key(i * 10, text), vec![item.clone()])),
        }
        takes_value = is_flag && !text.contains('=');
    }
    Ok(Json::Object(
        segments.into_iter().map(|(key, segment)| (key, Json::Array(segment))).collect(),
    ))
}

/// `NNN-flag`: a number that orders, and letters that tell people which it is.
fn segment_key(number: usize, text: &str) -> String {
    const MAX_LETTERS: usize = 40;
    let name = text.split('=').next().unwrap_or_default();
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let letters: String = letters.skip_while(|&c| c == '-').take(MAX_LETTERS).collect();
    match letters.trim_end_matches('-') {
        "" => format!("{number:03}"),
        letters => format!("{number:03}-{letters}"),
    }
}
