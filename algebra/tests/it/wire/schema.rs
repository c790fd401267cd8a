//! The JSON Schema is current, and describes the golden files.

use std::path::PathBuf;

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_checked_in_schema_is_current() {
    let path = root().join("../docs/schemas/fleet.v1.schema.json");
    let text = format!("{:#}\n", escadre_algebra::schema());
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let current: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(recorded, current, "run this test with ESCADRE_BLESS=1");
}

#[test]
fn the_golden_files_are_as_the_schema_says() {
    let schema = escadre_algebra::schema();
    let mut n_files = 0;
    for file in std::fs::read_dir(root().join("tests/golden/wire")).unwrap() {
        let path = file.unwrap().path();
        // The schema describes the operators of this version only.
        let foreign = path.file_stem().is_some_and(|stem| stem == "foreign");
        if path.extension().is_some_and(|extension| extension == "lock") {
            let text = std::fs::read_to_string(&path).unwrap();
            let document = serde_json::from_str(&text).unwrap();
            let checked = check(&schema, &schema, &document);
            assert_eq!(checked.is_err(), foreign, "{}: {checked:?}", path.display());
            n_files += 1;
        }
    }
    assert!(n_files >= 10);
}

#[test]
fn the_schema_refuses_what_is_none() {
    let schema = escadre_algebra::schema();
    let document = |node: Value| {
        serde_json::json!({
            "escadre": "fleet", "version": 1, "digest": "", "selectors": [], "nodes": [node],
        })
    };
    let check = |node: Value| check(&schema, &schema, &document(node));
    assert_eq!(check(serde_json::json!({"op": "all"})), Ok(()));
    for node in [
        serde_json::json!({"op": "all", "x": 1}),
        serde_json::json!({"op": "union", "of": [], "x": 1}),
        serde_json::json!({"op": "restrict", "of": [-1]}),
        serde_json::json!({"op": "restrict", "of": ["-1"], "selector": 0}),
        serde_json::json!({"op": "forget", "of": [-1], "paths": "some"}),
        serde_json::json!(1),
    ] {
        assert!(check(node.clone()).is_err(), "{node}");
    }
}

/// A validator of the keywords that the schema uses; it refuses keywords that it does not know.
fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if *schema == Value::Bool(false) { Err("false".to_owned()) } else { Ok(()) };
    };
    let fail = |what: &str| Err(format!("{value} is not {what} of {schema}"));
    for (keyword, rule) in keywords {
        let ok = match keyword.as_str() {
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                return check(root, root.pointer(pointer).unwrap(), value);
            }
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| is_kind(value, kind)),
                kind => is_kind(value, kind),
            },
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "anyOf" => rule.as_array().unwrap().iter().any(|s| check(root, s, value).is_ok()),
            "oneOf" => {
                rule.as_array().unwrap().iter().filter(|s| check(root, s, value).is_ok()).count()
                    == 1
            }
            "items" => match value {
                Value::Array(items) => items.iter().try_for_each(|v| check(root, rule, v)).is_ok(),
                _ => true,
            },
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|key| value.get(key.as_str().unwrap()).is_some()),
            "properties" => match rule.as_object() {
                Some(rules) => rules.iter().all(|(key, rule)| {
                    value.get(key).is_none_or(|value| check(root, rule, value).is_ok())
                }),
                None => false,
            },
            "additionalProperties" => match value {
                Value::Object(fields) => fields.iter().all(|(key, value)| {
                    let known = schema.get("properties").is_some_and(|p| p.get(key).is_some());
                    known || check(root, rule, value).is_ok()
                }),
                _ => true,
            },
            "minimum" => value.as_f64().is_none_or(|x| x >= rule.as_f64().unwrap()),
            "$schema" | "$defs" | "title" | "description" | "format" | "default" => true,
            other => panic!("the keyword `{other}` is not known to this validator"),
        };
        if !ok {
            return fail(keyword);
        }
    }
    Ok(())
}

fn is_kind(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type `{other}` is not known to this validator"),
    }
}
