//! What claims and rendered states answer when they are asked directly.

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
