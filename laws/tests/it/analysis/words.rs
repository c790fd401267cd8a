//! Words that coincide with others, on some values of labels or on some ids.

use std::collections::BTreeSet;

use escadre_algebra::analysis::{Analysis, Factor, Membership};
use escadre_algebra::{
    Facts, Fleet, Path, PathSet, Resource, Selector, Text, Value, denote, deploy, device_id, label,
    text,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Texts of a device of which many are the same somewhere: `a` where k is a, `ab` where k is a and j b.
fn word() -> impl Strategy<Value = Text> {
    let (k, j) = (|| label("k"), || label("j"));
    let words = vec![
        text("a"),
        text("b"),
        text("ab"),
        text("") + k(),
        text("") + j(),
        text("") + k() + j(),
        text("a") + j(),
        text("") + device_id(),
        text("") + k() + device_id(),
    ];
    select(words)
}

fn selector() -> impl Strategy<Value = Selector> {
    let tests = vec![
        Selector::all(),
        label("k").eq("a"),
        label("k").is_in(["a", "b"]),
        !label("k").eq("a"),
        label("j").eq("b"),
        label("j").exists(),
        device_id().eq("a"),
        device_id().is_in(["a", "b"]),
        !device_id().is_in(["a", "ab"]),
        label("k").eq("a") & label("j").eq("b"),
        label("k").eq("b") & device_id().eq("b"),
    ];
    select(tests)
}

fn fleet() -> impl Strategy<Value = Fleet> {
    let part = (word(), selector(), any::<bool>());
    vec(part, 1..4).prop_map(|parts| {
        parts.into_iter().fold(Fleet::empty(), |fleet, (word, selector, over)| {
            let part = deploy(Resource::new("web").set("x", word)).restrict(selector);
            if over { fleet.overlay(part) } else { fleet.union(part) }
        })
    })
}

/// Every device of a small world: the values that tests and words name, and others.
fn devices() -> Vec<Facts> {
    let values = [None, Some("a"), Some("b"), Some("ab"), Some("other"), Some("ba")];
    let mut devices = Vec::new();
    for id in ["a", "b", "ab", "z"] {
        for k in values {
            for j in values {
                let labels = [("k", k), ("j", j)];
                let labels = labels.into_iter().filter_map(|(key, value)| Some((key, value?)));
                devices.push(Facts::of(id, labels).unwrap());
            }
        }
    }
    devices
}

fn path() -> Path {
    "web.x".parse().unwrap()
}

fn at(fleet: &Fleet, device: &Facts) -> Option<BTreeSet<Value>> {
    let claims = denote::<()>(fleet, device)?;
    Some(claims.at(&path()).into_iter().map(|(value, ())| value).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn conflicts_are_listed_iff_some_device_has_one(f in fleet()) {
        let mut analysis = Analysis::of([&f]);
        let conflicts = analysis.conflicts(&f).unwrap();
        let resolved = analysis.resolved(&f);
        prop_assert_eq!(conflicts.is_empty(), resolved.is_proven(), "{:?}", conflicts);
        for device in devices() {
            let contested = at(&f, &device).is_some_and(|own| own.len() > 1);
            let told = conflicts.iter().any(|conflict| conflict.region.holds_on(&device));
            prop_assert!(told || !contested, "on {device:?}");
        }
        for conflict in &conflicts {
            let example = conflict.example.as_ref();
            let shows = example.is_some_and(|d| at(&f, d).is_some_and(|own| own.len() > 1));
            prop_assert!(shows, "{conflict:?}");
        }
    }

    #[test]
    fn what_is_said_to_change_changes_on_the_example((f, g) in (fleet(), fleet())) {
        let mut analysis = Analysis::of([&f, &g]);
        let difference = analysis.difference(&f, &g).unwrap();
        let same = analysis.equivalent(&f, &g);
        prop_assert_eq!(difference.is_empty(), same.is_proven(), "{:?}", difference);
        for device in devices() {
            let told = difference.kinds.iter().any(|kind| kind.region.holds_on(&device));
            prop_assert!(told || at(&f, &device) == at(&g, &device), "on {device:?}");
        }
        for kind in &difference.kinds {
            let example = kind.example.as_ref();
            prop_assert!(example.is_some_and(|d| at(&f, d) != at(&g, d)), "{kind:?}");
            if kind.membership == Membership::Stays {
                prop_assert!(!kind.changes.is_empty());
            }
        }
    }

    #[test]
    fn a_word_depends_on_what_changes_it(f in fleet()) {
        let found = Analysis::of([&f]).dependences(&f, &PathSet::all()).unwrap();
        let devices = devices();
        for (n, key) in [(0, "k"), (1, "j"), (2, "id")] {
            let rest = |d: &Facts| {
                let mut of = [format!("{:?}", d.label("k")), format!("{:?}", d.label("j")), d.id().to_string()];
                of[n].clear();
                of
            };
            let depends = devices.iter().any(|a| {
                let alike = devices.iter().filter(|b| rest(a) == rest(b));
                alike.into_iter().any(|b| at(&f, a).unwrap_or_default() != at(&f, b).unwrap_or_default())
            });
            let told = found.iter().any(|d| match &d.factor {
                Factor::Id => key == "id",
                Factor::Label(label) => label.as_str() == key,
            });
            prop_assert_eq!(told, depends, "{}", key);
        }
    }

    #[test]
    fn a_merge_clashes_iff_both_sides_changed_some_device_apart(
        (b, f, g) in (fleet(), fleet(), fleet()),
    ) {
        let merged = Analysis::of([&b, &f, &g]).merge(&b, &f, &g).unwrap();
        let clashing: Vec<Facts> = devices()
            .into_iter()
            .filter(|d| {
                let (b, f, g) = (at(&b, d), at(&f, d), at(&g, d));
                f != b && g != b && f != g
            })
            .collect();
        for device in &clashing {
            let told = merged.clashes.iter().any(|clash| clash.region.holds_on(device));
            prop_assert!(told, "nothing is said of {device:?}");
        }
        for clash in &merged.clashes {
            let example = clash.example.as_ref();
            prop_assert!(example.is_some_and(|d| at(&f, d) != at(&g, d)), "{clash:?}");
        }
    }
}
