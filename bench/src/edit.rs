//! The plan of one edited layer.

use escadre_algebra::{Columns, Fleet, RowSet, affected, denote};
use serde_json::json;

use crate::Scale;
use crate::floor::Floor;
use crate::measure::{Table, in_turns, ms, ratio};
use crate::world::{self, Condition, Layer};

/// At most so much of the floor, on the largest inventory.
const LIMIT: f64 = 0.5;

/// The fleets of an edit: before, and after.
struct Edit {
    name: &'static str,
    old: Fleet,
    new: Fleet,
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
                let limit = scale.limit(LIMIT);
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
    // A program that edits one layer builds the others as before: they are the same values.
    let part = |layer: &Layer| match layers.iter().position(|known| known == layer) {
        Some(at) => parts[at].clone(),
        None => world::parts(std::slice::from_ref(layer)).remove(0),
    };
    let lock = Fleet::decode(old.encode(&escadre_algebra::EncodeOptions::default())?.as_bytes())?;
    let edit = |(name, layers): (&'static str, Vec<Layer>)| {
        let new = Fleet::overlay_all(layers.iter().map(part));
        Edit { name, old: old.clone(), new }
    };
    let mut edits: Vec<Edit> = edited(layers).into_iter().map(edit).collect();
    let read = edits.iter().find(|edit| edit.name == ONE_SITE).map(|edit| Edit {
        name: "the same, from fleet.lock",
        old: lock,
        new: edit.new.clone(),
    });
    edits.splice(1..1, read);
    Ok(edits)
}

/// The edit that changes a value at one site.
pub(crate) const ONE_SITE: &str = "value, one site";

/// The layers after each edit.
pub(crate) fn edited(layers: &[Layer]) -> Vec<(&'static str, Vec<Layer>)> {
    // A layer of a kind, the one nearest to the middle.
    let near = |kind: fn(&Condition) -> bool| {
        let at = |(at, layer): (usize, &Layer)| kind(&layer.condition).then_some(at);
        let all = layers.iter().enumerate().filter_map(at);
        all.min_by_key(|at| at.abs_diff(layers.len() / 2)).unwrap_or(0)
    };
    let with = |at: usize, change: &dyn Fn(&mut Layer)| {
        let mut layers = layers.to_vec();
        change(&mut layers[at]);
        layers
    };
    let revalue = |layer: &mut Layer| layer.value = "edited".to_owned();
    let site = near(|c| matches!(c, Condition::Is(8, _)));
    let pair = near(|c| matches!(c, Condition::Both(..)));
    let widened = with(site, &|layer| {
        layer.condition = Condition::Is(8, vec!["site-1".to_owned(), "site-2".to_owned()]);
    });
    let mut fewer = layers.to_vec();
    fewer.remove(site);
    vec![
        (ONE_SITE, with(site, &revalue)),
        ("value, two labels", with(pair, &revalue)),
        ("value, everywhere", with(0, &revalue)),
        ("other sites", widened),
        ("layer removed", fewer),
    ]
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
