//! What rivals must answer, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;

use escadre_algebra::{Evaluation, RowSet};

use crate::full::configuration;
use crate::world::{Layer, resource};

/// The number that stands for a value; 0 is none.
pub(crate) fn code(value: &str) -> u8 {
    let number = value.strip_prefix("layer-").and_then(|number| number.parse::<u8>().ok());
    number.map_or(u8::MAX, |number| number + 1)
}

/// One byte for each field of each device: field by field in the order of their names.
pub(super) fn full(
    layers: &[Layer],
    evaluation: &Evaluation,
    n_devices: usize,
) -> Result<Vec<u8>, String> {
    let fields = layers.iter().map(|layer| ((resource(layer.resource), layer.field), ()));
    let fields: Vec<_> = fields.collect::<BTreeMap<_, _>>().into_keys().collect();
    let mut by_class: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut bytes = vec![0; fields.len() * n_devices];
    for row in 0..n_devices {
        let class = evaluation.class(row).ok_or("a row has no class")?;
        let codes = by_class.entry(class).or_insert_with(|| {
            let known = evaluation.claims(class).map(configuration).unwrap_or_default();
            fields.iter().map(|field| known.get(field).map_or(0, |value| code(value))).collect()
        });
        for (at, code) in codes.iter().enumerate() {
            bytes[at * n_devices + row] = *code;
        }
    }
    Ok(bytes)
}

/// The rows, in order, in 32 bits each.
pub(super) fn rows(rows: &RowSet) -> Result<Vec<u8>, std::num::TryFromIntError> {
    let mut bytes = Vec::new();
    for row in rows.iter() {
        bytes.extend(u32::try_from(row)?.to_le_bytes());
    }
    Ok(bytes)
}

/// An error unless the file holds just this.
pub(super) fn compare(expected: &[u8], file: &Path) -> Result<(), String> {
    let found = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if found == expected {
        return Ok(());
    }
    let at = found.iter().zip(expected).position(|(a, b)| a != b);
    let at = at.unwrap_or(found.len().min(expected.len()));
    let (found, expected) = (found.len(), expected.len());
    Err(format!("{} differs at byte {at}: {found} bytes, not {expected}", file.display()))
}
