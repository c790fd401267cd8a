//! One device's label changes.

use escadre_algebra::{Attestation, Columns, Evaluation, Facts, Fleet, Label, LabelKey, evaluate};
use serde_json::json;

use crate::Scale;
use crate::measure::{Table, ms, ratio, seconds};
use crate::world;

/// How many devices change, one after the other.
const N_UPDATES: usize = 1_000;
/// At most so many times the time on the smallest inventory.
const LIMIT: f64 = 3.0;

pub(crate) fn run(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    for n_layers in [20, 200] {
        let fleet = Fleet::overlay_all(world::parts(&world::layers(scale.seed, n_layers)));
        let mut first = None;
        for &n_devices in scale.sizes() {
            let mut columns = world::columns(scale.seed, n_devices)?;
            let mut evaluation = evaluate(&fleet, &columns);
            let mut least = f64::INFINITY;
            for run in 0..scale.n_runs(n_devices).min(9) {
                let changes = changes(scale.seed, n_devices, run)?;
                least = least.min(seconds(&mut || apply(&changes, &mut columns, &mut evaluation)));
            }
            let each = least / N_UPDATES as f64;
            let smallest = *first.get_or_insert(each);
            table.row(vec![
                ("devices", json!(n_devices)),
                ("layers", json!(n_layers)),
                ("update us", ms(each * 1e3)),
                ("to smallest", ratio(each, smallest)),
            ]);
            let limit = scale.limit(LIMIT);
            table.claim(
                each <= limit * smallest,
                format!(
                    "{n_devices} devices: {:.1} times the smallest, not {limit}",
                    each / smallest
                ),
            );
        }
    }
    Ok(table)
}

/// Devices spread over the inventory, each moved to another site.
fn changes(
    seed: u64,
    n_devices: usize,
    run: usize,
) -> Result<Vec<(usize, Facts)>, Box<dyn std::error::Error>> {
    let site = LabelKey::parse("site")?;
    let change = |i: usize| {
        let draw = world::random(seed ^ 3, (run * N_UPDATES + i) as u64);
        let row = usize::try_from(draw)? % n_devices;
        let mut facts = world::facts(seed, row)?;
        let value = Some(format!("site-{}", draw >> 32 & 127).into());
        facts.set(Label { key: site.clone(), value, attestation: Attestation::Asserted });
        Ok((row, facts))
    };
    (0..N_UPDATES).map(change).collect()
}

/// Columns, class and claims of each changed device.
fn apply(changes: &[(usize, Facts)], columns: &mut Columns, evaluation: &mut Evaluation) -> usize {
    let mut n_members = 0;
    for (row, facts) in changes {
        if columns.replace(*row, facts).is_ok()
            && let Some(update) = evaluation.update(*row, facts)
        {
            n_members += usize::from(evaluation.claims(update.after).is_some());
        }
    }
    n_members
}
