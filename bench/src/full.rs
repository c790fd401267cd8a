//! All layers on all devices.

use std::collections::BTreeMap;
use std::hint::black_box;

use escadre_algebra::{Claims, Columns, Evaluation, Fleet, Value, evaluate};
use serde_json::json;

use crate::Scale;
use crate::floor::Floor;
use crate::maps::{self, Configuration, Device};
use crate::measure::{Table, in_turns, ms, ratio, seconds};
use crate::world::{self, Layer};

/// At most so many times the floor, on the largest inventory.
const LIMIT: f64 = 4.0;
/// At most so many bytes a device beyond the inventory.
const MAX_BYTES: f64 = 64.0;
/// The rival is asked for at most so many devices, and its time scaled.
const MAX_RIVAL: usize = 100_000;

pub(crate) fn run(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    for &n_devices in scale.sizes() {
        let columns = world::columns(scale.seed, n_devices)?;
        let floor = Floor::of(&columns);
        let n_rival = n_devices.min(MAX_RIVAL);
        let rival = maps::devices(scale.seed, 0..n_rival);
        for n_layers in [20, 200] {
            let layers = world::layers(scale.seed, n_layers);
            let fleet = Fleet::overlay_all(world::parts(&layers));
            let n_runs = scale.n_runs(n_devices);
            let (floor, ours) = in_turns(n_runs, || floor.run(), || evaluated(&fleet, &columns));
            let evaluation = evaluate(&fleet, &columns);
            let claims = seconds(&mut || {
                (0..u32::MAX)
                    .take(evaluation.n_classes())
                    .filter_map(|c| evaluation.claims(c))
                    .count()
            });
            let maps = seconds(&mut || {
                rival.iter().map(|device| maps::configure(&layers, device).len()).sum::<usize>()
            });
            let maps = maps * n_devices as f64 / n_rival as f64;
            let mut known = BTreeMap::new();
            check(&evaluation, &layers, (0, &rival), &mut known)?;
            table.row(vec![
                ("devices", json!(n_devices)),
                ("layers", json!(n_layers)),
                ("classes", json!(evaluation.n_classes())),
                ("floor ms", ms(floor)),
                ("ours ms", ms(ours)),
                ("ratio", ratio(ours, floor)),
                ("all claims ms", ms(claims)),
                ("maps ms", ms(maps)),
                ("maps/ours", ratio(maps, ours)),
                ("maps/(ours+claims)", ratio(maps, ours + claims)),
            ]);
            if scale.counts(n_devices) {
                let limit = scale.limit(LIMIT);
                table.claim(
                    ours <= limit * floor,
                    format!("{n_layers} layers: {:.1} times the floor, not {limit}", ours / floor),
                );
            }
        }
    }
    Ok(table)
}

/// All layers on all devices: a class a device, and for each class what it gets of each resource.
pub(crate) fn evaluated(fleet: &Fleet, columns: &Columns) -> Evaluation {
    let evaluation = evaluate(fleet, columns);
    // Asking for one class computes what all get.
    black_box(evaluation.resources(0).count());
    evaluation
}

/// Every device of the rival, from the row `first` on, gets the same; `known` are the classes so far.
pub(crate) fn check(
    evaluation: &Evaluation,
    layers: &[Layer],
    (first, rival): (usize, &[Device]),
    known: &mut BTreeMap<u32, Configuration>,
) -> Result<(), String> {
    for (row, device) in (first..).zip(rival) {
        let class = evaluation.class(row).ok_or("a row has no class")?;
        let ours = known
            .entry(class)
            .or_insert_with(|| evaluation.claims(class).map(configuration).unwrap_or_default());
        if *ours != maps::named(&maps::configure(layers, device)) {
            return Err(format!("row {row} differs from the maps"));
        }
    }
    Ok(())
}

/// What the claims of a class say, as the maps say it.
pub(crate) fn configuration(claims: &Claims) -> Configuration {
    let listed = claims.listed().into_iter().filter_map(|(path, candidates)| {
        let (Value::Text(word), ()) = candidates.first()? else { return None };
        let field = path.fields().first()?.as_str();
        let field = ["image", "level", "quota"].into_iter().find(|name| *name == field)?;
        Some(((path.resource().to_string(), field), word.as_literal()?.to_owned()))
    });
    listed.collect()
}

pub(crate) fn memory(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    for &n_devices in scale.sizes() {
        let columns: Columns = world::columns(scale.seed, n_devices)?;
        for n_layers in [20, 200] {
            let fleet = Fleet::overlay_all(world::parts(&world::layers(scale.seed, n_layers)));
            let evaluation = evaluated(&fleet, &columns);
            let each = |n_bytes: usize| n_bytes as f64 / n_devices as f64;
            table.row(vec![
                ("devices", json!(n_devices)),
                ("layers", json!(n_layers)),
                ("classes", json!(evaluation.n_classes())),
                ("columns B/device", json!(each(columns.n_bytes()))),
                ("evaluation B/device", json!(each(evaluation.n_bytes()))),
            ]);
            let bytes = each(evaluation.n_bytes());
            table.claim(
                bytes <= MAX_BYTES,
                format!("{n_layers} layers on {n_devices} devices: {bytes:.1} bytes a device"),
            );
        }
    }
    Ok(table)
}
