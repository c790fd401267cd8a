//! No recursion on depth, and sharing stays linear.

use escadre_algebra::{Facts, Fleet, Graph, PathSet, Resource, Sources, denote, deploy, label};

use super::{PLAIN, WITH_ORIGINS};

fn on_a_small_stack(body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(body).unwrap().join().unwrap();
}

/// Everything that walks an expression.
fn walk(fleet: &Fleet, n_nodes: usize) {
    let d = Facts::of("d", [("role", "camera")]).unwrap();
    let copy = Fleet::clone(fleet);
    assert!(format!("{copy:?}").contains(&n_nodes.to_string()), "{copy:?}");
    let meaning = denote::<()>(fleet, &d);
    assert_eq!(denote::<Sources>(fleet, &d).is_some(), meaning.is_some());
    for options in [PLAIN, WITH_ORIGINS] {
        let text = fleet.encode(&options).unwrap();
        let read = Fleet::decode(text.as_bytes()).unwrap();
        // Decoding compared the digests.
        assert_eq!(denote::<()>(&read, &d), meaning);
        assert_eq!(read.encode(&options).unwrap(), text);
    }
    let value = serde_json::to_value(fleet).unwrap();
    let read: Fleet = serde_json::from_value(value).unwrap();
    assert_eq!(denote::<()>(&read, &d), meaning);
    let graph = Graph::of(fleet);
    assert!(graph.to_dot().starts_with("digraph"));
    assert!(graph.to_mermaid().starts_with("flowchart"));
}

#[test]
fn a_hundred_thousand_nested_combinators() {
    on_a_small_stack(|| {
        let base = deploy(Resource::new("web").set("port", 80));
        let camera = label("role").eq("camera");
        let mut fleet = base.clone();
        for i in 0..25_000 {
            // Names are few: what a claim remembers is as long as the names around it.
            fleet = fleet.restrict(camera.clone());
            fleet = if i % 500 == 0 { fleet.named("layer") } else { fleet.keep(PathSet::all()) };
            fleet =
                if i % 2 == 0 { fleet.overlay(base.clone()) } else { base.clone().patch(fleet) };
            fleet = fleet.forget("web.gone");
        }
        walk(&fleet, 100_001);
    });
}

#[test]
fn sixty_four_levels_of_sharing() {
    on_a_small_stack(|| {
        let mut fleet = deploy(Resource::new("web").set("port", 80));
        for _ in 0..64 {
            fleet = fleet.clone() | fleet;
        }
        walk(&fleet, 65);
    });
}

#[test]
fn sixty_four_levels_of_sharing_in_a_selector() {
    on_a_small_stack(|| {
        let mut selector = label("role").eq("camera") | label("site").exists();
        let mut fleet = Fleet::all();
        for _ in 0..64 {
            selector = selector.clone() & !selector;
            fleet = fleet.restrict(selector.clone());
        }
        walk(&fleet, 65);
    });
}

#[test]
fn a_selector_of_twenty_thousand_levels() {
    on_a_small_stack(|| {
        let (a, b) = (label("a").exists(), label("b").exists());
        let mut selector = a.clone();
        for _ in 0..10_000 {
            selector = (selector & a.clone()) | b.clone();
        }
        walk(&Fleet::devices(selector), 2);
    });
}
