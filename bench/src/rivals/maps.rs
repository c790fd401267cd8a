//! The loop over maps, in parts, so that the maps of a million devices need not stand at once.

use std::collections::BTreeMap;
use std::ops::Range;

use escadre_algebra::{Evaluation, RowSet};

use crate::full::check;
use crate::maps::{Configuration, Device, configure, devices, holds};
use crate::measure::seconds;
use crate::world::Layer;

const CHUNK: usize = 50_000;

fn chunks(n_devices: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n_devices).step_by(CHUNK).map(move |start| start..n_devices.min(start + CHUNK))
}

/// The time for all layers on all devices; an error unless each gets what the evaluation says.
pub(super) fn full(seed: u64, layers: &[Layer], evaluation: &Evaluation) -> Result<f64, String> {
    let mut time = 0.0;
    let mut known: BTreeMap<u32, Configuration> = BTreeMap::new();
    for rows in chunks(evaluation.classes().len()) {
        let some = devices(seed, rows.clone());
        time += seconds(&mut || {
            some.iter().map(|device| configure(layers, device).len()).sum::<usize>()
        });
        check(evaluation, layers, (rows.start, &some), &mut known)?;
    }
    Ok(time)
}

/// The time to find the devices that an edit changes; an error unless they are `expected`.
pub(super) fn edit(
    seed: u64,
    old: &[Layer],
    new: &[Layer],
    n_devices: usize,
    expected: &RowSet,
) -> Result<f64, String> {
    // Only where a layer holds that the other fleet does not have can anything change.
    let gone = old.iter().filter(|layer| !new.contains(layer));
    let edited: Vec<&Layer> = gone.chain(new.iter().filter(|layer| !old.contains(layer))).collect();
    let changes = |device: &Device| {
        edited.iter().any(|layer| holds(&layer.condition, device))
            && configure(old, device) != configure(new, device)
    };
    let mut time = 0.0;
    for rows in chunks(n_devices) {
        let some = devices(seed, rows.clone());
        let mut found: Vec<usize> = Vec::new();
        time += seconds(&mut || {
            let all = rows.clone().zip(&some);
            found = all.filter(|(_, device)| changes(device)).map(|(row, _)| row).collect();
        });
        if !found.into_iter().eq(rows.filter(|row| expected.contains(*row))) {
            return Err("the loop over maps finds other devices".to_owned());
        }
    }
    Ok(time)
}
