//! From a rendered pod to a PodSpec: maps under merge keys become lists again.

use serde_json::{Map, Value as Json};

use super::order_key::order_key_cmp;
use super::spec_error::{SpecError, join};
use super::spec_table::{Key, ORDER, OWN, Order, POD, Rule, Shape, rule};
use super::to_maps::mentions;
use crate::path::MAX_FIELDS;

/// The PodSpec of `rendered`.
pub(super) fn pod(rendered: &Json) -> Result<Json, SpecError> {
    let Json::Object(fields) = rendered else {
        return Err(SpecError::new("", "a rendered pod is an object"));
    };
    if fields.get("kind").is_some_and(|kind| kind != "Pod") {
        return Err(SpecError::new("kind", "only a resource of the kind `Pod` has a PodSpec"));
    }
    let spec: Map<String, Json> = fields
        .iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(Json::Object(volumes)) = spec.get("volumes") {
        for (name, volume) in volumes {
            one_source(volume, "", &join("volumes", name))?;
        }
    }
    record(&spec, POD, "", 0).map(Json::Object)
}

/// Checks that an entry says one thing only.
fn one_source(entry: &Json, except: &str, path: &str) -> Result<(), SpecError> {
    let Json::Object(fields) = entry else { return Ok(()) };
    let mut sources =
        fields.keys().filter(|name| ![ORDER, "name", except].contains(&name.as_str()));
    match (sources.next(), sources.next()) {
        (Some(a), Some(b)) => {
            let message = format!("both `{a}` and `{b}` are claimed; unset one");
            Err(SpecError::new(path, message))
        }
        _ => Ok(()),
    }
}

fn record(
    fields: &Map<String, Json>,
    rules: &'static [Rule],
    path: &str,
    depth: usize,
) -> Result<Map<String, Json>, SpecError> {
    if depth > MAX_FIELDS {
        return Err(SpecError::new(
            path,
            format!("it is nested more than {MAX_FIELDS} levels deep"),
        ));
    }
    let mut spec = Map::new();
    for (name, value) in fields {
        let path = join(path, name);
        let value = match (rule(rules, name), value) {
            (_, Json::Null) => return Err(SpecError::new(path, "null is not a value")),
            (Some(Rule { shape: Shape::Keyed(key, order), of, .. }), Json::Object(entries)) => {
                keyed(entries, (*key, *order), of, &path, depth)?
            }
            (Some(Rule { shape: Shape::Segments, .. }), Json::Object(segments)) => {
                arguments(segments, &path)?
            }
            (Some(Rule { shape: Shape::Inside, of, .. }), Json::Object(fields)) => {
                Json::Object(record(fields, of, &path, depth + 1)?)
            }
            // A list that was claimed as a whole is a list already.
            (Some(Rule { shape: Shape::Keyed(..) | Shape::Segments, .. }), Json::Array(_)) => {
                value.clone()
            }
            (Some(_), _) => return Err(SpecError::new(path, "an object is expected")),
            (None, value) => value.clone(),
        };
        spec.insert(name.clone(), value);
    }
    Ok(spec)
}

fn keyed(
    entries: &Map<String, Json>,
    (key, order): (Key, Order),
    rules: &'static [Rule],
    path: &str,
    depth: usize,
) -> Result<Json, SpecError> {
    let mut list = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        let path = join(path, name);
        let Json::Object(fields) = entry else {
            return Err(SpecError::new(path, "an object is expected"));
        };
        let mut fields = record(fields, rules, &path, depth + 2)?;
        let claimed = match fields.remove(ORDER) {
            None => None,
            Some(order) => Some(
                order
                    .as_i64()
                    .ok_or_else(|| SpecError::new(join(&path, ORDER), "an integer is expected"))?,
            ),
        };
        if order == Order::WhereMentioned {
            variable(&mut fields, &path)?;
        }
        put_key(&mut fields, name, key, &path)?;
        let entry = Json::Object(fields);
        list.push((place(claimed, order, &entry), name, entry));
    }
    list.sort_by(|(a, n, _), (b, m, _)| a.cmp(b).then_with(|| order_key_cmp(n, m)));
    Ok(Json::Array(list.into_iter().map(|(_, _, entry)| entry).collect()))
}

/// Where an entry stands: first those that others may mention, then the ordered ones, then the rest.
fn place(claimed: Option<i64>, order: Order, entry: &Json) -> (u8, i64) {
    match claimed {
        Some(claimed) => (1, claimed),
        None if order == Order::WhereMentioned && !mentions(entry) => (0, 0),
        None => (2, 0),
    }
}

/// Makes the entry of a variable one of Kubernetes: a reference to a secret is a source there.
fn variable(fields: &mut Map<String, Json>, path: &str) -> Result<(), SpecError> {
    let entry = Json::Object(fields.clone());
    one_source(&entry, "", path)?;
    if let Some(source) = fields.get("valueFrom") {
        one_source(source, "", &join(path, "valueFrom"))?;
    }
    if let Some(secret) = fields.remove("secret") {
        let path = join(path, "secret");
        let part = |name: &str| match secret.get(name) {
            Some(Json::String(part)) => Ok(part.clone()),
            _ => Err(SpecError::new(join(&path, name), "a text is expected")),
        };
        let reference =
            serde_json::json!({"secretKeyRef": {"name": part("name")?, "key": part("key")?}});
        fields.insert("valueFrom".to_owned(), reference);
    }
    Ok(())
}

/// Says in the entry `fields` what its key says.
fn put_key(
    fields: &mut Map<String, Json>,
    name: &str,
    key: Key,
    path: &str,
) -> Result<(), SpecError> {
    match key {
        Key::Field(field) => {
            if fields.get(field).is_some_and(|said| said != name) {
                return Err(SpecError::new(
                    join(path, field),
                    format!("it differs from the key `{name}`"),
                ));
            }
            fields.insert(field.to_owned(), name.into());
        }
        Key::Port => {
            let parts = name
                .split_once('/')
                .and_then(|(port, protocol)| Some((port.parse::<u16>().ok()?, protocol)));
            let Some((port, protocol)) = parts else {
                return Err(SpecError::new(
                    path,
                    "the key of a port is its number and protocol, as `8554/TCP`",
                ));
            };
            if fields.get("protocol").is_some_and(|said| said != protocol) {
                return Err(SpecError::new(
                    join(path, "protocol"),
                    format!("it differs from the key `{name}`"),
                ));
            }
            if protocol != "TCP" {
                fields.insert("protocol".to_owned(), protocol.into());
            }
            fields.insert("containerPort".to_owned(), port.into());
        }
        Key::Toleration => {}
    }
    Ok(())
}

/// The segments of arguments, put together in the order of their keys.
fn arguments(segments: &Map<String, Json>, path: &str) -> Result<Json, SpecError> {
    let mut sorted: Vec<_> = segments.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| order_key_cmp(a, b));
    let mut arguments = Vec::new();
    for (key, segment) in sorted {
        let Json::Array(items) = segment else {
            return Err(SpecError::new(join(path, key), "a list of texts is expected"));
        };
        arguments.extend(items.iter().cloned());
    }
    Ok(Json::Array(arguments))
}
