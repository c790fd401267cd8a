//! Drawings of fleets.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::PathBuf;

use escadre_algebra::{Fleet, Graph, MAX_DRAWN, Resource, Selector, choose, deploy, label};

fn sample() -> Fleet {
    let camera = label("role").eq("camera");
    let base = deploy(
        Resource::new("recorder").set("image", "acme/recorder:2.3").set("env.SITE", label("site")),
    );
    let zones = Fleet::overlay_all(["paris", "lyon"].map(|site| {
        let zone = deploy(Resource::new("recorder").set("zone", site));
        zone.restrict(label("site").eq(site)).named(format!("zone \"{site}\""))
    }));
    let many = Selector::any_of((0..40).map(|i| label("site").eq(format!("site-{i}"))));
    let hotfix = deploy(Resource::new("recorder").set("image", "acme/recorder:2.3.1"));
    let fleet = base.clone().restrict(camera.clone()).patch(zones.named("zones"));
    let fleet = fleet
        .patch(choose(camera, hotfix.clone(), base.clone().forget("recorder.env")).named("hotfix"));
    fleet.without(Fleet::devices(many))
        | base
        | deploy(Resource::new("<Bad>")).keep("no such.path!")
}

#[track_caller]
fn check_golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/graph").join(name);
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "run this test with ESCADRE_BLESS=1");
}

#[test]
fn the_drawing_for_graphviz_is_as_recorded() {
    check_golden("sample.dot", &Graph::of(&sample()).to_dot());
}

#[test]
fn the_drawing_for_mermaid_is_as_recorded() {
    check_golden("sample.mmd", &Graph::of(&sample()).to_mermaid());
}

#[test]
fn the_same_program_gives_the_same_drawing() {
    assert_eq!(Graph::of(&sample()).to_dot(), Graph::of(&sample()).to_dot());
}

#[test]
fn one_layer_is_drawn_alone() {
    let graph = Graph::of_layer(&sample(), "zones").unwrap();
    let dot = graph.to_dot();
    assert!(dot.contains("layer zones") && !dot.contains("hotfix"), "{dot}");
    assert!(Graph::of_layer(&sample(), "no such layer").is_none());
}

#[test]
fn a_large_fleet_is_cut_and_says_so() {
    let fleet = Fleet::union_all((0..10_000).map(|i| deploy(Resource::new("web").set("n", i))));
    let graph = Graph::of(&fleet);
    assert!(graph.is_cut());
    assert_eq!(graph.n_nodes(), 10_001);
    let dot = graph.to_dot();
    assert!(dot.contains("8001 more nodes\\ndraw one layer with --layer NAME"), "{dot}");
    assert!(dot.lines().count() < 2 * MAX_DRAWN + 10);
}

#[test]
fn shared_parts_are_drawn_once_and_frames_hold_what_only_one_layer_uses() {
    let shared = deploy(Resource::new("web").set("n", 1));
    let alone = deploy(Resource::new("db").set("n", 1));
    let fleet = shared.clone().named("a") | (shared | alone).named("b");
    let dot = Graph::of(&fleet).to_dot();
    assert_eq!(dot.matches("deploy web (1 field)\\nused 2 times").count(), 1, "{dot}");
    let frame_b = dot.split("label=\"b\";").nth(1).unwrap().split("}\n").next().unwrap();
    assert!(frame_b.contains("deploy db") && !frame_b.contains("deploy web"), "{dot}");
}
