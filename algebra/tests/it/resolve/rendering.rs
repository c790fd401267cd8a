//! What is rendered of claims, and what is said of those that contradict each other.

use escadre_algebra::{Finding, Resource, deploy};

use super::{facts, inventory, json};

#[test]
fn what_is_unset_hides_what_was_said_below_it() {
    let below = deploy(Resource::new("r").set("a.b.c", 1).set("a.x", 2).set("c", 1));
    let unset = |path: &str| below.clone().overlay(deploy(Resource::new("r").unset(path)));
    let d = facts("d", &[]);
    assert_eq!(json(&unset("a"), &d), serde_json::json!({"r": {"c": 1}}));
    assert_eq!(json(&unset("a.b"), &d), serde_json::json!({"r": {"a": {"x": 2}, "c": 1}}));
}

#[test]
fn a_value_hides_what_other_parts_say_below_it() {
    let below = deploy(Resource::new("r").set("a.b.c", 1).set("c", 1));
    let whole = below.clone();
    // Neither the object `a` of the one nor that nothing is below `a` of the other.
    let below = below.mask(deploy(Resource::new("r").set("a.q", 1)));
    assert_eq!(json(&below, &facts("d", &[])), json(&whole, &facts("d", &[])));
    for (value, expected) in [
        (Resource::new("r").set("a", "x"), serde_json::json!({"r": {"a": "x", "c": 1}})),
        (Resource::new("r").unset("a"), serde_json::json!({"r": {"c": 1}})),
    ] {
        let fleet = deploy(value).mask(below.clone()) | below.clone();
        assert_eq!(json(&fleet, &facts("d", &[])), expected);
    }
}

#[test]
fn what_is_contested_below_a_required_field_would_be_there() {
    let pod = |container: &str| {
        deploy(Resource::new("r").set("kind", "Pod").set("containers.main", container))
    };
    let unresolved = (pod("x") | pod("y")).resolve(&inventory([facts("d", &[])])).unwrap_err();
    assert!(matches!(unresolved.findings(), [Finding::Conflict { .. }]), "{unresolved}");
}

#[test]
fn a_required_field_that_is_contested_is_not_missing_too() {
    let file = |path: &str| {
        deploy(Resource::new("r").set("kind", "ConfigFile").set("text", "x").set("path", path))
    };
    let unresolved = (file("/a") | file("/b")).resolve(&inventory([facts("d", &[])])).unwrap_err();
    assert!(matches!(unresolved.findings(), [Finding::Conflict { .. }]), "{unresolved}");
    // What is contested above it would be there, too.
    let pod = |container: &str| {
        let pod = Resource::new("r").set("kind", "Pod").set("containers.main.image", "i");
        deploy(pod.set("containers.other", container))
    };
    let unresolved = (pod("x") | pod("y")).resolve(&inventory([facts("d", &[])])).unwrap_err();
    assert!(matches!(unresolved.findings(), [Finding::Conflict { .. }]), "{unresolved}");
    let secret = |name: &str| Resource::new("r").set("kind", "Secret").set("name", name);
    let unresolved = (deploy(secret("a")) | deploy(secret("b")))
        .resolve(&inventory([facts("d", &[])]))
        .unwrap_err();
    let n_missing = unresolved
        .findings()
        .iter()
        .filter(|finding| matches!(finding, Finding::MissingField { .. }))
        .count();
    assert_eq!((unresolved.findings().len(), n_missing), (3, 2), "{unresolved}");
}
