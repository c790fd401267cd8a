//! Analyses agree with the denotation on every kind of device.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod regions;
mod small;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use escadre_algebra::analysis::{Analysis, Answer};
use escadre_algebra::{
    Attestation, DeviceId, Facts, Fleet, Label, LabelKey, Partition, Selector, Test, bucket,
    denote, label,
};
use escadre_laws::Schema;
use proptest::prelude::*;

/// A world in which labels are strings, integers and versions.
pub(crate) fn world() -> Schema {
    Schema::default()
        .asserted("role", ["camera", "gateway"])
        .and_then(|s| s.asserted("n", ["3", "7", "few"]))
        .and_then(|s| s.reported("firmware", ["1.2.0", "2.0.0-rc.1"]))
        .unwrap()
}

/// Devices of every kind that `fleets` tell apart: each label in turn has two values of each class
/// of its partition, and the ids are the named ones and some others in each interval of the bucket.
pub(crate) fn every_kind(fleets: &[&Fleet]) -> Vec<Facts> {
    let keys = ["role", "n", "firmware"];
    let selectors: Vec<Selector> = fleets.iter().flat_map(|f| f.selectors()).collect();
    let tests: BTreeSet<&Test> = selectors.iter().flat_map(Selector::atoms).collect();
    let ids = (0..4).map(|i| format!("device-{i}")).chain((0..12).map(|i| format!("z{i}")));
    let mut devices: Vec<Facts> = ids.map(|id| Facts::new(DeviceId::parse(&id).unwrap())).collect();
    for key in keys {
        let own = tests.iter().copied().filter(|t| t.key().is_some_and(|k| k.as_str() == key));
        let values = Partition::of(own).representatives();
        let mut more = Vec::new();
        for (i, device) in devices.iter().enumerate() {
            // All values on some ids; on the others one each, so that there are not too many.
            let all = i % 5 == 0;
            for (j, value) in values.iter().enumerate() {
                if all || j % 7 == i % 7 {
                    more.push(with(device, key, value.as_ref()));
                }
            }
        }
        devices = more;
    }
    devices
}

fn with(device: &Facts, key: &str, value: Option<&Arc<str>>) -> Facts {
    let mut device = device.clone();
    if let Some(value) = value {
        device.set(Label {
            key: LabelKey::parse(key).unwrap(),
            value: Some(value.clone()),
            attestation: Attestation::Asserted,
        });
    }
    device
}

/// Every combination of the other labels' values and of some ids, each with all values of `key`.
pub(crate) fn whole_product(fleet: &Fleet, key: &str) -> Vec<Vec<Facts>> {
    let selectors = fleet.selectors();
    let tests: BTreeSet<&Test> = selectors.iter().flat_map(Selector::atoms).collect();
    let values = |key: &str| {
        let own = tests.iter().copied().filter(|t| t.key().is_some_and(|k| k.as_str() == key));
        Partition::of(own).representatives()
    };
    let ids = (0..4).map(|i| format!("device-{i}")).chain((0..12).map(|i| format!("z{i}")));
    let mut groups: Vec<Facts> = ids.map(|id| Facts::new(DeviceId::parse(&id).unwrap())).collect();
    for other in ["role", "n", "firmware"].into_iter().filter(|other| *other != key) {
        let values = values(other);
        let with_each = |d: &Facts| -> Vec<Facts> {
            values.iter().map(|value| with(d, other, value.as_ref())).collect()
        };
        groups = groups.iter().flat_map(with_each).collect();
    }
    let values = values(key);
    groups.iter().map(|d| values.iter().map(|v| with(d, key, v.as_ref())).collect()).collect()
}

fn differ(f: &Fleet, g: &Fleet, device: &Facts) -> bool {
    denote::<()>(f, device) != denote::<()>(g, device)
}

/// Whether `answer` is right, where `fails` tells on which devices the question's claim fails.
fn check(
    answer: &Answer,
    devices: &[Facts],
    fails: impl Fn(&Facts) -> bool,
) -> Result<(), TestCaseError> {
    match answer {
        Answer::Proven => {
            let found = devices.iter().find(|d| fails(d));
            prop_assert!(found.is_none(), "proven, but it fails on {found:?}");
        }
        Answer::Refuted(witness) => {
            let facts = witness.facts.as_ref();
            prop_assert!(facts.is_some(), "no device for {}", witness.region);
            let facts = facts.unwrap();
            prop_assert!(fails(facts), "refuted, but it holds on {facts:?}");
            prop_assert!(witness.region.holds_on(facts), "{facts:?} is not in {}", witness.region);
        }
        Answer::Undecided(reason) => prop_assert!(false, "{reason}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn two_random_fleets_are_equivalent_iff_no_device_tells_them_apart(
        (f, g) in (world().fleet(), world().fleet()),
    ) {
        let devices = every_kind(&[&f, &g]);
        let mut analysis = Analysis::of([&f, &g]);
        let answer = analysis.equivalent(&f, &g);
        prop_assert_eq!(analysis.check_invariants(), Ok(()));
        check(&answer, &devices, |d| differ(&f, &g, d))?;
    }

    #[test]
    fn fleets_that_differ_in_one_operand_are_equivalent_iff_no_device_tells_them_apart(
        (f, g, h, edited, s) in
            (world().fleet(), world().fleet(), world().fleet(), world().fleet(), world().selector()),
    ) {
        let joins: [fn([Fleet; 3]) -> Fleet; 2] =
            [|all| Fleet::overlay_all(all), |all| Fleet::union_all(all)];
        for join in joins {
            let of = |middle: &Fleet| join([f.clone(), middle.clone(), h.clone()]);
            let (old, new) = (of(&g).restrict(s.clone()), of(&edited).restrict(s.clone()));
            let devices = every_kind(&[&old, &new]);
            let mut analysis = Analysis::of([&old, &new]);
            let answer = analysis.equivalent(&old, &new);
            check(&answer, &devices, |d| differ(&old, &new, d))?;
            // What was made for that question answers the next one as a new analysis does.
            let again = analysis.difference(&old, &new).unwrap();
            let fresh = Analysis::of([&old, &new]).difference(&old, &new).unwrap();
            prop_assert_eq!(format!("{again:?}"), format!("{fresh:?}"));
            prop_assert_eq!(analysis.check_invariants(), Ok(()));
        }
    }

    #[test]
    fn sets_of_ids_are_told_apart_by_each_id(
        sets in prop::collection::vec(prop::collection::vec(0..9u8, 0..6), 2..6),
    ) {
        // A layer for each set: what a device gets says in which sets its id is.
        let layer = |(at, ids): (usize, &Vec<u8>)| {
            let ids = ids.iter().map(|id| format!("device-{id}"));
            let layer = escadre_algebra::Resource::new("r").set(&format!("f{at}"), 1);
            escadre_algebra::deploy(layer).restrict(escadre_algebra::device_id().is_in(ids))
        };
        let f = Fleet::overlay_all(sets.iter().enumerate().map(layer));
        let device = |id: u8| Facts::new(DeviceId::parse(&format!("device-{id}")).unwrap());
        let mut analysis = Analysis::of([&f]);
        let lab = analysis.smallest_lab(&f, 1_000).unwrap();
        let all = (0..10).filter_map(|id| denote::<()>(&f, &device(id)));
        let configurations: BTreeSet<String> = all.map(|claims| format!("{claims:?}")).collect();
        prop_assert_eq!(lab.len(), configurations.len());
        for set in &sets {
            let some = escadre_algebra::device_id().is_in(set.iter().map(|id| format!("device-{id}")));
            prop_assert!(analysis.covers(&f, &some).is_proven());
        }
    }

    #[test]
    fn fleets_rewritten_by_laws_are_proven_equivalent(
        (f, g, s) in (world().fleet(), world().fleet(), world().selector()),
    ) {
        let pairs = [
            (f.clone().overlay(g.clone()), f.clone().mask(g.clone()).union(g.clone())),
            (f.clone(), f.clone().restrict(s.clone()).union(f.clone().restrict(!s.clone()))),
            (f.clone().overlay(g.clone().restrict(s.clone())),
             escadre_algebra::choose(s.clone(), f.clone().overlay(g.clone()), f.clone())),
            (f.clone().within(g.clone()).union(f.clone().without(g.clone())), f.clone()),
        ];
        for (left, right) in pairs {
            let answer = Analysis::of([&left, &right]).equivalent(&left, &right);
            prop_assert!(answer.is_proven(), "{answer:?}");
        }
    }

    #[test]
    fn a_fleet_implies_another_iff_their_union_is_the_other(
        (f, g) in (world().fleet(), world().fleet()),
    ) {
        let devices = every_kind(&[&f, &g]);
        let union = f.clone().union(g.clone());
        check(&Analysis::of([&f, &g]).implies(&f, &g), &devices, |d| differ(&union, &g, d))?;
        prop_assert!(Analysis::of([&f, &union]).implies(&f, &union).is_proven());
    }

    #[test]
    fn a_fleet_is_resolved_iff_no_device_has_two_candidates(f in world().fleet()) {
        let devices = every_kind(&[&f]);
        let conflict = |d: &Facts| {
            denote::<()>(&f, d).is_some_and(|c| c.listed().iter().any(|(_, own)| own.len() > 1))
        };
        check(&Analysis::of([&f]).resolved(&f), &devices, conflict)?;
    }

    #[test]
    fn a_fleet_covers_a_selector_iff_every_device_there_is_a_member(
        (f, s) in (world().fleet(), world().selector()),
    ) {
        let devices = every_kind(&[&f, &Fleet::devices(s.clone())]);
        let uncovered = |d: &Facts| s.holds_on(d) && denote::<()>(&f, d).is_none();
        check(&Analysis::of([&f]).covers(&f, &s), &devices, uncovered)?;
    }

    #[test]
    fn layers_commute_iff_no_device_sees_their_order((f, g) in (world().fleet(), world().fleet())) {
        let devices = every_kind(&[&f, &g]);
        let (above, below) = (f.clone().overlay(g.clone()), g.clone().overlay(f.clone()));
        check(&Analysis::of([&f, &g]).commute(&f, &g), &devices, |d| differ(&above, &below, d))?;
    }
}

#[test]
fn a_bucket_decides_the_named_ids_and_divides_the_others() {
    let share = bucket("canary").below(10);
    let named = escadre_algebra::device_id().eq("device-0");
    let outside = named.clone() & !share.clone();
    let answer = Analysis::of([]).always(&(share.clone() | !named.clone() | outside.clone()));
    assert!(answer.is_proven(), "{answer:?}");
    let answer = Analysis::of([]).always(&(share | !label("x").exists()));
    let witness = answer.witness().expect("most ids are outside of the share");
    assert!(witness.facts.is_some());
}
