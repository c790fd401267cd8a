//! Reading rendered resources back from JSON.

mod in_order;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::configuration::ResourceState;
use crate::names::Field;
use crate::path::{Fields, MAX_FIELDS};
use crate::value::{Decimal, Item, List, Record, Value};

/// JSON that is no rendered resource: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(.at))]
pub struct StateError {
    at: String,
    message: String,
}

fn place(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!("at `{at}`: ") }
}

impl ResourceState {
    /// The state that `json` spells: `from_json(state.to_json()) = state` for states without labels.
    ///
    /// # Errors
    /// [`StateError`] for null, numbers beyond 64 bits, bad field names, and nesting beyond [`MAX_FIELDS`].
    ///
    /// ```
    /// use escadre_algebra::ResourceState;
    /// let json = serde_json::json!({"port": 80, "env": {}, "args": ["-v", {"x": 1.5}]});
    /// assert_eq!(ResourceState::from_json(&json)?.to_json(), json);
    /// assert!(ResourceState::from_json(&serde_json::json!({"port": null})).is_err());
    /// # Ok::<(), escadre_algebra::StateError>(())
    /// ```
    pub fn from_json(json: &Json) -> Result<Self, StateError> {
        let mut leaves = Vec::new();
        // What is still to read: where it stands, and what stands there.
        let mut open: Vec<(Vec<Field>, &Json)> = vec![(Vec::new(), json)];
        while let Some((fields, json)) = open.pop() {
            let error = |message: String| StateError { at: Fields(&fields).to_string(), message };
            if fields.len() > MAX_FIELDS {
                return Err(error("it is nested more than 64 levels deep".to_owned()));
            }
            match json {
                Json::Object(map) if !map.is_empty() => {
                    for (name, json) in map {
                        let name = Field::parse(name).map_err(|e| error(e.to_string()))?;
                        open.push((fields.iter().cloned().chain([name]).collect(), json));
                    }
                }
                Json::Object(_) => leaves.push((fields, Value::Object)),
                json => {
                    let value = value(json, 0).map_err(error)?;
                    leaves.push((fields, value));
                }
            }
        }
        let message = "fields overlap".to_owned();
        Self::from_leaves(leaves).ok_or(StateError { at: String::new(), message })
    }
}

impl ResourceState {
    /// The state that the JSON `text` spells: `from_slice(text of json) = from_json(json)`.
    ///
    /// # Errors
    /// As [`ResourceState::from_json`], and for what is no JSON.
    ///
    /// ```
    /// use escadre_algebra::ResourceState;
    /// let state = ResourceState::from_slice(br#"{"args": ["-v"], "port": 80}"#)?;
    /// assert_eq!(state.to_json(), serde_json::json!({"port": 80, "args": ["-v"]}));
    /// assert!(ResourceState::from_slice(b"{\"port\": 80").is_err());
    /// # Ok::<(), escadre_algebra::StateError>(())
    /// ```
    pub fn from_slice(text: &[u8]) -> Result<Self, StateError> {
        if let Some(state) = in_order::state(text) {
            return Ok(state);
        }
        let no_json =
            |error| StateError { at: String::new(), message: format!("it is no JSON: {error}") };
        Self::from_json(&serde_json::from_slice(text).map_err(no_json)?)
    }
}

/// Recursion ends at `MAX_FIELDS`.
fn value(json: &Json, depth: usize) -> Result<Value, String> {
    Ok(match json {
        Json::Null => return Err("null is not a value".to_owned()),
        Json::Object(_) => return Err("an object is not a value here".to_owned()),
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_f64().and_then(Decimal::new)) {
            (Some(n), _) => Value::Integer(n),
            (None, Some(x)) if n.is_f64() => Value::Decimal(x),
            _ => return Err(format!("`{n}` is beyond 64 bits")),
        },
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => {
            let items: Result<Arc<[Item]>, String> =
                items.iter().map(|i| item(i, depth + 1)).collect();
            Value::List(List::new(items?).map_err(|e| e.to_string())?)
        }
    })
}

fn item(json: &Json, depth: usize) -> Result<Item, String> {
    if depth > MAX_FIELDS {
        return Err("it is nested more than 64 levels deep".to_owned());
    }
    let Json::Object(map) = json else { return value(json, depth).map(Item::Value) };
    let fields = map.iter().map(|(name, json)| {
        Ok((Field::parse(name).map_err(|e| e.to_string())?, item(json, depth + 1)?))
    });
    let fields: Result<Vec<_>, String> = fields.collect();
    Ok(Item::Record(Record::new(fields?).map_err(|e| e.to_string())?))
}
