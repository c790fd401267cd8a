//! Resolving: one configuration a device, or all that is wrong.

mod held;
mod rendering;
mod texts;

use escadre_algebra::{
    Coverage, Facts, Finding, Fleet, Inventory, Outcome, Resource, Selector, container, deploy,
    device_id, label, label_or, text,
};

pub(crate) fn inventory(devices: impl IntoIterator<Item = Facts>) -> Inventory {
    Inventory::new(devices, Coverage::Complete).unwrap()
}

pub(crate) fn facts(id: &str, labels: &[(&str, &str)]) -> Facts {
    Facts::of(id, labels.iter().copied()).unwrap()
}

fn motd(value: &str) -> Fleet {
    deploy(Resource::new("motd").set("text", value))
}

fn json(fleet: &Fleet, device: &Facts) -> serde_json::Value {
    let resolved = fleet.resolve(&inventory([device.clone()])).unwrap();
    match resolved.outcome(device.id().as_str()) {
        Some(Outcome::Member(member)) => {
            serde_json::Value::Object(member.configuration.instantiate(device).to_json())
        }
        other => panic!("not a member: {other:?}"),
    }
}

#[test]
fn a_conflict_names_both_lines_the_layers_and_a_witness() {
    let fleet = motd("a").named("base") | motd("b").restrict(label("x").eq("1")).named("hotfix");
    let devices = [facts("d1", &[]), facts("d2", &[("x", "1")]), facts("d3", &[("x", "1")])];
    let unresolved = fleet.resolve(&inventory(devices)).unwrap_err();
    let [Finding::Conflict { path, candidates, on }] = unresolved.findings() else {
        panic!("one conflict was expected: {unresolved}")
    };
    assert_eq!(
        (path.to_string().as_str(), on.n_devices, on.witness.as_str()),
        ("motd.text", 2, "d2")
    );
    let layers: Vec<_> = candidates.iter().map(|(_, s)| s.all()[0].layers[0].to_string()).collect();
    assert_eq!(layers, ["base", "hotfix"]);
    for (_, sources) in candidates {
        assert_eq!(sources.all()[0].origin.place().unwrap().0, "algebra/tests/it/resolve.rs");
    }
}

#[test]
fn everything_that_is_wrong_is_reported_together() {
    let fleet = Fleet::union_all([
        motd("a") | motd("b"),
        deploy(container("app").env("SITE", label("site"))),
        deploy(Resource::new("Bad Name")),
        deploy(Resource::new("late").set("after.nobody", true)),
        motd("c").restrict(label("bad key ").exists()),
        motd("d").forget("no such.Path with space?."),
    ]);
    let unresolved = fleet.resolve(&inventory([facts("d1", &[])])).unwrap_err();
    let kinds: Vec<&str> = unresolved
        .findings()
        .iter()
        .map(|finding| match finding {
            Finding::Invalid(_) => "invalid",
            Finding::Conflict { .. } => "conflict",
            Finding::MissingLabel { .. } => "label",
            Finding::MissingField { .. } => "field",
            Finding::UnknownDependency { .. } => "dependency",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds.iter().filter(|k| **k == "invalid").count(), 3, "{unresolved}");
    for kind in ["conflict", "label", "field", "dependency"] {
        assert_eq!(kinds.iter().filter(|k| **k == kind).count(), 1, "{kind} in\n{unresolved}");
    }
}

#[test]
fn findings_are_grouped_and_capped() {
    let many = (0..300).map(|i| {
        let field = format!("f{i}");
        deploy(Resource::new("r").set(&field, 1)) | deploy(Resource::new("r").set(&field, 2))
    });
    let devices = (0..50).map(|i| facts(&format!("d{i:02}"), &[]));
    let unresolved = Fleet::union_all(many).resolve(&inventory(devices)).unwrap_err();
    assert_eq!((unresolved.findings().len(), unresolved.n_more()), (100, 200));
    let all_devices = |f: &Finding| matches!(f, Finding::Conflict { on, .. } if on.n_devices == 50);
    assert!(unresolved.findings().iter().all(all_devices));
}

#[test]
fn words_that_say_the_same_on_a_device_are_no_conflict_there() {
    let fleet =
        deploy(Resource::new("r").set("v", label("a"))) | deploy(Resource::new("r").set("v", "x"));
    assert_eq!(json(&fleet, &facts("d", &[("a", "x")])), serde_json::json!({"r": {"v": "x"}}));
    let unresolved =
        fleet.resolve(&inventory([facts("d", &[("a", "x")]), facts("e", &[("a", "y")])]));
    let unresolved = unresolved.unwrap_err();
    assert!(
        matches!(unresolved.findings(), [Finding::Conflict { on, .. }] if on.witness.as_str() == "e")
    );
    // Missing(a) equals no string, not even the empty one.
    let empty =
        deploy(Resource::new("r").set("v", label("a"))) | deploy(Resource::new("r").set("v", ""));
    assert!(empty.resolve(&inventory([facts("d", &[])])).is_err());
}

#[test]
fn a_missing_label_can_be_overlaid() {
    let base = deploy(Resource::new("r").set("v", text("site-") + label("site")));
    assert!(base.resolve(&inventory([facts("d", &[])])).is_err());
    let over =
        base.overlay(deploy(Resource::new("r").set("v", "none")).restrict(label("site").absent()));
    assert_eq!(json(&over, &facts("d", &[])), serde_json::json!({"r": {"v": "none"}}));
    assert_eq!(
        json(&over, &facts("d", &[("site", "p")])),
        serde_json::json!({"r": {"v": "site-p"}})
    );
}

#[test]
fn labels_with_defaults_are_choices() {
    let url = text("rtsp://") + label_or("host", device_id()) + ":" + label_or("port", "554");
    let fleet = deploy(Resource::new("r").set("url", url));
    for (labels, expected) in [
        (&[][..], "rtsp://d:554"),
        (&[("host", "h")], "rtsp://h:554"),
        (&[("port", "1")], "rtsp://d:1"),
        (&[("host", "h"), ("port", "1")], "rtsp://h:1"),
    ] {
        assert_eq!(json(&fleet, &facts("d", labels)), serde_json::json!({"r": {"url": expected}}));
    }
    let again = deploy(Resource::new("r").set("v", label_or("a", "x")).set("v", "y"));
    assert_eq!(json(&again, &facts("d", &[])), serde_json::json!({"r": {"v": "y"}}));
}

#[test]
fn a_member_with_nothing_is_not_a_device_that_is_no_member() {
    let resolved = Fleet::devices(label("x").exists())
        .resolve(&inventory([facts("d", &[]), facts("e", &[("x", "1")])]))
        .unwrap();
    assert_eq!(resolved.outcome("d"), Some(&Outcome::NotMember));
    let Some(Outcome::Member(member)) = resolved.outcome("e") else { panic!("not a member") };
    assert!(member.configuration.resources().is_empty());
    assert_eq!(resolved.outcome("nobody"), None);
}

#[test]
fn all_and_none_are_distinct_and_never_implied() {
    let d = inventory([facts("d", &[])]);
    let outcome = |fleet: &Fleet| fleet.resolve(&d).unwrap().outcome("d").cloned();
    assert_eq!(outcome(&Fleet::empty()), Some(Outcome::NotMember));
    assert_eq!(outcome(&Fleet::union_all([])), Some(Outcome::NotMember));
    assert_eq!(outcome(&Fleet::all().restrict(Selector::any_of([]))), Some(Outcome::NotMember));
    assert!(matches!(outcome(&Fleet::all()), Some(Outcome::Member(_))));
}

#[test]
fn why_a_layer_does_not_reach_a_device_is_told() {
    let fleet = motd("a")
        .named("base")
        .overlay(
            motd("b")
                .restrict(label("firmware").ge(escadre_algebra::semver("2.1")))
                .named("hotfix"),
        )
        .overlay(motd("c").without(Fleet::devices(label("site").eq("paris"))).named("elsewhere"));
    let d = facts("d", &[("firmware", "1.9.0"), ("site", "paris")]);
    let why = fleet.explain(&d, Some(&"motd.text".parse().unwrap()));
    assert_eq!(why.member, Some(true));
    assert_eq!(why.fields.len(), 1);
    assert_eq!(why.fields[0].candidates[0].sources.all()[0].layers[0].as_ref(), "base");
    let layers: Vec<&str> = why.unreached.iter().map(|u| &*u.layers[0]).collect();
    assert_eq!(layers, ["hotfix", "elsewhere"]);
    assert!(why.unreached[0].reasons[0].contains("1.9.0"), "{:?}", why.unreached[0].reasons);
    assert!(why.unreached[1].reasons[0].starts_with("a member of the fleet"));
}

#[test]
fn a_value_knows_what_it_shadowed_latest_first() {
    let layers = ["one", "two", "three"].map(|name| motd(name).named(name));
    let why = Fleet::overlay_all(layers).explain(&facts("d", &[]), None);
    let text = why.fields.iter().find(|f| f.path.to_string() == "motd.text").unwrap();
    let shadowed: Vec<String> =
        text.candidates[0].shadowed.iter().map(|(v, _)| v.to_string()).collect();
    assert_eq!(shadowed, [r#""two""#, r#""one""#]);
}

#[test]
fn a_layer_over_itself_shadows_nothing() {
    let layer = motd("one").named("one");
    let why = layer.clone().overlay(layer).explain(&facts("d", &[]), None);
    assert!(why.fields.iter().all(|field| field.candidates[0].shadowed.is_empty()));
}

#[test]
fn what_is_set_later_lies_over_what_was_set_before_defaults_or_not() {
    let d = facts("d", &[("k", "v")]);
    let with = |r: Resource| json(&deploy(r), &d);
    let r = || Resource::new("r");
    let x = || label_or("k", "none");
    assert_eq!(with(r().set("x", x()).set("x.y", 2)), serde_json::json!({"r": {"x": {"y": 2}}}));
    assert_eq!(with(r().set("x", 1).set("x.y", x())), serde_json::json!({"r": {"x": {"y": "v"}}}));
    assert_eq!(with(r().set("x.y", x()).set("x", 1)), serde_json::json!({"r": {"x": 1}}));
    assert_eq!(with(r().set("x.y", 1).set("x", x())), serde_json::json!({"r": {"x": "v"}}));
    assert_eq!(with(r().set("x", 1).set("x", x())), serde_json::json!({"r": {"x": "v"}}));
    let object = escadre_algebra::Value::Object;
    let kept = r().set("x.y", x()).set("x", object);
    assert_eq!(with(kept), serde_json::json!({"r": {"x": {"y": "v"}}}));
    let mut root = r();
    root.put(Vec::new(), x());
    assert_eq!(with(root), serde_json::json!({"r": "v"}));
}

#[test]
fn an_object_set_at_a_field_with_a_default_replaces_it() {
    let d = facts("d", &[]);
    let fleet = deploy(
        Resource::new("r").set("v", label_or("a", "x")).set("v", escadre_algebra::Value::Object),
    );
    assert_eq!(json(&fleet, &d), serde_json::json!({"r": {"v": {}}}));
}

#[test]
fn conflicts_between_texts_are_one_group_and_a_label_counts_a_device_once() {
    let fleet = deploy(Resource::new("r").set("v", label("site")))
        | motd("x")
        | deploy(Resource::new("r").set("v", "x"));
    let devices = (0..300).map(|i| facts(&format!("d{i}"), &[("site", &format!("s{i}"))]));
    let unresolved = fleet.resolve(&inventory(devices)).unwrap_err();
    assert!(matches!(unresolved.findings(), [Finding::Conflict { on, .. }] if on.n_devices == 300));
    let twice = deploy(Resource::new("r").set("v", label("a") + "-" + label("a") + label("b")));
    let unresolved = twice.resolve(&inventory([facts("d", &[])])).unwrap_err();
    let keys: Vec<(String, usize)> = unresolved
        .findings()
        .iter()
        .map(|finding| match finding {
            Finding::MissingLabel { key, on, .. } => (key.to_string(), on.n_devices),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(keys, [("a".to_owned(), 1), ("b".to_owned(), 1)]);
}

#[test]
fn a_contested_text_leaves_the_other_texts_as_they_were_written() {
    let fleet =
        deploy(container("rec").image("i").env("HOST", device_id()).env("SITE", label("site")))
            | deploy(container("rec").env("SITE", "paris")).restrict(label("site").eq("paris"));
    let devices = [facts("a", &[("site", "paris")]), facts("b", &[("site", "oslo")])];
    let resolved = fleet.resolve(&inventory(devices)).unwrap();
    let host = |id: &str| match resolved.outcome(id) {
        Some(Outcome::Member(member)) => {
            let rec = member.configuration.resources().get("rec").unwrap();
            rec.get(&["containers", "rec", "env", "HOST", "value"]).unwrap().to_string()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((host("a"), host("b")), (r#""{device_id()}""#.into(), r#""{device_id()}""#.into()));
}

#[test]
fn what_is_hidden_below_a_leaf_is_a_conflict_all_the_same() {
    let tree = deploy(Resource::new("w").set("x.y", 2));
    let object = deploy(Resource::new("w").set("x", escadre_algebra::Value::Object));
    let fleet = tree.mask(object) | deploy(Resource::new("w").set("x", 1));
    let unresolved = fleet.resolve(&inventory([facts("d", &[])])).unwrap_err();
    assert!(
        matches!(unresolved.findings(), [Finding::Conflict { path, .. }] if path.to_string() == "w.x.y")
    );
}

#[test]
fn a_text_that_mentions_a_label_has_another_digest_than_its_spelling() {
    let digest = |fleet: &Fleet| match fleet
        .resolve(&inventory([facts("d", &[("site", "p")])]))
        .unwrap()
        .outcome("d")
    {
        Some(Outcome::Member(member)) => member.configuration.digest(),
        other => panic!("{other:?}"),
    };
    let mentions = deploy(Resource::new("r").set("v", label("site")));
    let spells = deploy(Resource::new("r").set("v", "{label(site)}"));
    assert_ne!(digest(&mentions), digest(&spells));
}

#[test]
fn required_fields_are_told_beside_conflicts() {
    let fleet = deploy(container("app").env("A", "1")) | deploy(container("app").env("A", "2"));
    let unresolved = fleet.resolve(&inventory([facts("d", &[])])).unwrap_err();
    let n_missing =
        unresolved.findings().iter().filter(|f| matches!(f, Finding::MissingField { .. })).count();
    assert_eq!((unresolved.findings().len(), n_missing), (2, 1), "{unresolved}");
}

#[test]
fn what_is_wrong_reads_as_one_text() {
    let fleet = motd("a").named("base") | motd("b").named("hotfix");
    let unresolved = fleet.resolve(&inventory([facts("d1", &[])])).unwrap_err();
    let text = unresolved.to_string();
    let (first, rest) = text.split_once("\n\n").unwrap();
    assert_eq!(first, "the fleet does not resolve: 1 finding");
    let lines: Vec<&str> =
        rest.lines().map(|line| line.split(" at algebra").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "conflict at motd.text on `d1`",
            "    \"a\"",
            "        written",
            "    \"b\"",
            "        written",
            "    lay one over the other (`overlay`, `patch`) or restrict them to different devices",
        ]
    );
    let two = [facts("d1", &[]), facts("d2", &[])];
    let text = fleet.resolve(&inventory(two)).unwrap_err().to_string();
    assert!(text.contains("conflict at motd.text on 2 devices, such as `d1`"), "{text}");
}

#[test]
fn a_hundred_findings_are_told_and_the_others_counted() {
    let conflict = |i: usize| {
        let of = |value: &str| deploy(Resource::new(&format!("r-{i}")).set("text", value));
        of("a") | of("b")
    };
    let bad = |i: usize| deploy(Resource::new(&format!("Bad {i}")));
    let told = |fleet: &Fleet| {
        let unresolved = fleet.resolve(&inventory([facts("d", &[])])).unwrap_err();
        let text = unresolved.to_string();
        let first = text.lines().next().unwrap().to_owned();
        let last = text.lines().last().unwrap().to_owned();
        (unresolved.findings().len(), first, last.contains("more").then_some(last))
    };
    let all = |n_conflicts: usize, n_bad: usize| {
        Fleet::union_all((0..n_conflicts).map(conflict).chain((0..n_bad).map(bad)))
    };
    let says = |n: usize| format!("the fleet does not resolve: {n} findings");
    assert_eq!(told(&all(100, 0)), (100, says(100), None));
    assert_eq!(told(&all(101, 0)), (100, says(101), Some("… and 1 more".to_owned())));
    assert_eq!(told(&all(102, 105)), (200, says(207), Some("… and 7 more".to_owned())));
}
