//! Which values there are, and how a wrong one reads.

use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

use super::PLAIN;
use super::entries::with_its_digest;

/// A document with `claims` in place of those of its only resource.
fn document(claims: &str) -> String {
    let text = deploy(Resource::new("web").set("port", 80)).encode(&PLAIN).unwrap();
    let written = "{\"port\": 80}";
    assert!(text.contains(written), "{text}");
    text.replace(written, claims)
}

fn message(claims: &str) -> String {
    Fleet::decode(document(claims).as_bytes()).unwrap_err().to_string()
}

/// The fleet of `claims`, with the digest that it has.
fn read(claims: &str) -> Fleet {
    Fleet::decode(with_its_digest(&document(claims)).as_bytes()).unwrap()
}

#[test]
fn a_wrong_value_is_refused_at_its_path() {
    let part = "a part of a text is a text, `label` or `device_id`";
    let cases = [
        ("{\"$text\": [\"x\"], \"y\": 1}", "`$text` stands with other fields; it must stand alone"),
        ("{\"$unset\": true, \"y\": 1}", "`$unset` stands with other fields; it must stand alone"),
        ("{\"$unset\": [\"x\"]}", "`$unset` holds a list; see docs/wire.md"),
        ("{\"$text\": true}", "`$text` holds a truth value; see docs/wire.md"),
        ("{\"$rest\": \"set\"}", "`$rest` must be \"unset\""),
        ("{\"$text\": [1]}", "an integer is no part of a text"),
        ("{\"$text\": [{\"label\": \"a\", \"z\": \"b\"}]}", "an object is no part of a text"),
        ("{\"$text\": [{}]}", "an object is no part of a text"),
        ("{\"$text\": [{\"name\": \"a\"}]}", part),
        ("{\"$text\": [{\"device_id\": false}]}", part),
        ("{\"$text\": [{\"id\": true}]}", part),
        ("[{\"$unset\": true}]", "an item of a list cannot be unset"),
        ("[null]", "null is no value; the absence of a field is `{\"$unset\": true}`"),
    ];
    for (value, expected) in cases {
        let below = message(&format!("{{\"port\": {value}}}"));
        assert_eq!(below, format!("node 0: at `port`: {expected}"), "{value}");
        // A resource's root has no path to tell.
        assert_eq!(message(value), format!("node 0: {expected}"), "{value}");
    }
}

#[test]
fn a_text_may_tell_which_label_is_missing() {
    let claims = "{\"port\": {\"$text\": [\"a\", {\"missing\": \"k\"}]}}";
    let fleet = read(claims);
    assert!(fleet.encode(&PLAIN).unwrap().contains(claims));
    let claims = denote::<()>(&fleet, &Facts::of("d", [("k", "v")]).unwrap()).unwrap();
    let port = claims.at(&"web.port".parse().unwrap());
    assert!(port[0].0.to_string().contains('k'), "{:?}", port[0].0);
}

#[test]
fn the_fields_that_no_key_names_may_be_unset() {
    let claims = "{\"$rest\": \"unset\", \"port\": 80}";
    let fleet = read(claims);
    assert!(fleet.encode(&PLAIN).unwrap().contains(claims));
    let claims = denote::<()>(&fleet, &Facts::of("d", []).unwrap()).unwrap();
    assert_eq!(claims.at(&"web.other".parse().unwrap())[0].0, escadre_algebra::Value::Unset);
}
