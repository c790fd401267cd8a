//! The plan of an edit is the plan from what the old fleet wants, however the inventory holds its devices.

use std::sync::{Arc, LazyLock};

use escadre_algebra::{Columns, Coverage, Facts, Fleet, Inventory, Resolved};
use escadre_interpreter::{Desired, Plan, Revision, Snapshot};
use escadre_laws::Schema;
use proptest::collection::vec;
use proptest::prelude::*;

/// Labels that are asserted, and one that devices report.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let devices = [
        Facts::of("a", [("role", "camera"), ("site", "lyon")]).unwrap(),
        Facts::of("b", [("role", "gateway"), ("site", "12")]).unwrap(),
    ];
    let some = Inventory::new(devices, Coverage::Complete);
    Schema::learn(&some.unwrap()).reported("firmware", ["2.0.1", "2.1.0", "9", "none"]).unwrap()
});

fn inventory() -> BoxedStrategy<Inventory> {
    SCHEMA.inventory_with_unknown(0..=30)
}

/// The plan from everything that `old` wants.
fn by_snapshot(old: &Resolved, new: &Resolved) -> Plan {
    let desired = Desired { resolved: new, normalise: &|_, state| Some(Arc::clone(state)) };
    let base = Revision(old.fleet_digest().to_string().into());
    Plan::new("before", &base, &Snapshot::wanted(old), &desired)
}

/// A fleet that overlays one of its layers on all others, so that most resolve.
fn layered(layers: &[Fleet]) -> Fleet {
    Fleet::overlay_all(layers.iter().cloned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_fleet_resolves_alike_on_rows_and_on_columns(
        inventory in inventory(),
        layers in vec(SCHEMA.fleet(), 1..4),
    ) {
        let fleet = layered(&layers);
        let columns = Inventory::from(Columns::of(&inventory).unwrap());
        match (fleet.resolve(&inventory), fleet.resolve(&columns)) {
            (Ok(rows), Ok(columns)) => {
                prop_assert_eq!(rows.inventory_digest(), columns.inventory_digest());
                prop_assert!(rows.iter().eq(columns.iter()));
                prop_assert!(rows.outcomes().eq(columns.outcomes()));
            }
            (rows, columns) => prop_assert_eq!(rows.err(), columns.err()),
        }
    }

    #[test]
    fn the_plan_of_an_edit_is_the_plan_from_what_the_old_fleet_wants(
        inventory in inventory(),
        by_columns: bool,
        layers in vec(SCHEMA.fleet(), 1..4),
        other in SCHEMA.fleet(),
        at in any::<prop::sample::Index>(),
    ) {
        let inventory = match by_columns {
            true => Columns::of(&inventory).unwrap().into(),
            false => inventory,
        };
        let old = layered(&layers);
        let mut edited = layers.clone();
        edited[at.index(layers.len())] = other;
        let Ok(new) = layered(&edited).resolve(&inventory) else { return Ok(()) };
        let all = old.resolve(&inventory).map(|old| by_snapshot(&old, &new));
        let some = Plan::of_edit("before", &old, &new);
        match (all, some) {
            (Ok(all), Ok(some)) => prop_assert_eq!(all, some),
            (all, some) => prop_assert_eq!(all.is_ok(), some.is_ok()),
        }
    }
}
