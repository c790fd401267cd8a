//! Inventories that hold their devices by columns resolve as those that hold them one by one.

use escadre_algebra::{
    Columns, Coverage, Facts, Finding, Inventory, Outcome, Resolved, Resource, Unresolved, deploy,
    label, text,
};
use proptest::prelude::*;

use crate::unknown;

/// What is told of each device, or what is wrong.
fn told(resolved: Result<Resolved, Unresolved>) -> Result<Vec<Outcome>, (Vec<Finding>, String)> {
    match resolved {
        Ok(resolved) => Ok(resolved.outcomes().cloned().collect()),
        Err(error) => Err((error.findings().to_vec(), error.to_string())),
    }
}

fn by_columns(rows: &Inventory) -> Inventory {
    Inventory::from(Columns::of(rows).unwrap())
}

/// The devices with ids of their own.
fn numbered(devices: Vec<Facts>) -> Inventory {
    let named = devices.into_iter().enumerate().map(|(i, facts)| {
        let mut named = Facts::of(&format!("d{i}"), []).unwrap();
        facts.labels().iter().for_each(|label| named.set(label.clone()));
        named
    });
    Inventory::new(named, Coverage::Complete).unwrap()
}

proptest! {
    #[test]
    fn however_devices_are_held_the_outcomes_and_findings_are_the_same(
        (f, g) in (unknown::fleet(), unknown::fleet()),
        devices in prop::collection::vec(unknown::facts(), 1..6),
    ) {
        let (fleet, rows) = (f | g, numbered(devices));
        prop_assert_eq!(told(fleet.resolve(&by_columns(&rows))), told(fleet.resolve(&rows)));
    }
}

#[test]
fn devices_of_one_class_may_lack_a_label_or_agree_by_chance() {
    let site = |id, site: &str| Facts::of(id, [("site", site)]).unwrap();
    let rows = [site("a", "lyon"), site("b", "nice"), Facts::of("c", []).unwrap()];
    let rows = Inventory::new(rows, Coverage::Complete).unwrap();
    let at = |site| deploy(Resource::new("r").set("at", site));
    for (fleet, expected) in [
        (at(text("") + label("site")), vec!["c"]),
        (at(text("lyon")) | at(text("") + label("site")), vec!["b", "c"]),
    ] {
        for inventory in [rows.clone(), by_columns(&rows)] {
            let unresolved = fleet.resolve(&inventory).unwrap_err();
            let [Finding::MissingLabel { on, .. } | Finding::Conflict { on, .. }] =
                unresolved.findings()
            else {
                panic!("{unresolved}")
            };
            assert_eq!((on.n_devices, on.witness.as_str()), (expected.len(), expected[0]));
        }
    }
}
