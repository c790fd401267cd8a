//! What is refused, and how that reads.

use escadre_algebra::{Fleet, Limits, PathSet, Resource, deploy, label};
use proptest::prelude::*;

use super::{PLAIN, WITH_ORIGINS};
use crate::strategies::arb_fleet;

fn sample() -> String {
    let f = deploy(Resource::new("web").set("port", 80)).restrict(label("role").eq("camera"));
    f.encode(&PLAIN).unwrap()
}

/// The message for `sample` with `from` replaced by `to`.
fn refusal(from: &str, to: &str) -> String {
    let text = sample();
    assert!(text.contains(from), "{text}");
    Fleet::decode(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
}

#[track_caller]
fn check(from: &str, to: &str, expect: &str) {
    let message = refusal(from, to);
    assert!(message.contains(expect), "`{message}` does not say `{expect}`");
}

#[test]
fn other_versions_are_refused() {
    check("\"version\": 1", "\"version\": 2", "version 2 of the wire form is not known");
    check("\"version\": 1", "\"version\": 2, \"x\": 1", "reads version 1; upgrade escadre");
    check("\"version\": 1,", "", "version none");
    check("\"fleet\"", "\"plan\"", "this is no fleet: it must begin with `\"escadre\": \"fleet\"`");
}

#[test]
fn unknown_sections_and_fields_are_refused() {
    check("\"selectors\"", "\"extra\": 1,\n\"selectors\"", "the section `extra` is not known");
    check(
        "\"op\": \"restrict\"",
        "\"op\": \"restrict\", \"x\": 1",
        "node 1: `restrict` has the field `x`",
    );
    check("\"selector\": 0", "\"select\": 0", "must have `selector`");
    check("\"selector\": 0", "\"selector\": 7", "there is no selector 7");
}

#[test]
fn references_lead_back() {
    check("[-1]", "[1]", "node 1: the reference 1 leads to no earlier entry");
    check("[-1]", "[-2]", "leads to no earlier entry");
    check("[-1]", "[0]", "leads to no earlier entry");
    check("[-1]", "[-9223372036854775808]", "leads to no earlier entry");
    check("[-1]", "[-1, -1]", "`restrict` has 2 operands; it takes 1");
    check("[-1]", "[]", "`restrict` has 0 operands; it takes 1");
    check(
        "{\"op\": \"restrict\"",
        "{\"op\": \"all\"},\n{\"op\": \"restrict\"",
        "node 0: no node uses it",
    );
}

#[test]
fn what_no_node_uses_is_refused() {
    check(
        "\"role = camera\"",
        "\"role = camera\",\n\"role = gateway\"",
        "selector 1: no node uses it: the file was merged badly",
    );
    let digest = escadre_algebra::Digest::of(b"hello");
    check(
        "\"nodes\"",
        &format!("\"contents\": {{\"{digest}\": \"hello\"}},\n\"nodes\""),
        &format!("the content `{digest}`: no node uses it"),
    );
}

#[test]
fn an_integer_that_no_64_bits_hold_is_refused_wherever_it_stands() {
    let expect = "line 9, column 56: an integer does not fit 64 bits";
    check("\"port\": 80", "\"port\": 18446744073709551616", expect);
    check("\"port\": 80", "\"port\": -9223372036854775809", "does not fit 64 bits");
    let all = Fleet::all().encode(&PLAIN).unwrap();
    let foreign = all.replace("\"all\"", "\"spread\", \"over\": 100000000000000000000");
    let message = Fleet::decode(foreign.as_bytes()).unwrap_err().to_string();
    assert!(message.contains("does not fit 64 bits"), "{message}");
    // What it carries within 64 bits, it carries exactly.
    let foreign = all.replace("\"all\"", "\"spread\", \"over\": 18446744073709551615");
    let message = Fleet::decode(foreign.as_bytes()).unwrap_err().to_string();
    let digest = message.split("the nodes have ").nth(1).unwrap().split(':').take(2);
    let digest = digest.collect::<Vec<_>>().join(":");
    let stated = Fleet::all().digest().to_string();
    let read = Fleet::decode(foreign.replace(&stated, &digest).as_bytes()).unwrap();
    assert!(read.encode(&PLAIN).unwrap().contains("\"over\": 18446744073709551615"));
}

#[test]
fn a_large_head_is_not_built() {
    let deep = format!("[{}]", "[[]],".repeat(100_000) + "[]");
    check("\"version\": 1", &format!("\"version\": {deep}"), "version a list of the wire form");
    check("\"fleet\"", &deep, "this is no fleet");
    let long = format!("\"{}\"", "1".repeat(100_000));
    let message = refusal("\"version\": 1", &format!("\"version\": {long}"));
    assert!(message.len() < 300, "{}", message.len());
}

#[test]
fn objects_weigh_more_than_texts() {
    let limits = Limits { values: 1_000, ..Limits::default() };
    let many = |entry: &str| {
        let claims = format!("\"a\": [{}]", vec![entry; 200].join(", "));
        let text = sample().replace("\"port\": 80", &claims);
        Fleet::decode_with(text.as_bytes(), &limits).unwrap_err().to_string()
    };
    assert!(many("{\"k\": 1}").contains("more values than the limits allow"));
    assert!(many("[\"k\", 1]").contains("the digest is"));
}

#[test]
fn deep_nesting_is_refused_by_other_readers_too() {
    let mut value = serde_json::to_value(Fleet::all()).unwrap();
    let mut deep = serde_json::Value::Null;
    for _ in 0..10_000 {
        deep = serde_json::Value::Array(vec![deep]);
    }
    value["nodes"][0]["op"] = std::mem::take(&mut deep);
    let message = serde_json::from_value::<Fleet>(value.take()).unwrap_err().to_string();
    assert!(message.contains("nested more than 160 deep"), "{message}");
}

#[test]
fn what_is_no_object_is_told_what_was_expected() {
    let message = serde_json::from_str::<Fleet>("[]").unwrap_err().to_string();
    assert!(message.contains("expected an escadre fleet: an object"), "{message}");
    check("\"nodes\": [", "\"nodes\": 1, \"x\": [", "expected a list of entries");
}

#[test]
fn a_text_of_many_parts_is_read_in_linear_time() {
    let parts = vec!["\"a\""; 640_000].join(",");
    let text = sample().replace("80", &format!("{{\"$text\": [{parts}]}}"));
    let start = std::time::Instant::now();
    let message = Fleet::decode(text.as_bytes()).unwrap_err().to_string();
    assert!(message.contains("the digest is"), "{message}");
    // It took 15 s while each part was copied once for every part behind it.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn edits_are_noticed() {
    check(
        "\"port\": 80",
        "\"port\": 81",
        "edited by hand or merged badly; run `escadre lock` again",
    );
    check("role = camera", "role = sensor", "run `escadre lock` again");
    check("role = camera", "role = = camera", "selector 0: column 8");
    check("role = camera", "role = = camera", "in `role = = camera`");
    check("\"port\": 80", "\"port\": 80, \"port\": 80", "the key `port` is given twice");
    check("\"port\": 80", "\"port\": null", "at `port`: null is no value");
    check("\"port\": 80", "\"port\": 18446744073709551615", "does not fit an integer of 64 bits");
    check("\"port\": 80", "\"$port\": 80", "a field of that name is written `$$port`");
    check("\"port\": 80", "\"port\": 80,", "line 9, column");
}

#[test]
fn a_json_error_has_a_place_and_a_bad_node_a_position() {
    let broken = Fleet::decode(b"{\n  \"escadre\": \n}").unwrap_err();
    assert_eq!((broken.node(), broken.place()), (None, Some((3, 1))));
    let text = sample().replace("[-1]", "[-5]");
    let wrong = Fleet::decode(text.as_bytes()).unwrap_err();
    assert_eq!((wrong.node(), wrong.place()), (Some(1), None));
}

#[test]
fn limits_hold() {
    let text = sample();
    let check = |limits: Limits, expect: &str| {
        let message = Fleet::decode_with(text.as_bytes(), &limits).unwrap_err().to_string();
        assert!(message.contains(expect), "{message}");
    };
    check(Limits { bytes: 10, ..Limits::default() }, "more bytes than the limit of 10");
    check(Limits { nodes: 1, ..Limits::default() }, "more entries than 1");
    check(Limits { values: 5, ..Limits::default() }, "more values than the limits allow");
    // What is as large as the limit is read.
    let limits = Limits { bytes: text.len(), nodes: 2, ..Limits::default() };
    assert!(Fleet::decode_with(text.as_bytes(), &limits).is_ok());
    let mut carrying = Resource::new("web");
    carrying.carry(b"hello".as_slice());
    let text = deploy(carrying).encode(&PLAIN).unwrap();
    let limits = Limits { contents: 4, ..Limits::default() };
    let message = Fleet::decode_with(text.as_bytes(), &limits).unwrap_err().to_string();
    assert!(message.contains("more bytes of contents than the limit of 4"), "{message}");
}

#[test]
fn deep_nesting_is_refused_before_it_is_parsed() {
    let deep = "[".repeat(1_000_000);
    let message = Fleet::decode(deep.as_bytes()).unwrap_err().to_string();
    assert!(
        message.contains("line 1, column 161: brackets are nested more than 160 deep"),
        "{message}"
    );
    let inside = sample().replace("80", &format!("{}{}", "[".repeat(130), "]".repeat(130)));
    let message = Fleet::decode(inside.as_bytes()).unwrap_err().to_string();
    assert!(message.contains("nested more than 64 deep"), "{message}");
}

#[test]
fn contents_must_be_what_their_digest_says() {
    let mut carrying = Resource::new("web");
    carrying.carry(b"hello".as_slice());
    let text = deploy(carrying).encode(&PLAIN).unwrap();
    let edited = text.replace("\"hello\"", "\"jello\"");
    let message = Fleet::decode(edited.as_bytes()).unwrap_err().to_string();
    assert!(message.contains("is not the one of that digest"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn decode_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Fleet::decode(&bytes);
    }

    #[test]
    fn decode_never_panics_on_damaged_documents(
        fleet in arb_fleet(3),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = fleet.encode(&WITH_ORIGINS).unwrap().into_bytes();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"[]{}\",:-0123456789"[usize::from(byte) % 18]),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(read) = Fleet::decode(&bytes) {
            // What is accepted is a fleet: it can be written and read again.
            let text = read.encode(&WITH_ORIGINS).unwrap();
            prop_assert!(Fleet::decode(text.as_bytes()).is_ok());
        }
    }
}

#[test]
fn paths_are_all_or_a_list() {
    let text = deploy(Resource::new("web").set("port", 80)).forget(PathSet::all());
    let text = text.encode(&PLAIN).unwrap();
    assert!(text.contains("\"paths\": \"all\""), "{text}");
    for odd in ["\"some\"", "\"\"", "1", "{}", "[1]"] {
        let odd = text.replace("\"paths\": \"all\"", &format!("\"paths\": {odd}"));
        let told = Fleet::decode(odd.as_bytes()).unwrap_err().to_string();
        assert!(told.contains("`paths` must be \"all\" or a list"), "{told}");
    }
}
