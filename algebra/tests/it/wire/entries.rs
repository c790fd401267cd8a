//! Entries of the tables: what each may be, and how a wrong one reads.

use escadre_algebra::{Facts, Fleet, Resource, denote, deploy, label};

use super::{PLAIN, WITH_ORIGINS};

/// A document whose only rule is restricted to the last of `selectors`.
fn document(selectors: &[&str]) -> String {
    let fleet = deploy(Resource::new("web").set("port", 80)).restrict(label("role").exists());
    let text = fleet.encode(&PLAIN).unwrap();
    let written = "\"role\"\n";
    assert!(text.contains(written) && text.contains("\"selector\": 0"), "{text}");
    let last = format!("\"selector\": {}", selectors.len() - 1);
    text.replace(written, &format!("{}\n", selectors.join(",\n"))).replace("\"selector\": 0", &last)
}

fn message(selectors: &[&str]) -> String {
    Fleet::decode(document(selectors).as_bytes()).unwrap_err().to_string()
}

/// `text` with the digest that its nodes have.
pub(super) fn with_its_digest(text: &str) -> String {
    let message = Fleet::decode(text.as_bytes()).unwrap_err().to_string();
    let Some(digest) = message.split("the nodes have ").nth(1) else { panic!("{message}") };
    let digest = digest.split(':').take(2).collect::<Vec<_>>().join(":");
    let stated = text.split('"').find(|part| part.starts_with("sha256:")).unwrap();
    text.replace(stated, &digest)
}

#[test]
fn a_wrong_selector_is_refused_by_its_position() {
    let kinds = "a selector is a text or has one of `all`, `any`, `not`, `id`, `in`";
    let two = "`all` and `any` hold at least two parts, none of them `all()` or `none()`";
    let empty = "a set of values must not be empty";
    let cases = [
        ("1", "an integer is no selector"),
        ("[]", "a list is no selector"),
        ("{}", kinds),
        ("{\"some\": [-1]}", kinds),
        ("{\"all\": [-1]}", two),
        ("{\"any\": []}", two),
        ("{\"all\": 1}", "an integer is no list"),
        ("{\"any\": \"x\"}", "a text is no list"),
        ("{\"all\": [\"x\"]}", "a text is no reference; it must be a negative integer"),
        ("{\"any\": [-1, -2]}", "the reference -2 leads to no earlier entry"),
        ("{\"not\": 1}", "the reference 1 leads to no earlier entry"),
        ("{\"not\": null}", "null is no reference; it must be a negative integer"),
        ("{\"all\": [-1, -1], \"x\": 1}", kinds),
        ("{\"any\": [-1, -1], \"x\": 1}", kinds),
        ("{\"not\": -1, \"x\": 1}", kinds),
        ("{\"id\": [\"a\"], \"x\": 1}", kinds),
        ("{\"id\": []}", empty),
        ("{\"id\": \"a\"}", "a text is no list"),
        ("{\"id\": [1]}", "an integer stands where a text should"),
        ("{\"in\": [\"a\"]}", kinds),
        ("{\"in\": [\"a\"], \"label\": \"b\", \"x\": 1}", kinds),
        ("{\"in\": [], \"label\": \"b\"}", empty),
        ("{\"in\": [\"a\"], \"label\": 1}", "`label` is no text"),
        ("{\"invalid\": 1}", "`invalid` is no text"),
        ("{\"invalid\": \"m\", \"x\": 1}", kinds),
        ("{\"at\": 1, \"invalid\": \"m\"}", "an integer is no place"),
        (
            "{\"at\": \"f.rs\", \"invalid\": \"m\"}",
            "`f.rs` is no place: expected `file:line:column`",
        ),
        ("{\"at\": \"f.rs:1:2\", \"invalid\": \"m\", \"x\": 1}", kinds),
    ];
    for (entry, expected) in cases {
        let message = message(&["\"role\"", entry]);
        assert_eq!(message, format!("selector 1: {expected}"), "{entry}");
    }
    assert!(message(&["{\"id\": [\"two words\"]}"]).starts_with("selector 0: "));
    assert!(message(&["{\"in\": [\"a\"], \"label\": \" \"}"]).starts_with("selector 0: "));
}

#[test]
fn selectors_written_as_structures_hold_where_they_say() {
    let camera = ("role", "camera");
    let cases: [(&[&str], [bool; 3]); 7] = [
        (&["{\"id\": [\"cam-2\", \"cam-1\", \"cam-2\"]}"], [true, true, false]),
        (&["{\"in\": [\"x\", \"camera\", \"x\"], \"label\": \"role\"}"], [true, false, false]),
        (&["\"role = camera\"", "{\"not\": -1}"], [false, true, true]),
        (&["\"role\"", "\"site\"", "{\"all\": [-2, -1]}"], [true, false, false]),
        (&["\"role\"", "\"site\"", "{\"any\": [-2, -1]}"], [true, true, false]),
        (&["{\"invalid\": \"why\"}"], [false; 3]),
        (&["{\"at\": \"f.rs:1:2\", \"invalid\": \"why\"}"], [false; 3]),
    ];
    let devices = [
        Facts::of("cam-1", [camera, ("site", "paris")]).unwrap(),
        Facts::of("cam-2", [("site", "lyon")]).unwrap(),
        Facts::of("cam-3", []).unwrap(),
    ];
    for (selectors, holds) in cases {
        let text = with_its_digest(&document(selectors));
        let fleet = Fleet::decode(text.as_bytes()).unwrap();
        let found = devices.each_ref().map(|facts| denote::<()>(&fleet, facts).is_some());
        assert_eq!(found, holds, "{selectors:?}");
    }
}

#[test]
fn what_is_wrong_with_a_fleet_is_told_where_it_was_written_after_reading_too() {
    let fleet = deploy(Resource::new("web").set("port", 80)).forget("no such.Path?");
    let place = |fleet: &Fleet| {
        let problems = fleet.problems();
        problems
            .iter()
            .map(|p| p.origin().place().map(|(f, l, c)| format!("{f}:{l}:{c}")))
            .collect()
    };
    let written: Vec<Option<String>> = place(&fleet);
    assert!(matches!(&written[..], [Some(at)] if at.contains("entries.rs:")), "{written:?}");
    let text = fleet.encode(&WITH_ORIGINS).unwrap();
    let read = Fleet::decode(text.as_bytes()).unwrap();
    assert_eq!(place(&read), written);
    let bare = Fleet::decode(fleet.encode(&PLAIN).unwrap().as_bytes()).unwrap();
    assert_eq!(place(&bare), [None]);
}

#[test]
fn a_version_of_any_kind_is_told_as_it_is_spelled() {
    let all = Fleet::all().encode(&PLAIN).unwrap();
    for (version, told) in [
        ("2", "2"),
        ("-1", "-1"),
        ("18446744073709551615", "18446744073709551615"),
        ("1.5", "1.5"),
        ("true", "true"),
        ("\"1\"", "\"1\""),
        ("[1, 2]", "a list"),
        ("{\"a\": 1}", "an object"),
        ("null", "none"),
    ] {
        let text = all.replace("\"version\": 1", &format!("\"version\": {version}"));
        let message = Fleet::decode(text.as_bytes()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("version {told} of the wire form")), "{message}");
    }
}

#[test]
fn what_another_version_carries_may_be_nested_as_deep_as_the_form_allows() {
    // The document, its nodes and the node are three.
    let nested = |n: usize| {
        let deep = format!("{}{}", "[".repeat(n), "]".repeat(n));
        let text = Fleet::all().encode(&PLAIN).unwrap();
        text.replace("\"all\"", &format!("\"spread\", \"over\": {deep}"))
    };
    let deepest = with_its_digest(&nested(157));
    let read = Fleet::decode(deepest.as_bytes()).unwrap();
    assert_eq!(read.encode(&PLAIN).unwrap(), deepest);
    let value = serde_json::to_value(&read).unwrap();
    assert_eq!(serde_json::from_value::<Fleet>(value.clone()).unwrap().digest(), read.digest());
    let message = Fleet::decode(nested(158).as_bytes()).unwrap_err().to_string();
    assert!(message.contains("brackets are nested more than 160 deep"), "{message}");
    let mut deeper = value;
    deeper["nodes"][0]["over"] = serde_json::json!([deeper["nodes"][0]["over"]]);
    let message = serde_json::from_value::<Fleet>(deeper).unwrap_err().to_string();
    assert!(message.contains("brackets are nested more than 160 deep"), "{message}");
}

#[test]
fn brackets_and_digits_in_texts_are_no_nesting_and_no_integers() {
    let brackets = "[{".repeat(300) + "\\\" 18446744073709551616 \\\\";
    let text = Fleet::all().encode(&PLAIN).unwrap();
    let named = text.replace("\"all\"", &format!("\"spread\", \"over\": \"{brackets}\""));
    assert!(Fleet::decode(with_its_digest(&named).as_bytes()).is_ok());
    // Decimals of many digits are no integers.
    let decimal = text.replace("\"all\"", "\"spread\", \"over\": 1.23456789012345678901234");
    assert!(Fleet::decode(with_its_digest(&decimal).as_bytes()).is_ok());
}
