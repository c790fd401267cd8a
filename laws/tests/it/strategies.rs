//! The strategies for users.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use escadre_algebra::{
    Attestation, Coverage, EncodeOptions, Facts, Fleet, Inventory, Knowledge, denote, label,
};
use escadre_laws::Schema;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

fn schema() -> Schema {
    Schema::default()
        .asserted("role", ["camera", "gateway"])
        .unwrap()
        .reported("firmware", ["2.0.1", "2.1.0"])
        .unwrap()
}

#[test]
fn a_schema_is_learned_from_an_inventory() {
    let devices = [
        Facts::of("cam-1", [("role", "camera"), ("site", "a")]).unwrap(),
        Facts::of("cam-2", [("role", "camera")]).unwrap().with_unknown("gpu").unwrap(),
    ];
    let inventory = Inventory::new(devices, Coverage::Complete).unwrap();
    let learned = Schema::learn(&inventory);
    let keys: Vec<&str> = learned.labels().iter().map(|label| label.key.as_str()).collect();
    assert_eq!(keys, ["role", "site"]);
    assert!(learned.labels()[0].is_everywhere && !learned.labels()[1].is_everywhere);
    assert!(learned.labels().iter().all(|label| label.attestation == Attestation::Asserted));
    proptest!(|(device in learned.facts())| {
        prop_assert_eq!(device.label("role"), Knowledge::Known("camera"));
    });
}

#[test]
fn ids_that_look_invented_are_not_invented_again() {
    // Of these, `device-2` has the number of the first device that is not learned.
    let devices = ["device-1", "device-2"].map(|id| Facts::of(id, [("role", "camera")]).unwrap());
    let learned = Schema::learn(&Inventory::new(devices, Coverage::Complete).unwrap());
    let strategies = [learned.inventory(3..=6), learned.inventory_with_unknown(3..=6)];
    for strategy in &strategies {
        let n_wanted = count(strategy, |inventory| (3..=6).contains(&inventory.len()));
        assert_eq!(n_wanted, 1000);
        let is_learned = |inventory: &Inventory| {
            let ids = inventory.devices().iter().map(|device| device.id().as_str());
            ids.filter(|id| ["device-1", "device-2"].contains(id)).count() == 2
        };
        assert_eq!(count(strategy, is_learned), 1000);
    }
}

proptest! {
    #[test]
    fn inventories_have_the_wanted_size(inventory in schema().inventory(2..=5)) {
        prop_assert!((2..=5).contains(&inventory.len()));
        for label in inventory.devices().iter().flat_map(Facts::labels) {
            let reported = label.attestation == Attestation::Reported;
            prop_assert_eq!(reported, label.key.as_str() == "firmware");
        }
    }

    #[test]
    fn nothing_that_is_made_is_invalid(f in schema().fleet(), s in schema().selector()) {
        prop_assert_eq!(f.problems(), vec![]);
        prop_assert!(!s.has_problem());
    }
}

/// How often `test` is true of what `strategy` makes, of 1000.
fn count<T: std::fmt::Debug>(strategy: &BoxedStrategy<T>, test: impl Fn(&T) -> bool) -> usize {
    let mut runner = TestRunner::deterministic();
    (0..1000).filter(|_| test(&strategy.new_tree(&mut runner).unwrap().current())).count()
}

#[test]
fn everything_happens_often_enough() {
    let device = Facts::of("device-0", [("role", "camera")]).unwrap();
    let schema = schema();
    let holds = count(&schema.selector(), |s| s.matches(&device) == Some(true));
    assert!((200..800).contains(&holds), "{holds}");
    let member = |f: &Fleet| denote::<()>(f, &device);
    let members = count(&schema.fleet(), |f| member(f).is_some());
    assert!((400..950).contains(&members), "{members}");
    let conflicts = count(&schema.fleet(), |f| {
        member(f).is_some_and(|claims| claims.listed().iter().any(|(_, c)| c.len() > 1))
    });
    assert!(conflicts > 20, "{conflicts}");
    let unknown = count(&schema.facts_with_unknown(), Facts::has_unknown);
    assert!((100..700).contains(&unknown), "{unknown}");
    assert_eq!(count(&schema.facts(), Facts::has_unknown), 0);
}

/// How many operators `fleet` has from its root to the farthest leaf, and whether an operator is an
/// operand more than once.
fn shape(fleet: &Fleet) -> (usize, bool) {
    let wire = fleet.encode(&EncodeOptions::default()).unwrap();
    let wire: serde_json::Value = serde_json::from_str(&wire).unwrap();
    let nodes = wire["nodes"].as_array().unwrap();
    let (mut depths, mut n_users) = (Vec::new(), vec![0; nodes.len()]);
    for (at, node) in nodes.iter().enumerate() {
        let mut depth = 0;
        for back in node["of"].as_array().into_iter().flatten() {
            let operand = at - usize::try_from(-back.as_i64().unwrap()).unwrap();
            n_users[operand] += 1;
            depth = depth.max(1 + depths[operand]);
        }
        depths.push(depth);
    }
    let is_shared = depths.iter().zip(n_users).any(|(depth, n_users)| *depth > 0 && n_users > 1);
    (depths.last().copied().unwrap_or(0), is_shared)
}

#[test]
fn fleets_share_parts_and_are_deep() {
    let fleets = schema().fleet();
    let shared = count(&fleets, |f| shape(f).1);
    assert!(shared >= 300, "{shared}");
    let deep = count(&fleets, |f| shape(f).0 >= 4);
    assert!(deep >= 300, "{deep}");
    let deepest = (0..=8).rev().find(|depth| count(&fleets, |f| shape(f).0 == *depth) > 0);
    println!("{shared} of 1000 share, {deep} are deep, the deepest has {deepest:?}");
}

#[test]
fn what_fails_is_shrunk_to_what_matters() {
    let schema = schema();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let strategy = (schema.fleet(), schema.inventory(0..=8));
    // No fleet says anything of a gateway: false, and the smallest proof is small.
    let outcome = runner.run(&strategy, |(fleet, inventory)| {
        let says = |d: &Facts| denote::<()>(&fleet, d).is_some_and(|claims| !claims.is_empty());
        let gateway = label("role").eq("gateway");
        let found = inventory.devices().iter().any(|d| gateway.matches(d) == Some(true) && says(d));
        if found { Err(TestCaseError::fail("it does")) } else { Ok(()) }
    });
    let Err(TestError::Fail(_, (fleet, inventory))) = outcome else { panic!("{outcome:?}") };
    assert_eq!(inventory.len(), 1, "{inventory:?}");
    assert_eq!(inventory.devices()[0].labels().len(), 1, "{inventory:?}");
    assert!(format!("{fleet:?}").contains("deploy, 1 nodes"), "{fleet:?}");
}
