//! A world in files, for whole commands: an inventory, and a fleet before and after an edit.

use std::fs;
use std::path::Path;

use escadre_algebra::{EncodeOptions, Fleet};
use serde_json::json;

use crate::edit::{self, ONE_SITE};
use crate::measure::Table;
use crate::rivals::spec;
use crate::world;

/// Writes `devices.jsonl`, `old.lock`, `new.lock`, and `layers.json` for rivals.
pub(crate) fn write(
    seed: u64,
    folder: &Path,
    n_devices: usize,
    n_layers: usize,
) -> Result<Table, Box<dyn std::error::Error>> {
    fs::create_dir_all(folder)?;
    let old = world::layers(seed, n_layers);
    let edits: Vec<_> =
        edit::edited(&old).into_iter().filter(|(name, _)| *name == ONE_SITE).collect();
    let (_, new) = edits.first().ok_or("no edit of one site")?;
    spec::write_devices(seed, n_devices, &folder.join("devices.jsonl"))?;
    for (layers, name) in [(&old, "old.lock"), (new, "new.lock")] {
        let fleet = Fleet::overlay_all(world::parts(layers));
        fs::write(folder.join(name), fleet.encode(&EncodeOptions::default())?)?;
    }
    fs::write(folder.join("layers.json"), json!([spec::spec(&old, &edits)]).to_string())?;
    let mut table = Table::default();
    table.row(vec![("devices", json!(n_devices)), ("layers", json!(n_layers))]);
    Ok(table)
}
