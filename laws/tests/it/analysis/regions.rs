//! Differences, conflicts, dependences and labs hold exactly where the denotation says so.

use std::collections::{BTreeMap, BTreeSet};

use escadre_algebra::analysis::{Analysis, Difference, Factor, Membership};
use escadre_algebra::{Claims, Facts, Fleet, Path, PathSet, Value, denote};
use proptest::prelude::*;

use super::{every_kind, world};

/// What is claimed at each listed path.
fn listed(claims: &Claims) -> BTreeMap<Path, BTreeSet<Value>> {
    let own = |own: Vec<(Value, ())>| own.into_iter().map(|(value, ())| value).collect();
    claims.listed().into_iter().map(|(path, candidates)| (path, own(candidates))).collect()
}

fn at(claims: &Claims, path: &Path) -> BTreeSet<Value> {
    claims.at(path).into_iter().map(|(value, ())| value).collect()
}

/// What `difference` says of one device: whether it joins or leaves, and what changes where.
type Said = (Option<Membership>, BTreeMap<Path, (BTreeSet<Value>, BTreeSet<Value>)>);

fn said(difference: &Difference, device: &Facts) -> Said {
    let mut membership = None;
    let mut changes = BTreeMap::new();
    for kind in difference.kinds.iter().filter(|kind| kind.region.holds_on(device)) {
        if kind.membership != Membership::Stays {
            membership = Some(kind.membership);
        }
        for change in kind.changes.iter().filter(|change| !change.beneath) {
            let read = |values: &[Value]| -> BTreeSet<Value> {
                values.iter().map(|value| value.instantiate(device)).collect()
            };
            let (before, after) = (read(&change.before), read(&change.after));
            if before != after {
                assert!(changes.insert(change.path.clone(), (before, after)).is_none(), "twice");
            } else {
                assert!(change.may_coincide, "{change:?} changes nothing on {device:?}");
            }
        }
    }
    (membership, changes)
}

fn true_difference(f: &Fleet, g: &Fleet, device: &Facts) -> Said {
    match (denote::<()>(f, device), denote::<()>(g, device)) {
        (None, None) => (None, BTreeMap::new()),
        (None, Some(_)) => (Some(Membership::Joins), BTreeMap::new()),
        (Some(_), None) => (Some(Membership::Leaves), BTreeMap::new()),
        (Some(a), Some(b)) => {
            let paths: BTreeSet<Path> =
                listed(&a).into_keys().chain(listed(&b).into_keys()).collect();
            let changes = paths.into_iter().map(|path| {
                let both = (at(&a, &path), at(&b, &path));
                (path, both)
            });
            (None, changes.filter(|(_, (x, y))| x != y).collect())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_difference_tells_every_device_what_changes((f, g) in (world().fleet(), world().fleet())) {
        let mut analysis = Analysis::of([&f, &g]);
        let difference = analysis.difference(&f, &g).unwrap();
        prop_assert_eq!(analysis.check_invariants(), Ok(()));
        for device in every_kind(&[&f, &g]) {
            let (membership, mut changes) = said(&difference, &device);
            let (expected, paths) = true_difference(&f, &g, &device);
            prop_assert_eq!(membership, expected);
            // Paths that only an analysis lists, below a leaf, may change as well.
            let (a, b) = (denote::<()>(&f, &device), denote::<()>(&g, &device));
            changes.retain(|path, both| {
                let sides = a.as_ref().zip(b.as_ref());
                let really = sides.is_some_and(|(a, b)| (at(a, path), at(b, path)) == *both);
                assert!(really, "{path}: {both:?} on {device:?}");
                paths.contains_key(path)
            });
            prop_assert_eq!(changes, paths);
        }
        for kind in &difference.kinds {
            let example = kind.example.as_ref();
            prop_assert!(example.is_some_and(|d| kind.region.holds_on(d)), "{}", kind.region);
        }
    }

    #[test]
    fn conflicts_are_told_on_every_device_at_the_topmost_path(f in world().fleet()) {
        let mut analysis = Analysis::of([&f]);
        let conflicts = analysis.conflicts(&f).unwrap();
        prop_assert_eq!(analysis.check_invariants(), Ok(()));
        for device in every_kind(&[&f]) {
            let Some(claims) = denote::<()>(&f, &device) else { continue };
            let all = listed(&claims);
            let contested: BTreeSet<&Path> =
                all.iter().filter(|(_, own)| own.len() > 1).map(|(path, _)| path).collect();
            let topmost = contested.iter().filter(|path| {
                contested.iter().all(|other| *other == **path || !other.is_above(path))
            });
            let expected: BTreeSet<Path> = topmost.map(|path| (**path).clone()).collect();
            let told = conflicts.iter().filter(|conflict| conflict.region.holds_on(&device));
            // Words that happen to coincide here are no conflict here.
            let told = told.filter(|conflict| at(&claims, &conflict.path).len() > 1);
            let told: BTreeSet<Path> = told.map(|conflict| conflict.path.clone()).collect();
            prop_assert_eq!(&told, &expected, "on {:?}", device);
        }
    }

    #[test]
    fn a_path_depends_on_a_label_iff_changing_the_label_changes_the_path(f in world().fleet()) {
        let paths = PathSet::all();
        let mut analysis = Analysis::of([&f]);
        let found = analysis.dependences(&f, &paths).unwrap();
        prop_assert_eq!(analysis.check_invariants(), Ok(()));
        let devices = every_kind(&[&f]);
        for key in ["role", "n", "firmware"] {
            // Devices that differ in this label only.
            let mut groups: BTreeMap<String, Vec<&Facts>> = BTreeMap::new();
            for device in &devices {
                let mut rest = device.clone();
                rest.remove(key);
                groups.entry(format!("{rest:?}")).or_default().push(device);
            }
            let said = |d: &Facts| denote::<()>(&f, d).unwrap_or_default();
            let depends = groups.values().any(|group| {
                group.iter().any(|d| said(d) != said(group[0]))
            });
            let told = found.iter().any(|d| {
                matches!(&d.factor, Factor::Label(label) if label.as_str() == key)
            });
            // Few of the devices have all values of a label, so they may not show a dependence.
            prop_assert!(told || !depends, "{key}");
            if told && !depends {
                prop_assert!(shown_by_more(&f, key), "{key} is said to matter and does not");
            }
        }
    }

    #[test]
    fn a_lab_has_one_device_for_each_configuration(f in world().fleet()) {
        let lab = Analysis::of([&f]).smallest_lab(&f, 10_000).unwrap();
        for device in every_kind(&[&f]) {
            let n = lab.iter().filter(|setup| setup.region.holds_on(&device)).count();
            prop_assert_eq!(n, usize::from(denote::<()>(&f, &device).is_some()));
        }
        for setup in &lab {
            let example = setup.example.as_ref();
            prop_assert!(example.is_some_and(|d| setup.region.holds_on(d)), "{}", setup.region);
        }
    }

    #[test]
    fn layers_are_ordered_where_they_do_not_commute(
        (f, g, h) in (world().fleet(), world().fleet(), world().fleet()),
    ) {
        let (named, empty) = ([("f", &f), ("g", &g), ("h", &h)], Fleet::empty());
        let all = named.map(|(name, of)| of.clone().named(name));
        let overlaid = Fleet::overlay_all(all.clone());
        let [base, first, second] = all;
        let patched = base.patch(first).patch(second);
        for (fleet, is_overlay) in [(overlaid, true), (patched, false)] {
            let mut analysis = Analysis::of([&fleet]);
            let pairs = analysis.ordered_layers(&fleet).unwrap();
            prop_assert_eq!(analysis.check_invariants(), Ok(()));
            for ((below, under), (above, over)) in [(0, 1), (0, 2), (1, 2)].map(|(i, j)| (named[i], named[j])) {
                let told = pairs.iter().find(|pair| {
                    (pair.below.name.as_deref(), pair.above.name.as_deref()) == (Some(below), Some(above))
                });
                // A patch looks only at members of what it patches, and that is no layer of the row.
                if !is_overlay && below == "f" {
                    prop_assert!(told.is_none());
                    continue;
                }
                let (under, over) = match is_overlay {
                    true => (under.clone(), over.clone()),
                    false => (under.clone().within(f.clone()), over.clone().within(f.clone())),
                };
                let commute = Analysis::of([&under, &over]).commute(&under, &over);
                if let Some(told) = told {
                    prop_assert!(!commute.is_proven(), "{below} and {above} commute: {told:?}");
                    continue;
                }
                // Equal layers are one to an analysis, and an empty one is none: those are not named.
                let alone = named.map(|(_, of)| of).into_iter().chain([&empty]);
                let alike = |a: &Fleet, b: &Fleet| Analysis::of([a, b]).equivalent(a, b).is_proven();
                let n_alike = |of: &Fleet| alone.clone().filter(|other| alike(of, other)).count();
                let is_named = [n_alike(&f), n_alike(&g), n_alike(&h)] == [1, 1, 1];
                prop_assert!(commute.is_proven() || !is_named, "{below} and {above} do not commute");
            }
        }
    }

    #[test]
    fn without_a_dead_layer_a_fleet_is_the_same(
        (f, g, h) in (world().fleet(), world().fleet(), world().fleet()),
    ) {
        let all = Fleet::overlay_all([
            f.clone().named("f"), g.clone().named("g"), h.clone().named("h"),
        ]);
        let mut analysis = Analysis::of([&all]);
        let dead = analysis.dead_layers(&all).unwrap();
        prop_assert_eq!(analysis.check_invariants(), Ok(()));
        let without = [("f", [&g, &h]), ("g", [&f, &h]), ("h", [&f, &g])];
        for (name, rest) in without {
            let rest = Fleet::overlay_all(rest.into_iter().cloned());
            let same = Analysis::of([&all, &rest]).equivalent(&all, &rest).is_proven();
            let told = dead.iter().any(|d| d.layer.name.as_deref() == Some(name));
            prop_assert!(same || !told, "{name} is not dead");
            // Equal layers are one to an analysis, and an empty one is none: those are not named.
            let own = [("f", &f), ("g", &g), ("h", &h)];
            let this = own.iter().find(|(own, _)| *own == name).unwrap().1;
            let others = own.iter().filter(|(own, _)| *own != name).map(|(_, other)| *other);
            let alone = others.chain([&Fleet::empty()]).all(|other| {
                !Analysis::of([this, other]).equivalent(this, other).is_proven()
            });
            prop_assert!(!same || !alone || told, "{name} is dead, and not told");
        }
    }
}

/// Whether some device of the whole product shows that `key` matters.
fn shown_by_more(f: &Fleet, key: &str) -> bool {
    let said = |d: &Facts| denote::<()>(f, d).unwrap_or_default();
    super::whole_product(f, key)
        .iter()
        .any(|group| group.iter().any(|d| said(d) != said(&group[0])))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_merge_keeps_what_one_side_changed_alone((b, f) in (world().fleet(), world().fleet())) {
        for (ours, theirs, expected) in [(&b, &f, &f), (&f, &b, &f), (&f, &f, &f)] {
            let mut analysis = Analysis::of([&b, &f]);
            let merged = analysis.merge(&b, ours, theirs).unwrap();
            let answer = Analysis::of([&merged.fleet, expected]).equivalent(&merged.fleet, expected);
            prop_assert!(answer.is_proven(), "{answer:?}");
            prop_assert!(merged.clashes.is_empty(), "{:?}", merged.clashes);
        }
    }

    #[test]
    fn a_merge_takes_each_side_where_the_other_changed_nothing(
        (b, f, g) in (world().fleet(), world().fleet(), world().fleet()),
    ) {
        // Two edits of one base, which often touch different devices or paths.
        let (ours, theirs) = (b.clone().overlay(f), b.clone().overlay(g));
        let merged = Analysis::of([&b, &ours, &theirs]).merge(&b, &ours, &theirs).unwrap();
        for device in every_kind(&[&b, &ours, &theirs]) {
            let said = |f: &Fleet| denote::<()>(f, &device);
            let (base, ours, theirs) = (said(&b), said(&ours), said(&theirs));
            let merged_here = said(&merged.fleet);
            if merged.clashes.iter().any(|clash| clash.region.holds_on(&device)) {
                // Both sides wrote something else here, even if a text happens to say the same.
                continue;
            }
            if theirs == base {
                prop_assert_eq!(&merged_here, &ours, "on {:?}", device);
            } else if ours == base {
                prop_assert_eq!(&merged_here, &theirs, "on {:?}", device);
            } else {
                // No clash here: whatever one side changed is in the merged fleet.
                let (Some(m), Some(b)) = (&merged_here, &base) else { continue };
                for side in [&ours, &theirs].into_iter().flatten() {
                    for (path, own) in listed(side) {
                        prop_assert!(own == at(b, &path) || own == at(m, &path), "{path}");
                    }
                }
            }
        }
    }
}
