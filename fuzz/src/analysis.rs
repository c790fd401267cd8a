//! Analyses agree with the denotation.

use std::collections::BTreeSet;
use std::sync::Arc;

use escadre_algebra::analysis::{Analysis, Answer, Assumptions, Membership};
use escadre_algebra::{
    Attestation, DeviceId, Facts, Fleet, Label, LabelKey, Partition, PathSet, Resource, Selector,
    Test, Value, bucket, choose, denote, deploy, device_id, label, semver, text,
};

const KEYS: [&str; 3] = ["k", "n", "v"];
const FIELDS: [&str; 5] = ["x", "y", "x.y", "x.z", "x.y.z"];

/// x is two small programs that make fleets f and g: whether f = g, f ⊑ g, f has no conflict, and
/// what differs between them, is as `denote` says on every kind of device.
pub fn check(bytes: &[u8]) {
    let mut input = bytes.iter().copied();
    let (f, g) = (fleet(&mut input), fleet(&mut input));
    let devices = every_kind(&[&f, &g]);
    let mut analysis = Analysis::of([&f, &g]).assuming(Assumptions::default());
    let union = f.clone().union(g.clone());
    let said = |f: &Fleet, d: &Facts| denote::<()>(f, d);
    agrees(&analysis.equivalent(&f, &g), &devices, |d| said(&f, d) != said(&g, d));
    agrees(&analysis.implies(&f, &g), &devices, |d| said(&union, d) != said(&g, d));
    agrees(&analysis.resolved(&f), &devices, |d| {
        said(&f, d).is_some_and(|claims| claims.listed().iter().any(|(_, own)| own.len() > 1))
    });
    let conflicts = analysis.conflicts(&f).expect("small fleets are within the budget");
    assert_eq!(conflicts.is_empty(), analysis.resolved(&f).is_proven(), "{conflicts:?}");
    if let Ok(difference) = analysis.difference(&f, &g) {
        let same = analysis.equivalent(&f, &g).is_proven();
        assert_eq!(difference.is_empty(), same, "{difference:?}");
        for device in &devices {
            let mut told = difference.kinds.iter().filter(|kind| kind.region.holds_on(device));
            let (a, b) = (said(&f, device), said(&g, device));
            let moved = difference
                .kinds
                .iter()
                .any(|kind| kind.membership != Membership::Stays && kind.region.holds_on(device));
            assert_eq!(moved, a.is_some() != b.is_some(), "membership of {device:?}");
            if a != b {
                assert!(told.next().is_some(), "nothing is said of {device:?}");
            }
        }
    }
    assert_eq!(analysis.check_invariants(), Ok(()));
}

fn agrees(answer: &Answer, devices: &[Facts], fails: impl Fn(&Facts) -> bool) {
    match answer {
        Answer::Proven => assert_eq!(devices.iter().find(|d| fails(d)), None, "proven"),
        Answer::Refuted(witness) => {
            let facts = witness.facts.as_ref().expect("small buckets are not tested");
            assert!(fails(facts), "refuted, but not by {facts:?}");
            assert!(witness.region.holds_on(facts), "{facts:?} is not in {}", witness.region);
        }
        Answer::Undecided(reason) => panic!("{reason}"),
    }
}

/// A fleet by a stack machine: each byte is a step, and 0 ends it.
fn fleet(input: &mut impl Iterator<Item = u8>) -> Fleet {
    let mut stack: Vec<Fleet> = Vec::new();
    // Enough to be interesting, and not so many that a run is slow.
    for _ in 0..24 {
        let Some(step) = input.next().filter(|step| *step != 0) else { break };
        let mut pop = || stack.pop().unwrap_or_else(Fleet::empty);
        let next = match step % 16 {
            0 | 1 => deploy(resource(input)),
            2 => Fleet::all(),
            3 => deploy(resource(input)).restrict(selector(input)),
            4 => pop().restrict(selector(input)),
            5 => pop().forget(paths(input)),
            6 => pop().keep(paths(input)),
            7 => {
                let top = pop();
                stack.push(top.clone());
                top
            }
            binary => {
                let (second, first) = (pop(), pop());
                match binary {
                    8 => first.union(second),
                    9 => first.overlay(second),
                    10 => first.patch(second),
                    11 => first.mask(second),
                    12 => first.within(second),
                    13 => first.without(second),
                    14 => choose(selector(input), first, second),
                    _ => second.overlay(first),
                }
            }
        };
        stack.push(next);
    }
    stack.pop().unwrap_or_else(Fleet::empty)
}

fn byte(input: &mut impl Iterator<Item = u8>) -> usize {
    usize::from(input.next().unwrap_or_default())
}

fn resource(input: &mut impl Iterator<Item = u8>) -> Resource {
    let shape = byte(input);
    let mut resource = Resource::new(if shape & 1 == 0 { "web" } else { "db" });
    for _ in 0..1 + (shape >> 1 & 1) {
        let field = FIELDS[byte(input) % FIELDS.len()];
        resource = match byte(input) % 8 {
            0 => resource.set(field, Value::Unset),
            1 => resource.set(field, Value::Object),
            2 => resource.set(field, text("at ") + label(KEYS[byte(input) % 3])),
            3 => resource.set(field, text("") + label("k")),
            4 => resource.set(field, text("on ") + device_id()),
            5 => resource.set(field, "a"),
            n => resource.set(field, i64::try_from(n).unwrap_or_default()),
        };
    }
    resource
}

fn paths(input: &mut impl Iterator<Item = u8>) -> PathSet {
    let field = FIELDS[byte(input) % FIELDS.len()];
    let path = format!("web.{field}").parse().expect("a path");
    if byte(input) & 1 == 0 { PathSet::subtree(path) } else { PathSet::point(path) }
}

fn selector(input: &mut impl Iterator<Item = u8>) -> Selector {
    let test = match byte(input) % 12 {
        0 => label("k").exists(),
        1 => label("k").eq("a"),
        2 => label("k").is_in(["a", "b"]),
        3 => label("n").ge(3),
        4 => label("n").lt(i64::MIN + 1),
        5 => label("n").eq("7"),
        6 => label("v").ge(semver("1.2.0")),
        7 => label("v").lt(semver("2.0.0-rc.1")),
        8 => device_id().is_in(["d0", "d1"]),
        9 => device_id().eq("d1"),
        10 => bucket("salt").below(50),
        _ => bucket("salt").from_to(25, 75),
    };
    match byte(input) % 4 {
        0 => !test,
        1 => test & selector_of(input),
        2 => test | selector_of(input),
        _ => test,
    }
}

fn selector_of(input: &mut impl Iterator<Item = u8>) -> Selector {
    let test = label(KEYS[byte(input) % 3]);
    if byte(input) & 1 == 0 { test.exists() } else { test.eq("a") }
}

/// Devices of every kind that the fleets tell apart, and more: some values of each label in each
/// combination, on named ids and others.
fn every_kind(fleets: &[&Fleet]) -> Vec<Facts> {
    let selectors: Vec<Selector> = fleets.iter().flat_map(|f| f.selectors()).collect();
    let tests: BTreeSet<&Test> = selectors.iter().flat_map(Selector::atoms).collect();
    let ids = ["d0", "d1", "z0", "z1", "z2", "z3", "z4", "z5"];
    let mut devices: Vec<Facts> =
        ids.iter().map(|id| Facts::new(DeviceId::parse(id).expect("an id"))).collect();
    for key in KEYS {
        let own = tests.iter().copied().filter(|t| t.key().is_some_and(|k| k.as_str() == key));
        let values = Partition::of(own).representatives();
        let each = |(i, d): (usize, &Facts)| -> Vec<Facts> {
            let some = values.iter().enumerate().filter(|(j, _)| i % 4 == 0 || j % 3 == i % 3);
            some.map(|(_, value)| with(d, key, value.as_ref())).collect()
        };
        devices = devices.iter().enumerate().flat_map(each).collect();
    }
    devices
}

fn with(device: &Facts, key: &str, value: Option<&Arc<str>>) -> Facts {
    let mut device = device.clone();
    if let Some(value) = value {
        let key = LabelKey::parse(key).expect("a key");
        let attestation = Attestation::Asserted;
        device.set(Label { key, value: Some(Arc::clone(value)), attestation });
    }
    device
}
