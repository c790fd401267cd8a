//! `Fleet::resolve`, beside the answers that it needs computed one by one.

use escadre_algebra::{Columns, Coverage, Facts, Fleet, Inventory, evaluate};
use serde_json::json;

use crate::Scale;
use crate::measure::{Table, in_turns, ms, ratio, seconds};
use crate::world;

pub(crate) fn run(scale: Scale) -> Result<Table, Box<dyn std::error::Error>> {
    let mut table = Table::default();
    for n_devices in [1_000, 22_311] {
        let devices: Result<Vec<Facts>, _> =
            (0..n_devices).map(|row| world::facts(scale.seed, row)).collect();
        let inventory = Inventory::new(devices?, Coverage::Complete)?;
        for n_layers in [20, 200] {
            let layers = world::layers(scale.seed, n_layers);
            let selectors: Vec<_> = layers.iter().map(|l| world::selector(&l.condition)).collect();
            let fleet = Fleet::overlay_all(world::parts(&layers));
            let (one_by_one, resolve) = in_turns(
                3,
                || {
                    let holding = |facts: &Facts| {
                        selectors.iter().filter(|selector| selector.holds_on(facts)).count()
                    };
                    inventory.devices().iter().map(holding).sum::<usize>()
                },
                || fleet.resolve(&inventory).is_ok(),
            );
            let columns = (0..3).map(|_| {
                seconds(&mut || Columns::of(&inventory).map(|columns| evaluate(&fleet, &columns)))
            });
            let columns = columns.fold(f64::INFINITY, f64::min);
            table.row(vec![
                ("devices", json!(n_devices)),
                ("layers", json!(n_layers)),
                ("answers one by one ms", ms(one_by_one)),
                ("answers by columns ms", ms(columns)),
                ("resolve ms", ms(resolve)),
                ("one by one/columns", ratio(one_by_one, columns)),
            ]);
        }
    }
    Ok(table)
}
