//! The natural rival: plain Rust, a map of labels for each device, a loop over the layers.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::world::{Condition, KEYS, Layer, resource, values};

/// What one device gets: a value for each resource and field.
pub(crate) type Configuration = BTreeMap<(String, &'static str), String>;

/// The labels of one device.
pub(crate) type Device = HashMap<String, String>;

/// The labels of each device of some rows.
pub(crate) fn devices(seed: u64, rows: Range<usize>) -> Vec<Device> {
    let device = |row: usize| {
        let labels = KEYS.iter().zip(values(seed, row as u64));
        labels.filter_map(|(key, value)| Some(((*key).to_owned(), value?))).collect()
    };
    rows.map(device).collect()
}

/// What one device gets: of each field the value of the last layer that holds.
pub(crate) fn configure<'a>(
    layers: &'a [Layer],
    device: &Device,
) -> BTreeMap<(usize, &'static str), &'a str> {
    let mut configuration = BTreeMap::new();
    for layer in layers.iter().filter(|layer| holds(&layer.condition, device)) {
        configuration.insert((layer.resource, layer.field), layer.value.as_str());
    }
    configuration
}

pub(crate) fn named(configuration: &BTreeMap<(usize, &'static str), &str>) -> Configuration {
    let entries = configuration.iter();
    entries.map(|((at, field), value)| ((resource(*at), *field), (*value).to_owned())).collect()
}

pub(crate) fn holds(condition: &Condition, device: &Device) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Is(key, values) => device.get(KEYS[*key]).is_some_and(|v| values.contains(v)),
        Condition::Has(key) => device.contains_key(KEYS[*key]),
        Condition::Firmware(minor) => device.get("firmware").is_some_and(|version| {
            let mut parts = version.split('.').skip(1);
            parts.next().and_then(|part| part.parse::<u64>().ok()).is_some_and(|m| m >= *minor)
        }),
        Condition::Cores(n) => {
            device.get("cores").and_then(|cores| cores.parse::<i64>().ok()).is_some_and(|c| c >= *n)
        }
        Condition::Both(a, b) => holds(a, device) && holds(b, device),
        Condition::Not(a) => !holds(a, device),
    }
}
