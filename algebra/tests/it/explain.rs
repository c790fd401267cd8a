//! Explaining: who wrote what, what it replaced, and what did not reach a device.

use std::time::{Duration, Instant};

use escadre_algebra::{
    Annotation, Explanation, Facts, Fleet, History, Origin, PathSet, Resource, ResourceName,
    Source, Sources, Unreached, Value, choose, deploy, label,
};

fn facts(labels: &[(&str, &str)]) -> Facts {
    Facts::of("d", labels.iter().copied()).unwrap()
}

fn motd(value: &str) -> Fleet {
    deploy(Resource::new("motd").set("text", value))
}

fn why(fleet: &Fleet, path: &str) -> Explanation {
    fleet.explain(&facts(&[]), Some(&path.parse().unwrap()))
}

/// The only unreached part, after a look at its resources and the start of its only reason.
fn only<'a>(why: &'a Explanation, resources: &[&str], reason: &str) -> &'a Unreached {
    let [part] = &why.unreached[..] else { panic!("one part was expected: {:?}", why.unreached) };
    let names: Vec<&str> = part.resources.iter().map(ResourceName::as_str).collect();
    assert_eq!(names, resources);
    assert!(part.reasons[0].starts_with(reason), "{:?}", part.reasons);
    part
}

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let started = Instant::now();
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

fn source(n: u32) -> Sources {
    Sources::written(&Origin::stored("fleet.rs".into(), n, 1))
}

fn joined<A: Annotation>(a: &A, b: &A) -> A {
    let mut a = a.clone();
    a.join(b);
    a
}

fn check_join<A: Annotation + PartialEq + std::fmt::Debug>(x: &A, y: &A, z: &A) {
    assert_eq!(joined(x, x), *x);
    assert_eq!(joined(x, y), joined(y, x));
    assert_eq!(joined(&joined(x, y), z), joined(x, &joined(y, z)));
}

#[test]
fn joining_sources_is_associative_commutative_and_idempotent_and_keeps_the_least_32() {
    let all = |lines: std::ops::Range<u32>| {
        lines.map(source).reduce(|a, b| joined(&a, &b)).unwrap_or_default()
    };
    let (x, y, z) = (all(10..40), all(0..70), all(35..60));
    check_join(&x, &y, &z);
    check_join(&z, &x, &y);
    let lines: Vec<u32> =
        joined(&x, &z).all().iter().map(|s| s.origin.place().unwrap().1).collect();
    assert_eq!(lines, (10..42).collect::<Vec<u32>>());
}

#[test]
fn naming_sources_keeps_them_in_order_and_none_twice() {
    let with = |layers: &[&str]| {
        let mut sources = source(1);
        layers.iter().for_each(|&layer| sources.named(&layer.into()));
        sources
    };
    let many = ["a"; 15];
    let mut sources = joined(&with(&[&many[..], &["a"]].concat()), &with(&many));
    assert_eq!(sources.all().len(), 2);
    sources.named(&"a".into());
    assert_eq!(sources.all().len(), 1);
    let mut sorted: Vec<Source> = joined(&with(&["b"]), &with(&["a", "c"])).all().to_vec();
    sorted.sort();
    assert_eq!(joined(&with(&["b"]), &with(&["a", "c"])).all(), sorted);
}

/// What the last of `lines` remembers when each replaces the one before.
fn chain(lines: std::ops::Range<u32>) -> History {
    let written = |n| History::written(&Origin::stored("fleet.rs".into(), n, 1));
    let layers = lines.map(|n| (Value::Integer(i64::from(n)), written(n)));
    let last = layers.reduce(|below, (value, mut history)| {
        history.shadow(&[below]);
        (value, history)
    });
    last.unwrap().1
}

#[test]
fn joining_histories_is_associative_commutative_and_idempotent() {
    let (x, y, z) = (chain(0..40), chain(20..120), chain(30..70));
    for (x, y, z) in [(&x, &y, &z), (&y, &z, &x), (&z, &y, &x), (&y, &x, &y)] {
        check_join(x, y, z);
    }
}

#[test]
fn how_overlays_are_nested_does_not_change_what_is_remembered() {
    let [a, b, c] = ["a", "b", "c"].map(|name| motd(name).named(name));
    let left = a.clone().overlay(b.clone()).overlay(c.clone());
    let right = a.overlay(b.overlay(c));
    assert_eq!(why(&left, "motd").fields, why(&right, "motd").fields);
    let shadowed = &why(&right, "motd.text").fields[0].candidates[0].shadowed;
    let values: Vec<String> = shadowed.iter().map(|(value, _)| value.to_string()).collect();
    assert_eq!(values, [r#""b""#, r#""a""#]);
}

#[test]
fn a_value_that_replaced_3200_layers_lists_64_and_counts_the_others() {
    on_a_small_stack(|| {
        let layers = (0..3_200).map(|n| motd(&n.to_string()).named(format!("l{n}")));
        let why = why(&Fleet::overlay_all(layers), "motd.text");
        let text = &why.fields[0].candidates[0];
        assert_eq!((text.shadowed.len(), text.n_more_shadowed), (64, 3_199 - 64));
        assert_eq!(text.shadowed[0].0.to_string(), r#""3198""#);
        assert_eq!(&*text.shadowed[63].1.all()[0].layers[0], "l3135");
    });
}

#[test]
fn a_hundred_thousand_nested_overlays_are_explained() {
    on_a_small_stack(|| {
        let fleet = (1..100_000).fold(motd("0"), |f, n| f.overlay(motd(&n.to_string())));
        let why = why(&fleet, "motd.text");
        let text = &why.fields[0].candidates[0];
        assert_eq!(text.value.to_string(), r#""99999""#);
        assert_eq!((text.shadowed.len(), text.n_more_shadowed), (64, 99_999 - 64));
    });
}

#[test]
fn twenty_four_thousand_nested_names_are_cut_to_the_innermost_sixteen() {
    on_a_small_stack(|| {
        let never = motd("b").restrict(label("x").exists());
        let fleet = (0..24_000).fold(motd("a") | never, |f, n| f.named(format!("l{n}")));
        let why = why(&fleet, "motd.text");
        let innermost: Vec<String> = (0..16).map(|n| format!("l{n}")).collect();
        let names = |layers: &[std::sync::Arc<str>]| -> Vec<String> {
            layers.iter().map(ToString::to_string).collect()
        };
        let sources = why.fields[0].candidates[0].sources.all();
        assert_eq!(names(&sources[0].layers), innermost);
        assert_eq!(names(&only(&why, &["motd"], "`x` is false").layers), innermost);
    });
}

#[test]
fn sixty_four_levels_of_sharing_with_different_names_are_explained() {
    on_a_small_stack(|| {
        let union = (0..64).fold(motd("a"), |f, n| f.clone() | f.named(format!("l{n}")));
        let sources = &why(&union, "motd.text").fields[0].candidates[0].sources;
        assert_eq!(sources.all().len(), 32);
        let overlay = (0..64).fold(motd("a"), |f, n| f.clone().overlay(f.named(format!("l{n}"))));
        let text = &why(&overlay, "motd.text").fields[0].candidates[0];
        assert_eq!(text.shadowed.len(), 64);
        assert!(text.n_more_shadowed > 0);
    });
}

#[test]
fn parts_that_are_stopped_at_every_level_are_summarised_once() {
    on_a_small_stack(|| {
        let s = label("x").exists();
        let fleet = (0..5_000).fold(motd("a"), |f, _| f.clone().overlay(f.restrict(s.clone())));
        let why = why(&fleet, "motd.text");
        assert_eq!(why.unreached.len(), 5_000);
    });
}

#[test]
fn an_object_that_a_stopped_part_would_have_claimed_is_told() {
    let empty = Resource::new("web").set("env", Value::Object);
    let fleet = deploy(empty.set("env.A", 1)).restrict(label("x").exists());
    only(&why(&fleet, "web.env"), &["web"], "`x` is false");
    only(&why(&fleet, "web.env.A"), &["web"], "`x` is false");
    assert!(why(&fleet, "web.args").unreached.is_empty());
    let object = Resource::new("web").set("env", Value::Object);
    let fleet = deploy(object).restrict(label("x").exists());
    only(&why(&fleet, "web.env"), &["web"], "`x` is false");
}

#[test]
fn a_patch_of_a_resource_that_the_device_does_not_have_is_told() {
    let recorder = || Resource::new("recorder").set("image", "v2");
    let base = motd("a") | deploy(recorder()).restrict(label("role").eq("camera"));
    let fleet = base.patch((deploy(recorder()) | motd("b")).named("hotfix"));
    let reason = "patches resources that are there; the device has no `recorder`";
    let why_all = fleet.explain(&facts(&[]), None);
    let missed = why_all.unreached.iter().find(|part| part.reasons == [reason]).unwrap();
    assert_eq!(&*missed.layers[0], "hotfix");
    assert_eq!(missed.resources.len(), 1);
    assert!(why(&fleet, "recorder.image").unreached.iter().any(|part| part.reasons == [reason]));
    assert!(why(&fleet, "recorder.env").unreached.is_empty());
    assert!(why(&fleet, "motd.text").unreached.is_empty());
    assert!(fleet.explain(&facts(&[("role", "camera")]), None).unreached.is_empty());
}

#[test]
fn a_path_that_was_removed_above_shows_who_removed_it() {
    let fleet = motd("a").overlay(deploy(Resource::removed("motd")).named("cleanup"));
    let why_text = why(&fleet, "motd.text");
    let [removed] = &why_text.fields[..] else { panic!("one field: {:?}", why_text.fields) };
    assert_eq!(removed.path.to_string(), "motd");
    assert_eq!(removed.candidates[0].value, Value::Unset);
    assert_eq!(&*removed.candidates[0].sources.all()[0].layers[0], "cleanup");
    let nested = deploy(Resource::new("web").set("env.A.b", 1).unset("env"));
    let paths: Vec<String> =
        why(&nested, "web.env.A.b").fields.iter().map(|f| f.path.to_string()).collect();
    assert_eq!(paths, ["web.env"]);
    assert!(why(&motd("a"), "motd.owner").fields.is_empty());
}

#[test]
fn what_was_forgotten_not_kept_or_masked_is_told_where_it_touches_the_path() {
    let base = || deploy(Resource::new("web").set("image", "v1").set("env.A", 1)) | motd("a");
    let forgotten = base().named("base").forget("web.env").named("outer");
    let why_env = why(&forgotten, "web.env.A");
    let part = only(&why_env, &["web"], "forgotten at algebra/tests/it/explain.rs:");
    assert_eq!(part.layers.iter().map(|l| &**l).collect::<Vec<_>>(), ["outer"]);
    only(&why(&forgotten, "web"), &["web"], "forgotten at ");
    only(&forgotten.explain(&facts(&[]), None), &["web"], "forgotten at ");
    assert!(why(&forgotten, "web.image").unreached.is_empty());
    assert!(why(&motd("a").forget("web.env"), "web.env").unreached.is_empty());
    only(&base().forget(PathSet::all()).explain(&facts(&[]), None), &["motd", "web"], "forgotten");

    let kept = base().keep("web.env");
    only(&why(&kept, "web.image"), &["web"], "not among what is kept at ");
    only(&kept.explain(&facts(&[]), None), &["motd", "web"], "not among what is kept at ");
    assert!(why(&kept, "web.env.A").unreached.is_empty());

    let masked = base().mask(deploy(Resource::new("web").set("env", "none")).named("mask"));
    only(&why(&masked, "web.env.A"), &["web"], "masked at ");
    only(&masked.explain(&facts(&[]), None), &["web"], "masked at ");
    assert!(why(&masked, "web.image").unreached.is_empty());
    let beside = base().mask(deploy(Resource::new("web").set("port", 1)));
    assert!(beside.explain(&facts(&[]), None).unreached.is_empty());
}

#[test]
fn what_only_masks_or_selects_is_not_said_to_claim() {
    let never = || deploy(Resource::new("web").set("port", 1)).restrict(label("x").exists());
    assert!(motd("a").mask(never()).explain(&facts(&[]), None).unreached.is_empty());
    assert!(motd("a").without(never()).explain(&facts(&[]), None).unreached.is_empty());
    let within = motd("a").within(never()).explain(&facts(&[]), None);
    let part = only(&within, &["motd"], "not a member of the fleet written at ");
    assert_eq!(part.reasons[1], "`x` is false: no label x");
    let stopped = motd("a").mask(never()).restrict(label("y").exists());
    only(&stopped.explain(&facts(&[]), None), &["motd"], "`y` is false");
}

#[test]
fn parts_that_mean_nothing_are_listed() {
    let fleet =
        motd("a") | deploy(Resource::new("Bad Name")) | motd("b").restrict(label("").exists());
    let why = fleet.explain(&facts(&[]), None);
    assert_eq!(why.member, Some(true));
    assert_eq!(why.problems, fleet.problems());
    assert_eq!(why.problems.len(), 2);
}

#[test]
fn membership_is_known_although_parts_mean_nothing() {
    let bad = deploy(Resource::new("Bad Name"));
    let cameras = Fleet::devices(label("role").eq("camera")) | bad;
    assert_eq!(cameras.membership(&facts(&[("role", "camera")])), Some(true));
    assert_eq!(cameras.membership(&facts(&[])), Some(false));
    let unknown = facts(&[]).with_unknown("role").unwrap();
    assert_eq!(cameras.membership(&unknown), None);
    assert_eq!((cameras.clone() | motd("a")).membership(&unknown), Some(true));
    let other = facts(&[]).with_unknown("site").unwrap();
    assert_eq!(cameras.membership(&other), Some(false));
}

#[test]
fn membership_is_decided_over_all_completions_together() {
    let (s, unknown) = (label("x").eq("1"), facts(&[]).with_unknown("x").unwrap());
    let either = Fleet::devices(s.clone()) | Fleet::all().without(Fleet::devices(s.clone()));
    assert_eq!(either.membership(&unknown), Some(true));
    assert_eq!(either.explain(&unknown, None).member, Some(true));
    let neither = Fleet::devices(s.clone()).restrict(!s.clone());
    assert_eq!(neither.membership(&unknown), Some(false));
    let same = choose(s.clone(), motd("a"), motd("b"));
    assert_eq!(same.membership(&unknown), Some(true));
    assert_eq!(choose(s, motd("a"), Fleet::empty()).membership(&unknown), None);
}
