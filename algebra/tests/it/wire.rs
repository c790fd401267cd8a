//! The wire form.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod depth;
mod entries;
mod golden;
mod refusals;
#[cfg(feature = "schema")]
mod schema;
mod values;

use escadre_algebra::{
    EncodeOptions, Facts, Fleet, Resource, Selector, Sources, Value, denote, deploy, label,
};
use proptest::prelude::*;

use crate::strategies::{arb_facts, arb_fleet, arb_selector};

const PLAIN: EncodeOptions = EncodeOptions { origins: false };
const WITH_ORIGINS: EncodeOptions = EncodeOptions { origins: true };

/// What `fleet` says of `facts`: each path, its candidates, and who wrote them.
fn written(fleet: &Fleet, facts: &Facts) -> String {
    let claims = denote::<Sources>(fleet, facts);
    claims.map_or("no member\n".to_owned(), |claims| {
        let lines = claims.listed().into_iter().map(|(path, candidates)| {
            let candidates = candidates.iter().map(|(value, sources)| {
                let sources: Vec<String> = sources.all().iter().map(ToString::to_string).collect();
                format!("{value} by {}", sources.join(", "))
            });
            format!("{path}: {}\n", candidates.collect::<Vec<_>>().join(" | "))
        });
        lines.collect()
    })
}

/// decode ∘ encode = id up to sharing, and encode ∘ decode = id.
fn check_round_trip(fleet: &Fleet, facts: &Facts) {
    let text = fleet.encode(&PLAIN).unwrap();
    let read = Fleet::decode(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(read.digest(), fleet.digest());
    assert_eq!(read.encode(&PLAIN).unwrap(), text);
    assert_eq!(denote::<()>(&read, facts), denote::<()>(fleet, facts), "{text}");
    let text = fleet.encode(&WITH_ORIGINS).unwrap();
    let read = Fleet::decode(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(read.encode(&WITH_ORIGINS).unwrap(), text);
    assert_eq!(written(&read, facts), written(fleet, facts), "{text}");
    let value = serde_json::to_value(fleet).unwrap();
    let read: Fleet = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), value);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn decode_after_encode_is_the_identity(fleet in arb_fleet(5), facts in arb_facts()) {
        check_round_trip(&fleet, &facts);
    }

    #[test]
    fn names_and_sharing_do_not_change_the_digest(fleet in arb_fleet(3)) {
        prop_assert_eq!(fleet.clone().named("layer").digest(), fleet.digest());
        let copy = Fleet::decode(fleet.encode(&PLAIN).unwrap().as_bytes()).unwrap();
        let shared = fleet.clone() | fleet.clone();
        let built_twice = fleet | copy;
        prop_assert_eq!(shared.digest(), built_twice.digest());
        prop_assert_eq!(shared.encode(&PLAIN).unwrap(), built_twice.encode(&PLAIN).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_selector_too_large_for_a_text_survives(parts in prop::collection::vec(arb_selector(), 40..80)) {
        let all = Selector::all_of(parts.iter().cloned());
        let fleet = Fleet::devices(all.clone() | !Selector::any_of(parts)) | Fleet::devices(!all);
        check_round_trip(&fleet, &Facts::of("d1", [("role", "a")]).unwrap());
    }
}

#[test]
fn deleted_fields_stay_deleted() {
    // `x` was a leaf: below it everything but `x.y` is unset, which plain objects cannot say.
    let over = deploy(Resource::new("web").set("x", 1).set("x.y", 2));
    let text = over.encode(&PLAIN).unwrap();
    assert!(text.contains(r#""claims": {"x": {"$rest": "unset", "y": 2}}"#), "{text}");
    let read = Fleet::decode(text.as_bytes()).unwrap();
    let below = deploy(Resource::new("web").set("x.old", 3));
    let d = Facts::of("d", []).unwrap();
    let laid = |over: &Fleet| denote::<()>(&below.clone().overlay(over.clone()), &d).unwrap();
    assert_eq!(laid(&read), laid(&over));
    assert_eq!(laid(&read).at(&"web.x.old".parse().unwrap())[0].0, Value::Unset);
}

#[test]
fn invalid_parts_survive() {
    let fleet = deploy(Resource::new("Bad Name"))
        | deploy(Resource::new("web")).forget("No.Path").restrict(label("").exists());
    for options in [PLAIN, WITH_ORIGINS] {
        let text = fleet.encode(&options).unwrap();
        let read = Fleet::decode(text.as_bytes()).unwrap();
        assert_eq!(read.encode(&options).unwrap(), text);
        let messages = |f: &Fleet| -> Vec<String> {
            f.problems().iter().map(|p| p.message().to_owned()).collect()
        };
        assert_eq!(messages(&read), messages(&fleet));
        assert_eq!(messages(&read).len(), 3);
    }
}

#[test]
fn a_selector_over_very_many_ids_survives() {
    let ids = (0..100_000).map(|i| format!("ip-10-0-{i}.ec2.internal"));
    let fleet = Fleet::devices(escadre_algebra::device_id().is_in(ids));
    let text = fleet.encode(&PLAIN).unwrap();
    assert_eq!(Fleet::decode(text.as_bytes()).unwrap().encode(&PLAIN).unwrap(), text);
}

#[test]
fn the_deepest_values_survive() {
    let mut item = escadre_algebra::Item::Value(Value::Text(escadre_algebra::Word::device_id()));
    for _ in 0..63 {
        let list = escadre_algebra::List::new(vec![item]).unwrap();
        item = escadre_algebra::Item::Value(Value::List(list));
    }
    let list = Value::List(escadre_algebra::List::new(vec![item]).unwrap());
    let fields = ["f"; 64].join(".");
    let fleet = deploy(Resource::new("deep").set(&fields, list));
    check_round_trip(&fleet, &Facts::of("d", []).unwrap());
}

#[test]
fn inserting_a_node_changes_few_lines() {
    let layer =
        |n: i64| deploy(Resource::new("web").set("n", n)).restrict(label("n").eq(n.to_string()));
    let text = |ns: &[i64]| {
        let fleet = ns.iter().fold(Fleet::all(), |f, &n| f.overlay(layer(n)));
        fleet.encode(&PLAIN).unwrap()
    };
    let (before, after) = (text(&[1, 2, 3, 4]), text(&[1, 2, 3, 9, 4]));
    let new = after.lines().filter(|line| !before.lines().any(|old| old == *line)).count();
    // The digest, two selectors (one moves), two nodes, and one reference to the moved selector.
    assert!(new <= 7, "{new} lines are new:\n{after}");
}
