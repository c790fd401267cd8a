//! What claims and rendered states answer when they are asked directly.

use proptest::prelude::*;

use escadre_algebra::{
    Claims, Configuration, Facts, Field, Item, List, MAX_FIELDS, Record, Resource, ResourceState,
    Value, Word, denote, deploy,
};

fn fields(names: &[&str]) -> Vec<Field> {
    names.iter().map(|name| Field::parse(name).unwrap()).collect()
}

fn state(leaves: &[(&[&str], Value)]) -> Option<ResourceState> {
    ResourceState::from_leaves(leaves.iter().map(|(at, value)| (fields(at), value.clone())))
}

#[test]
fn claims_say_of_which_resources_they_speak() {
    let device = Facts::of("d", []).unwrap();
    let fleet = deploy(Resource::new("web").set("x", 1)) | deploy(Resource::new("db").set("x", 2));
    let claims = denote::<()>(&fleet, &device).unwrap();
    let resources: Vec<&str> =
        claims.resources().map(escadre_algebra::ResourceName::as_str).collect();
    assert_eq!(resources, ["db", "web"]);
    assert!(!claims.is_empty());
    assert!(Claims::<()>::default().is_empty());
}

#[test]
fn a_state_has_leaves_that_are_apart_once_each_and_at_least_one() {
    let one = Value::Integer(1);
    let made = state(&[(&["b"], one.clone()), (&["a", "c"], Value::Object)]).unwrap();
    let places: Vec<String> = made
        .leaves()
        .iter()
        .map(|(at, _)| at.iter().map(Field::as_str).collect::<Vec<_>>().join("."))
        .collect();
    assert_eq!(places, ["a.c", "b"]);
    assert_eq!(state(&[]), None);
    assert_eq!(state(&[(&["a"], one.clone()), (&["a", "b"], one.clone())]), None);
    assert_eq!(state(&[(&["a"], one.clone()), (&["a"], one.clone())]), None);
    assert_eq!(state(&[(&["a"], Value::Unset)]), None);
    let deep = vec!["f"; MAX_FIELDS];
    assert!(state(&[(&deep, one.clone())]).is_some());
    let deeper = vec!["f"; MAX_FIELDS + 1];
    assert_eq!(state(&[(&deeper, one)]), None);
}

#[test]
fn a_state_answers_for_its_fields_children_and_labels() {
    let site = Value::Text(Word::literal("at ").then(&Word::label("site".try_into().unwrap())));
    let made = state(&[
        (&["a", "x"], Value::Integer(1)),
        (&["a", "y"], site),
        (&["b"], Value::Bool(true)),
    ])
    .unwrap();
    assert_eq!(made.get(&["b"]), Some(&Value::Bool(true)));
    assert_eq!(made.get(&["a"]), None);
    assert_eq!(made.children(&[]), ["a", "b"]);
    assert_eq!(made.children(&["a"]), ["x", "y"]);
    assert!(made.children(&["b"]).is_empty());
    let labels: Vec<&str> =
        made.labels().into_iter().map(escadre_algebra::LabelKey::as_str).collect();
    assert_eq!(labels, ["site"]);
    assert!(!made.is_constant());
    let here = made.instantiate(&Facts::of("d", [("site", "lyon")]).unwrap());
    assert!(here.is_constant());
    assert_eq!(here.get(&["a", "y"]), Some(&Value::text("at lyon")));
    let name = escadre_algebra::ResourceName::parse("r").unwrap();
    assert!(Configuration::new([(name.clone(), here.into())]).is_constant());
    assert!(!Configuration::new([(name, made.into())]).is_constant());
}

#[test]
fn lists_and_records_are_arrays_and_objects_in_json() {
    let text = |value: &str| Item::Value(Value::text(value));
    let field = |name: &str| Field::parse(name).unwrap();
    let record = [(field("name"), text("HOME")), (field("value"), text("/root"))];
    let record = Item::Record(Record::new(record.to_vec()).unwrap());
    let list = List::new([Item::Value(Value::Integer(1)), record]).unwrap();
    let json = Value::List(list).to_json();
    assert_eq!(json, serde_json::json!([1, {"name": "HOME", "value": "/root"}]));
}

/// JSON texts of objects as people may write them: names out of order, twice, empty, too deep.
fn a_json_text() -> impl Strategy<Value = String> {
    let scalar = proptest::sample::select(vec![
        "null",
        "true",
        "0",
        "-1",
        "-0",
        "2.5",
        "9223372036854775807",
        "9223372036854775808",
        "1e400",
        "\"\"",
        "\"text\"",
        "\"$a{b}\"",
        "\"\\u00e9\\n\"",
        "[]",
        "[1,\"x\",[true]]",
        "[null]",
        "[{\"a\":1,\"b\":{}}]",
        "{}",
        "[1",
        "\"",
    ]);
    let name = || proptest::sample::select(vec!["a", "b", "c", "after", "é", "", "$x", "a\\u0062"]);
    let leaf = scalar.prop_map(str::to_owned);
    let node = leaf.prop_recursive(4, 24, 4, move |inner| {
        proptest::collection::vec((name(), inner), 0..4).prop_map(|fields| {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
    });
    (node, proptest::sample::select(vec!["", "", "", " ", "x", ",1"]))
        .prop_map(|(node, rest)| format!("{node}{rest}"))
}

proptest! {
    #[test]
    fn reading_a_text_is_reading_its_json(text in a_json_text()) {
        let read = ResourceState::from_slice(text.as_bytes());
        match serde_json::from_str(&text) {
            Ok(json) => prop_assert_eq!(read, ResourceState::from_json(&json)),
            Err(error) => {
                let told = read.unwrap_err().to_string();
                prop_assert_eq!(told, format!("it is no JSON: {error}"));
            }
        }
    }

    #[test]
    fn the_text_of_a_state_is_that_of_its_json(text in a_json_text()) {
        if let Ok(state) = ResourceState::from_slice(text.as_bytes()) {
            prop_assert_eq!(state.to_text(), state.to_json().to_string());
            prop_assert_eq!(ResourceState::from_slice(state.to_text().as_bytes()), Ok(state));
        }
    }

    #[test]
    fn a_text_nested_to_the_limit_is_read_and_one_beyond_is_refused(depth in 60..70_usize) {
        let text = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        let read = ResourceState::from_slice(text.as_bytes());
        prop_assert_eq!(read.is_ok(), depth <= MAX_FIELDS);
        prop_assert_eq!(read, ResourceState::from_json(&serde_json::from_str(&text).unwrap()));
    }
}
