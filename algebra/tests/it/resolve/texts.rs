//! Texts that mention the device, and their defaults.

use escadre_algebra::{Resource, denote, deploy, device_id, label, label_or, text};

use super::{facts, inventory, json};

#[test]
fn a_label_with_a_default_is_the_same_wherever_it_stands_in_a_text() {
    let twice = text("") + label_or("k", "none") + "-" + label_or("k", "nothing");
    let fleet = deploy(Resource::new("r").set("v", twice));
    assert_eq!(json(&fleet, &facts("d", &[])), serde_json::json!({"r": {"v": "none-nothing"}}));
    assert_eq!(json(&fleet, &facts("d", &[("k", "x")])), serde_json::json!({"r": {"v": "x-x"}}));
}

#[test]
fn a_text_has_at_most_sixty_four_readings_and_all_of_them_are_meant() {
    let defaults = |n: usize| (0..n).fold(text(""), |t, i| t + label_or(&format!("k{i}"), "0"));
    let fleet = deploy(Resource::new("r").set("v", defaults(6)));
    assert_eq!(
        json(&fleet, &facts("d", &[("k3", "1")])),
        serde_json::json!({"r": {"v": "000100"}})
    );
    assert_eq!(json(&fleet, &facts("d", &[])), serde_json::json!({"r": {"v": "000000"}}));
    let many = deploy(Resource::new("r").set("v", defaults(7)));
    assert!(many.resolve(&inventory([facts("d", &[])])).is_err());
}

#[test]
fn defaults_may_have_defaults_thirty_two_deep() {
    let nested = |n: usize| {
        (1..n).fold(label_or("k0", "x"), |default, i| label_or(&format!("k{i}"), default))
    };
    let fleet = |n: usize| deploy(Resource::new("r").set("v", nested(n)));
    assert_eq!(json(&fleet(32), &facts("d", &[])), serde_json::json!({"r": {"v": "x"}}));
    let unresolved = fleet(33).resolve(&inventory([facts("d", &[])])).unwrap_err().to_string();
    assert!(unresolved.contains("nested more than 32 deep"), "{unresolved}");
}

#[test]
fn words_labels_and_the_id_are_texts_and_may_begin_one() {
    let word = escadre_algebra::Word::literal("w");
    let resource = Resource::new("r")
        .set("id", device_id() + "-s")
        .set("label", label("k") + "-s")
        .set("word", text("") + word);
    let rendered = serde_json::json!({"r": {"id": "d-s", "label": "v-s", "word": "w"}});
    assert_eq!(json(&deploy(resource), &facts("d", &[("k", "v")])), rendered);
}

#[test]
fn candidates_that_say_the_same_on_a_device_are_one() {
    let at = |site| deploy(Resource::new("r").set("at", site));
    let fleet = at(text("lyon")) | at(text("") + label("site"));
    for (site, n_candidates) in [("lyon", 1), ("nice", 2)] {
        let claims = denote::<()>(&fleet, &facts("d", &[("site", site)])).unwrap();
        assert_eq!(claims.at(&"r.at".parse().unwrap()).len(), n_candidates);
    }
}
