//! The plan of one edited layer.

use escadre_algebra::{Columns, Fleet, RowSet, affected, denote};
use serde_json::json;

use crate::Scale;
use crate::floor::Floor;
use crate::measure::{Table, in_turns, ms, ratio};
use crate::world::{self, Condition, Layer};

/// At most so much of the floor, on the largest inventory.
const LIMIT: f64 = 0.5;
/// The same for an edit that affects nearly every device: each is denoted, as in full evaluation.
const LIMIT_EVERYWHERE: f64 = 4.0;

/// The fleets of an edit: before, and after.
struct Edit {
    name: &'static str,
    old: Fleet,
    new: Fleet,
    limit: f64,
}

pub(crate) fn run(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    for &n_devices in scale.sizes() {
        let columns = world::columns(scale.seed, n_devices)?;
        let floor = Floor::of(&columns);
        for n_layers in [20, 200] {
            for edit in edits(&world::layers(scale.seed, n_layers))? {
                let (floor, ours) = in_turns(
                    scale.n_runs(n_devices),
                    || floor.run(),
                    || affected(&edit.old, &edit.new, &columns),
                );
                let rows = affected(&edit.old, &edit.new, &columns);
                check(&edit, &columns, &rows)?;
                table.row(vec![
                    ("devices", json!(n_devices)),
                    ("layers", json!(n_layers)),
                    ("edit", json!(edit.name)),
                    ("affected", json!(rows.len())),
                    ("floor ms", ms(floor)),
                    ("plan ms", ms(ours)),
                    ("ratio", ratio(ours, floor)),
                ]);
                let limit = scale.limit(edit.limit);
                table.claim(
                    !scale.counts(n_devices) || ours <= limit * floor,
                    format!(
                        "{} of {n_layers} layers on {n_devices} devices: {:.2} of the floor, not {limit}",
                        edit.name,
                        ours / floor
                    ),
                );
            }
        }
    }
    Ok(table)
}

/// Edits of the layers in the middle, as people make them.
fn edits(layers: &[Layer]) -> Result<Vec<Edit>, Box<dyn std::error::Error>> {
    let parts = world::parts(layers);
    let old = Fleet::overlay_all(parts.iter().cloned());
    // A layer of a kind, the one nearest to the middle.
    let near = |kind: fn(&Condition) -> bool| {
        let at = |(at, layer): (usize, &Layer)| kind(&layer.condition).then_some(at);
        let all = layers.iter().enumerate().filter_map(at);
        all.min_by_key(|at| at.abs_diff(layers.len() / 2)).unwrap_or(0)
    };
    let with = |at: usize, change: &dyn Fn(&mut Layer)| {
        let mut layer = layers[at].clone();
        change(&mut layer);
        let mut parts = parts.clone();
        parts[at] = world::parts(&[layer]).remove(0);
        Fleet::overlay_all(parts)
    };
    let revalue = |layer: &mut Layer| layer.value = "edited".to_owned();
    let site = near(|c| matches!(c, Condition::Is(8, _)));
    let pair = near(|c| matches!(c, Condition::Both(..)));
    let new = with(site, &revalue);
    let lock = Fleet::decode(old.encode(&escadre_algebra::EncodeOptions::default())?.as_bytes())?;
    let widened = with(site, &|layer| {
        layer.condition = Condition::Is(8, vec!["site-1".to_owned(), "site-2".to_owned()]);
    });
    let mut fewer = parts.clone();
    fewer.remove(site);
    let edit = |name, old: &Fleet, new| Edit { name, old: old.clone(), new, limit: LIMIT };
    let everywhere = edit("value, everywhere", &old, with(0, &revalue));
    Ok(vec![
        edit("value, one site", &old, new.clone()),
        edit("the same, from fleet.lock", &lock, new),
        edit("value, two labels", &old, with(pair, &revalue)),
        Edit { limit: LIMIT_EVERYWHERE, ..everywhere },
        edit("other sites", &old, widened),
        edit("layer removed", &old, Fleet::overlay_all(fewer)),
    ])
}

/// Compares with `denote` on every device, or on some of many.
fn check(edit: &Edit, columns: &Columns, rows: &RowSet) -> Result<(), String> {
    let step = (columns.len() / 300).max(1);
    let near = rows.iter().step_by((rows.len() / 100).max(1));
    for row in (0..columns.len()).step_by(step).chain(near) {
        let facts = columns.facts(row).ok_or("a row has no facts")?;
        let differs = denote::<()>(&edit.old, &facts) != denote::<()>(&edit.new, &facts);
        if differs != rows.contains(row) {
            return Err(format!("{}: row {row} is wrong", edit.name));
        }
    }
    Ok(())
}
