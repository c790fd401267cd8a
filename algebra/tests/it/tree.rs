//! Claims are pointwise: each combinator does at every path what DESIGN says of that path.

use std::collections::BTreeSet;

use escadre_algebra::{
    Claims, Facts, Field, Fleet, Path, PathSet, Resource, ResourceName, Value, denote, deploy,
};
use proptest::prelude::*;

const NAMES: [&str; 2] = ["x", "y"];

/// Every path of two resources with at most four fields of two names, and one that no tree lists.
pub(crate) fn universe() -> Vec<Path> {
    let mut fields: Vec<Vec<Field>> = vec![Vec::new()];
    let mut all = fields.clone();
    for _ in 0..4 {
        fields = fields
            .iter()
            .flat_map(|at| {
                // A name that no tree lists stands for all such names.
                ["x", "y", "unlisted"].map(|n| {
                    at.iter().cloned().chain([Field::parse(n).unwrap()]).collect::<Vec<_>>()
                })
            })
            .collect();
        all.extend(fields.clone());
    }
    let resources = ["a", "b"].map(|r| ResourceName::parse(r).unwrap());
    resources
        .iter()
        .flat_map(|r| all.iter().map(|f| Path::new(r.clone(), f.clone()).unwrap()))
        .collect()
}

fn device() -> Facts {
    Facts::of("d", []).unwrap()
}

fn claims(fleet: &Fleet) -> Option<Claims> {
    denote::<()>(fleet, &device())
}

fn at(claims: Option<&Claims>, path: &Path) -> BTreeSet<Value> {
    claims.map(|c| c.at(path).into_iter().map(|(v, ())| v).collect()).unwrap_or_default()
}

/// A fleet of unions of small resources (so candidates may be several), or empty, or all.
pub(crate) fn tree() -> impl Strategy<Value = Fleet> {
    let leaf =
        prop_oneof![(0i64..3).prop_map(Value::Integer), Just(Value::Unset), Just(Value::Object),];
    let entry = (prop::collection::vec(prop::sample::select(&NAMES[..]), 0..4), leaf);
    let resource = (prop::sample::select(&["a", "b"][..]), prop::collection::vec(entry, 1..4));
    let resource = resource.prop_map(|(name, entries)| {
        let mut resource = Resource::new(name);
        for (fields, value) in entries {
            resource.put(fields.iter().map(|f| Field::parse(f).unwrap()).collect(), value);
        }
        deploy(resource)
    });
    let union = prop::collection::vec(resource, 1..4).prop_map(Fleet::union_all);
    prop_oneof![1 => Just(Fleet::empty()), 1 => Just(Fleet::all()), 8 => union]
}

fn path_set() -> impl Strategy<Value = PathSet> {
    let one = (prop::sample::select(universe()), any::<bool>());
    let one =
        one.prop_map(|(p, whole)| if whole { PathSet::subtree(p) } else { PathSet::point(p) });
    let some = prop::collection::vec(one, 0..4);
    let some = some.prop_map(|sets| sets.iter().fold(PathSet::none(), |all, set| all.union(set)));
    prop_oneof![1 => Just(PathSet::all()), 9 => some]
}

proptest! {
    #[test]
    fn union_is_the_union_of_candidates_at_every_path(f in tree(), g in tree()) {
        let (cf, cg) = (claims(&f), claims(&g));
        let both = claims(&f.union(g));
        prop_assert_eq!(both.is_some(), cf.is_some() || cg.is_some());
        for path in universe() {
            let expected = &at(cf.as_ref(), &path) | &at(cg.as_ref(), &path);
            prop_assert_eq!(at(both.as_ref(), &path), expected, "at {}", path);
        }
    }

    #[test]
    fn overlay_takes_the_right_candidates_where_there_are_any(f in tree(), g in tree()) {
        let (cf, cg) = (claims(&f), claims(&g));
        let over = claims(&f.overlay(g));
        prop_assert_eq!(over.is_some(), cf.is_some() || cg.is_some());
        for path in universe() {
            let (left, right) = (at(cf.as_ref(), &path), at(cg.as_ref(), &path));
            let expected = if right.is_empty() { left } else { right };
            prop_assert_eq!(at(over.as_ref(), &path), expected, "at {}", path);
        }
    }

    #[test]
    fn mask_forgets_what_the_other_defines(f in tree(), g in tree()) {
        let (cf, cg) = (claims(&f), claims(&g));
        let masked = claims(&f.mask(g));
        prop_assert_eq!(masked.is_some(), cf.is_some());
        for path in universe() {
            let right = at(cg.as_ref(), &path);
            let expected = if right.is_empty() { at(cf.as_ref(), &path) } else { BTreeSet::new() };
            prop_assert_eq!(at(masked.as_ref(), &path), expected, "at {}", path);
        }
    }

    #[test]
    fn patch_overlays_only_the_resources_whose_root_is_claimed(f in tree(), g in tree()) {
        let (cf, cg) = (claims(&f), claims(&g));
        let patched = claims(&f.patch(g));
        prop_assert_eq!(patched.is_some(), cf.is_some());
        for path in universe() {
            let root = Path::root(path.resource().clone());
            let (left, right) = (at(cf.as_ref(), &path), at(cg.as_ref(), &path));
            let patches = cf.is_some() && !at(cf.as_ref(), &root).is_empty() && !right.is_empty();
            prop_assert_eq!(at(patched.as_ref(), &path), if patches { right } else { left }, "at {}", path);
        }
    }

    #[test]
    fn forget_and_keep_divide_the_paths(f in tree(), p in path_set()) {
        let cf = claims(&f);
        let (forgot, kept) = (claims(&f.clone().forget(p.clone())), claims(&f.keep(p.clone())));
        prop_assert_eq!((forgot.is_some(), kept.is_some()), (cf.is_some(), cf.is_some()));
        let everything = universe();
        for path in &everything {
            let below = everything.iter().any(|q| p.contains(q) && q.is_above(path));
            let above = everything.iter().any(|q| p.contains(q) && path.is_above(q));
            let all = at(cf.as_ref(), path);
            let none = BTreeSet::new();
            prop_assert_eq!(&at(forgot.as_ref(), path), if below { &none } else { &all }, "forget at {}", path);
            let keeps = p.contains(path) || above;
            prop_assert_eq!(&at(kept.as_ref(), path), if keeps { &all } else { &none }, "keep at {}", path);
        }
    }

    #[test]
    fn claims_are_equal_iff_they_agree_at_every_path(f in tree(), g in tree()) {
        let (cf, cg) = (claims(&f), claims(&g));
        let agree = cf.is_some() == cg.is_some()
            && universe().iter().all(|p| at(cf.as_ref(), p) == at(cg.as_ref(), p));
        prop_assert_eq!(cf == cg, agree, "{:?} and {:?}", cf, cg);
    }

    #[test]
    fn path_sets_are_sets(p in path_set(), q in path_set()) {
        for path in universe() {
            prop_assert_eq!(p.union(&q).contains(&path), p.contains(&path) || q.contains(&path));
            prop_assert_eq!(p.intersection(&q).contains(&path), p.contains(&path) && q.contains(&path));
        }
    }
}

/// JSON objects whose leaves are numbers, over few names; `null` where `nulls`.
fn object(nulls: bool) -> impl Strategy<Value = serde_json::Value> {
    let leaf = if nulls {
        prop_oneof![Just(serde_json::Value::Null), (0..3).prop_map(serde_json::Value::from)].boxed()
    } else {
        (0..3).prop_map(serde_json::Value::from).boxed()
    };
    let inner = leaf.prop_recursive(4, 16, 3, |inner| {
        let names = prop::sample::select(&["x", "y", "z"][..]).prop_map(str::to_owned);
        prop::collection::hash_map(names, inner, 0..3).prop_map(|map| map.into_iter().collect())
    });
    let names = prop::sample::select(&["x", "y", "z"][..]).prop_map(str::to_owned);
    prop::collection::hash_map(names, inner, 0..3).prop_map(|map| map.into_iter().collect())
}

/// The fleet that claims `json`, with `Unset` for null.
fn authored(json: &serde_json::Value) -> Fleet {
    let mut resource = Resource::new("r");
    let mut open = vec![(Vec::new(), json)];
    while let Some((fields, json)) = open.pop() {
        match json {
            serde_json::Value::Object(map) => {
                for (name, json) in map {
                    let field = Field::parse(name).unwrap();
                    open.push((fields.iter().cloned().chain([field]).collect(), json));
                }
                resource.put(fields, Value::Object);
            }
            serde_json::Value::Null => resource.put(fields, Value::Unset),
            number => resource.put(fields, Value::Integer(number.as_i64().unwrap())),
        }
    }
    deploy(resource)
}

/// What `fleet` renders to on a device.
fn rendered(fleet: &Fleet) -> serde_json::Value {
    let inventory =
        escadre_algebra::Inventory::new([device()], escadre_algebra::Coverage::Complete).unwrap();
    let resolved = fleet.resolve(&inventory).unwrap();
    match resolved.outcome("d") {
        Some(escadre_algebra::Outcome::Member(member)) => {
            member.configuration.to_json()["r"].clone()
        }
        other => panic!("not a member: {other:?}"),
    }
}

proptest! {
    #[test]
    fn overlay_on_objects_is_json_merge_patch(base in object(false), patch in object(true)) {
        let mut merged = base.clone();
        json_patch::merge(&mut merged, &patch);
        prop_assert_eq!(rendered(&authored(&base).overlay(authored(&patch))), merged);
    }

    #[test]
    fn patch_on_objects_is_json_merge_patch(base in object(false), patch in object(true)) {
        let mut merged = base.clone();
        json_patch::merge(&mut merged, &patch);
        prop_assert_eq!(rendered(&authored(&base).patch(authored(&patch))), merged);
    }

    #[test]
    fn many_overlays_are_many_merge_patches(base in object(false), patches in prop::collection::vec(object(true), 0..5)) {
        let mut merged = base.clone();
        patches.iter().for_each(|patch| json_patch::merge(&mut merged, patch));
        let layers = std::iter::once(authored(&base)).chain(patches.iter().map(authored));
        prop_assert_eq!(rendered(&Fleet::overlay_all(layers)), merged);
    }
}

#[test]
fn what_was_deleted_does_not_come_back() {
    let base = authored(&serde_json::json!({"x": {"y": 1, "z": 2}}));
    let gone = authored(&serde_json::json!({"x": null}));
    let again = authored(&serde_json::json!({"x": {"w": 3}}));
    let fleet = base.overlay(gone).overlay(again);
    assert_eq!(rendered(&fleet), serde_json::json!({"x": {"w": 3}}));
}

#[test]
fn a_leaf_over_a_subtree_hides_it_and_an_object_over_a_leaf_is_empty() {
    let tree = authored(&serde_json::json!({"x": {"y": 1}}));
    let leaf = authored(&serde_json::json!({"x": 2}));
    let empty = authored(&serde_json::json!({"x": {}}));
    assert_eq!(rendered(&tree.clone().overlay(leaf.clone())), serde_json::json!({"x": 2}));
    assert_eq!(rendered(&leaf.overlay(empty.clone())), serde_json::json!({"x": {}}));
    assert_eq!(rendered(&tree.overlay(empty)), serde_json::json!({"x": {"y": 1}}));
}

#[test]
fn an_overlay_leaves_what_stands_above_it_where_it_claims_nothing_there() {
    let base = authored(&serde_json::json!({"x": {"y": 1}}));
    let both = authored(&serde_json::json!({"x": {"y": 2, "z": 3}}));
    // A mask forgets the objects above too: only `x.z` is left, without `x`.
    let left = both.mask(base.clone());
    let (own, over) = (claims(&base), claims(&base.overlay(left)));
    for path in ["r", "r.x", "r.x.y"].map(|path| path.parse().unwrap()) {
        assert_eq!(at(over.as_ref(), &path), at(own.as_ref(), &path), "at {path}");
    }
    assert_eq!(at(over.as_ref(), &"r.x.z".parse().unwrap()), [Value::Integer(3)].into());
}

#[test]
fn a_structural_conflict_is_one_conflict_at_its_topmost_path() {
    let inventory =
        escadre_algebra::Inventory::new([device()], escadre_algebra::Coverage::Complete).unwrap();
    let leaf = authored(&serde_json::json!({"x": 1}));
    let tree = authored(&serde_json::json!({"x": {"y": 2, "z": {"w": 3}}}));
    let unresolved = (leaf | tree).resolve(&inventory).unwrap_err();
    match unresolved.findings() {
        [escadre_algebra::Finding::Conflict { path, candidates, .. }] => {
            assert_eq!(path.to_string(), "r.x");
            assert_eq!(candidates.len(), 2);
        }
        other => panic!("one conflict was expected: {other:?}"),
    }
}

#[test]
fn a_point_has_its_path_alone() {
    for path in universe() {
        let point = PathSet::point(path.clone());
        let within: Vec<Path> = universe().into_iter().filter(|p| point.contains(p)).collect();
        assert_eq!(within.iter().collect::<Vec<_>>(), [&path]);
        assert_eq!(point.points().collect::<Vec<_>>(), [&path]);
        assert_eq!(point.subtrees().count(), 0);
    }
}

#[test]
fn a_union_of_path_sets_has_the_points_of_both_and_everything_if_one_has() {
    let points = ["a.x", "b"].map(|p| PathSet::point(p.parse().unwrap()));
    let both = points[0].union(&points[1]);
    assert_eq!(both.points().map(Path::to_string).collect::<Vec<_>>(), ["a.x", "b"]);
    assert_eq!(PathSet::union_all(points.clone()), both);
    let [x, _] = points;
    for everything in [[x.clone(), PathSet::all()], [PathSet::all(), x]] {
        assert!(everything[0].union(&everything[1]).is_everything());
        assert!(PathSet::union_all(everything).is_everything());
    }
}
