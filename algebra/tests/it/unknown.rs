//! Unknown labels: an answer is determined iff every completion gives it.

use std::collections::BTreeSet;

use escadre_algebra::{
    Attestation, COMPLETION_BUDGET, Configuration, Coverage, Facts, Fleet, Inventory, Label,
    LabelKey, Outcome, Resource, Selector, choose, deploy, label, text,
};
use proptest::prelude::*;

const KEYS: [&str; 3] = ["a", "b", "c"];
/// Every string that the fleets below test for, and two that they do not.
const VALUES: [&str; 6] = ["x", "1", "2", "9", "other", "another"];

fn selector() -> impl Strategy<Value = Selector> {
    let key = prop::sample::select(&KEYS[..]);
    let atom = prop_oneof![
        key.clone().prop_map(|k| label(k).exists()),
        key.clone().prop_map(|k| label(k).eq("x")),
        (key.clone(), 1i64..3).prop_map(|(k, n)| label(k).ge(n)),
        key.prop_map(|k| label(k).not_in(["1", "2"])),
    ];
    atom.prop_recursive(2, 6, 2, |s| {
        prop_oneof![
            (s.clone(), s.clone()).prop_map(|(a, b)| a & b),
            (s.clone(), s.clone()).prop_map(|(a, b)| a | b),
            s.prop_map(|a| !a),
        ]
    })
}

pub(crate) fn fleet() -> impl Strategy<Value = Fleet> {
    let value = prop_oneof![
        (0usize..2).prop_map(|n| text(["x", "y"][n])),
        prop::sample::select(&KEYS[..]).prop_map(|k| text("") + label(k)),
    ];
    let leaf = (prop::sample::select(&["r", "q"][..]), value)
        .prop_map(|(r, v)| deploy(Resource::new(r).set("v", v)));
    leaf.prop_recursive(3, 8, 2, |f| {
        prop_oneof![
            (f.clone(), selector()).prop_map(|(f, s)| f.restrict(s)),
            (f.clone(), f.clone()).prop_map(|(f, g)| f.overlay(g)),
            (f.clone(), f.clone()).prop_map(|(f, g)| f.patch(g)),
            (f.clone(), f.clone()).prop_map(|(f, g)| f.without(g)),
            (f.clone(), f.clone()).prop_map(|(f, g)| g.mask(f)),
            (f.clone(), selector(), f.clone()).prop_map(|(f, s, g)| choose(s, f, g)),
        ]
    })
}

/// Each label: known (with which value), absent or unknown.
pub(crate) fn facts() -> impl Strategy<Value = Facts> {
    let state = prop_oneof![
        Just(None),
        Just(Some(None)),
        prop::sample::select(&VALUES[..]).prop_map(|v| Some(Some(v)))
    ];
    prop::collection::vec(state, KEYS.len()).prop_map(|states| {
        let mut facts = Facts::of("d", []).unwrap();
        for (key, state) in KEYS.iter().zip(states) {
            match state {
                None => {}
                Some(None) => facts = facts.clone().with_unknown(key).unwrap(),
                Some(Some(value)) => set(&mut facts, key, value),
            }
        }
        facts
    })
}

fn set(facts: &mut Facts, key: &str, value: &str) {
    let key = LabelKey::parse(key).unwrap();
    facts.set(Label { key, value: Some(value.into()), attestation: Attestation::Asserted });
}

/// Every completion of the unknown labels over the small world of values.
fn completions(facts: &Facts) -> Vec<Facts> {
    let unknown: Vec<String> =
        facts.labels().iter().filter(|l| l.value.is_none()).map(|l| l.key.to_string()).collect();
    let mut all = vec![facts.clone()];
    for key in unknown {
        all = all
            .iter()
            .flat_map(|facts| {
                let mut absent = facts.clone();
                absent.remove(&key);
                let with = VALUES.map(|value| {
                    let mut with = facts.clone();
                    set(&mut with, &key, value);
                    with
                });
                with.into_iter().chain([absent]).collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

/// What `resolve` says of one device, missing labels filled with a text of their own.
fn outcome(fleet: &Fleet, facts: &Facts) -> Option<(Outcome, Facts)> {
    let inventory = Inventory::new([facts.clone()], Coverage::Complete).unwrap();
    let resolved = fleet.resolve(&inventory).ok()?;
    resolved.outcome("d").cloned().map(|outcome| (outcome, facts.clone()))
}

fn instance(outcome: &Outcome, facts: &Facts) -> Option<Configuration> {
    match outcome {
        Outcome::Member(member) => Some(member.configuration.instantiate(facts)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_is_determined_is_what_every_completion_agrees_on(fleet in fleet(), facts in facts()) {
        let completed: Vec<_> = completions(&facts).iter().map(|facts| outcome(&fleet, facts)).collect();
        // Completions that do not resolve (a missing label) have no configuration to compare.
        prop_assume!(completed.iter().all(Option::is_some));
        let completed: Vec<_> = completed.into_iter().flatten().map(|(o, f)| instance(&o, &f)).collect();
        let (found, _) = outcome(&fleet, &facts).unwrap();
        let members: BTreeSet<bool> = completed.iter().map(Option::is_some).collect();
        match found {
            Outcome::Undetermined => prop_assert_eq!(members.len(), 2),
            Outcome::NotMember => prop_assert_eq!(members, BTreeSet::from([false])),
            Outcome::Member(member) => {
                prop_assert_eq!(members, BTreeSet::from([true]));
                for name in ["r", "q"] {
                    let states: BTreeSet<_> =
                        completed.iter().flatten().map(|c| c.resources().get(name).cloned()).collect();
                    let undetermined = member.undetermined.iter().any(|n| n.as_str() == name);
                    prop_assert_eq!(undetermined, states.len() > 1, "{}: {:?}", name, states);
                    if !undetermined {
                        let found = member.configuration.instantiate(&facts);
                        prop_assert_eq!(found.resources().get(name).cloned(), states.into_iter().next().unwrap());
                    }
                }
            }
        }
    }
}

#[test]
fn a_label_that_decides_nothing_may_be_unknown() {
    let fleet = deploy(Resource::new("r").set("v", "x"))
        .restrict(label("a").exists() | label("a").absent());
    let facts = Facts::of("d", []).unwrap().with_unknown("a").unwrap();
    assert!(
        matches!(outcome(&fleet, &facts).unwrap().0, Outcome::Member(m) if m.undetermined.is_empty())
    );
}

#[test]
fn a_source_that_does_not_answer_makes_every_label_unknown_not_absent() {
    let facts = Facts::of("d", [("b", "1")]).unwrap().with_unlisted_unknown();
    let fleet = |s: Selector| deploy(Resource::new("r").set("v", "x")).restrict(s);
    assert_eq!(outcome(&fleet(label("a").absent()), &facts).unwrap().0, Outcome::Undetermined);
    assert!(matches!(outcome(&fleet(label("b").eq("1")), &facts).unwrap().0, Outcome::Member(_)));
    let both = fleet(label("a").absent() & label("b").eq("2"));
    assert_eq!(outcome(&both, &facts).unwrap().0, Outcome::NotMember);
}

#[test]
fn labels_that_only_texts_mention_leave_the_other_resources_determined() {
    let texts =
        (0..9).fold(Resource::new("r"), |r, i| r.set(&format!("v{i}"), label(format!("k{i}"))));
    let fleet = deploy(texts) | deploy(Resource::new("q").set("v", "x"));
    let facts = Facts::of("d", []).unwrap().with_unlisted_unknown();
    match outcome(&fleet, &facts).unwrap().0 {
        Outcome::Member(member) => {
            assert_eq!(
                member
                    .undetermined
                    .iter()
                    .map(escadre_algebra::ResourceName::as_str)
                    .collect::<Vec<_>>(),
                ["r"]
            );
            assert!(member.configuration.resources().contains_key("q"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_varies_with_an_unknown_label_also_where_no_test_of_it_can_matter() {
    // Whatever the site is, the device is no camera, so every completion gives the same answers.
    let motd = deploy(Resource::new("motd").set("text", text("at ") + label("site")));
    let extra = deploy(Resource::new("extra").set("x", 1));
    let fleet = motd | extra.restrict(label("site").eq("lyon") & label("role").eq("camera"));
    let device = Facts::of("d", [("role", "gateway")]).unwrap().with_unknown("site").unwrap();
    let (outcome, _) = outcome(&fleet, &device).unwrap();
    let Outcome::Member(member) = outcome else { panic!("no member") };
    let undetermined: Vec<&str> =
        member.undetermined.iter().map(escadre_algebra::ResourceName::as_str).collect();
    assert_eq!(undetermined, ["motd"]);
}

#[test]
fn what_is_determined_is_as_it_was_written() {
    let written = deploy(Resource::new("r").set("v", text("at ") + label("a")));
    let fleet = written | deploy(Resource::new("q").set("v", "x")).restrict(label("b").eq("x"));
    let known = Facts::of("d", [("a", "1")]).unwrap();
    let unknown = known.clone().with_unknown("b").unwrap();
    let [known, unknown] = [known, unknown].map(|facts| {
        let Outcome::Member(member) = outcome(&fleet, &facts).unwrap().0 else {
            panic!("{facts:?}")
        };
        member
    });
    assert_eq!((known.undetermined.len(), unknown.undetermined.len()), (0, 1));
    // Texts with their labels: devices that differ in them share what is written.
    assert_eq!(unknown.configuration.resources()["r"], known.configuration.resources()["r"]);
    let leaf = unknown.configuration.resources()["r"].get(&["v"]).cloned();
    assert!(leaf.is_some_and(|value| !value.is_constant()));
}

#[test]
fn past_the_budget_the_membership_is_still_decided() {
    let sites = (0..5000).map(|i| {
        deploy(Resource::new("r").set("v", i)).restrict(label("site").eq(format!("s{i}")))
    });
    let fleet = Fleet::all().overlay(Fleet::overlay_all(sites));
    let facts = Facts::of("d", []).unwrap().with_unknown("site").unwrap();
    assert!(
        matches!(outcome(&fleet, &facts).unwrap().0, Outcome::Member(m) if m.undetermined.len() == 1)
    );
}

#[test]
fn the_budget_is_of_all_combinations_of_values_and_may_be_spent_whole() {
    // Two values that are said, two of all others, or no label at all: 5; without the second: 4.
    let either = |key: &str, values: &[&str]| {
        let parts = values
            .iter()
            .map(|value| deploy(Resource::new("r").set("v", "x")).restrict(label(key).eq(*value)));
        Fleet::union_all(parts)
    };
    let determined = |values: &[&str]| {
        let parts = ["a", "b", "c", "d", "e"].map(|key| either(key, &["1"]));
        let parts = parts.into_iter().chain([either("f", values)]);
        let fleet = deploy(Resource::new("r").set("v", "x")) | Fleet::union_all(parts);
        let facts = Facts::of("d", []).unwrap().with_unlisted_unknown();
        match outcome(&fleet, &facts).unwrap().0 {
            Outcome::Member(member) => member.undetermined.is_empty(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(COMPLETION_BUDGET, 4usize.pow(6));
    assert!(determined(&["1"]));
    assert!(!determined(&["1", "2"]));
}
