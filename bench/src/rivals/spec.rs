//! What rivals are told: devices as JSON Lines, layers and edits as JSON.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::output::code;
use crate::world::{Condition, KEYS, Layer, id, resource, values};

/// An edit that rivals are asked for: its name, and the layers after it.
pub(crate) type Edit = (&'static str, Vec<Layer>);

/// Writes `n` devices, one JSON object a line, in the order of their rows.
pub(crate) fn write_devices(seed: u64, n: usize, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    for row in 0..n {
        let labels = KEYS.iter().zip(values(seed, row as u64));
        let labels = labels.filter_map(|(key, value)| Some(((*key).to_owned(), value?.into())));
        let labels = Value::Object(labels.collect::<Map<_, _>>());
        writeln!(out, "{}", json!({ "id": id(row), "labels": labels }))?;
    }
    out.flush()
}

/// Layers and edits, as rivals read them.
pub(crate) fn spec(layers: &[Layer], edits: &[Edit]) -> Value {
    let edits = edits.iter().map(|(name, layers)| json!({ "name": name, "layers": all(layers) }));
    json!({ "labels": KEYS, "layers": all(layers), "edits": edits.collect::<Vec<_>>() })
}

fn all(layers: &[Layer]) -> Vec<Value> {
    let one = |layer: &Layer| {
        json!({
            "resource": resource(layer.resource),
            "field": layer.field,
            "value": layer.value,
            "code": code(&layer.value),
            "if": condition(&layer.condition),
        })
    };
    layers.iter().map(one).collect()
}

fn condition(of: &Condition) -> Value {
    match of {
        Condition::Always => json!({ "always": true }),
        Condition::Is(key, values) => json!({ "is": [KEYS[*key], values] }),
        Condition::Has(key) => json!({ "has": KEYS[*key] }),
        Condition::Firmware(minor) => json!({ "firmware": minor }),
        Condition::Cores(n) => json!({ "cores": n }),
        Condition::Both(a, b) => json!({ "both": [condition(a), condition(b)] }),
        Condition::Not(a) => json!({ "not": condition(a) }),
    }
}
