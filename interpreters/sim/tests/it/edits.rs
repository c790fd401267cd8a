//! The plan of an edit is the plan from what the old fleet wants, however the inventory holds its devices.

use std::sync::{Arc, LazyLock};

use escadre_algebra::{Columns, Coverage, Facts, Fleet, Inventory, Resolved};
use escadre_interpreter::{Desired, Plan, Revision, Snapshot};
use escadre_laws::Schema;
use proptest::collection::vec;
use proptest::prelude::*;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::default()
        .asserted("role", ["camera", "gateway", "7"])
        .unwrap()
        .reported("firmware", ["2.0.1", "2.1.0", "9", "none"])
        .unwrap()
        .asserted("site", ["lyon", "paris", "12"])
        .unwrap()
});

/// An inventory where labels may be unknown, listed or not; most have none.
fn inventory() -> impl Strategy<Value = Inventory> {
    let known = (SCHEMA.facts(), Just(false));
    let unknown = (SCHEMA.facts_with_unknown(), prop::bool::weighted(0.1));
    let device = prop_oneof![3 => known.boxed(), 1 => unknown.boxed()];
    vec(device, 0..30).prop_map(|devices| {
        let devices = devices.into_iter().enumerate().map(|(i, (facts, unlisted))| {
            let id = format!("device-{i}").as_str().try_into().unwrap();
            let facts = Facts::from_labels(id, facts.labels().to_vec());
            if unlisted { facts.with_unlisted_unknown() } else { facts }
        });
        Inventory::new(devices, Coverage::Complete).unwrap()
    })
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
