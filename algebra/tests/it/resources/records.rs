//! The user's own records.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::Map;

use super::*;

fn error(value: &impl Serialize) -> String {
    try_record("r", value).unwrap_err().to_string()
}

#[test]
fn a_record_claims_exactly_its_fields() {
    #[derive(Serialize)]
    enum Kind {
        Unit,
        New(u8),
        Tuple(u8, char),
        Struct { x: f32 },
    }
    #[derive(Serialize)]
    struct Mine {
        kinds: Vec<Kind>,
        one: Kind,
        some: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        none: Option<u8>,
        empty: BTreeMap<String, u8>,
        by_char: BTreeMap<char, bool>,
    }
    let kinds = vec![Kind::Unit, Kind::New(1), Kind::Tuple(2, 'c'), Kind::Struct { x: 0.1 }];
    let mine = Mine {
        kinds,
        one: Kind::New(3),
        some: Some("s"),
        none: None,
        empty: BTreeMap::new(),
        by_char: BTreeMap::from([('k', true)]),
    };
    let expected = [
        "r: {}",
        "r.by_char: {}",
        "r.by_char.k: true",
        "r.empty: {}",
        r#"r.kinds: ["Unit", {"New": 1}, {"Tuple": [2, "c"]}, {"Struct": {"x": 0.1}}]"#,
        "r.one: {}",
        "r.one.New: 3",
        r#"r.some: "s""#,
    ];
    assert_eq!(claims(record("r", &mine)).to_string().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_no_value_is_an_error_at_its_path() {
    #[derive(Serialize)]
    struct Limits<T> {
        limits: BTreeMap<&'static str, T>,
    }
    fn limits<T>(cpu: T) -> Limits<T> {
        Limits { limits: BTreeMap::from([("cpu", cpu)]) }
    }
    #[derive(Serialize)]
    struct Unit;
    assert_eq!(error(&limits(f64::NAN)), "limits.cpu: NaN is not a value");
    assert_eq!(error(&limits(vec![1.0, f64::INFINITY])), "limits.cpu[1]: inf is not a value");
    assert!(
        error(&limits(None::<u8>)).starts_with("limits.cpu: none (null) is not a value; leave")
    );
    assert!(error(&limits(())).starts_with("limits.cpu: a unit (null)"));
    assert!(error(&limits(Unit)).starts_with("limits.cpu: the unit struct `Unit`"));
    assert!(
        error(&limits(u64::MAX)).starts_with("limits.cpu: `18446744073709551615` does not fit")
    );
    assert!(error(&limits(i128::MIN)).contains("does not fit"));
    assert!(error(&BTreeMap::from([(1, 2)])).contains("an integer cannot be a key"));
    assert!(
        error(&BTreeMap::from([("a", BTreeMap::from([((1, 2), 3)]))]))
            .starts_with("a: a tuple cannot be")
    );
    assert!(error(&BTreeMap::from([("", 1)])).contains("is not a field name"));
    assert!(error(&"text").contains("the top level is not a record"));
    assert_eq!(problems(record("r", &json!({"a": null}))).len(), 1);
}

#[test]
fn bytes_and_fields_given_twice_are_errors() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"abc")
        }
    }
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", 1), ("a", 2)])
        }
    }
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    assert!(
        error(&BTreeMap::from([("b", Bytes)]))
            .starts_with("b: 3 bytes are not a value; carry them as a blob")
    );
    assert_eq!(error(&Twice), "a: the field is given twice");
    assert_eq!(error(&BTreeMap::from([("f", [Failing])])), "f[0]: no");
}

#[test]
fn depth_is_bounded_before_the_stack_is() {
    #[derive(Serialize)]
    struct Chain(Option<Box<Chain>>);
    /// Serialises itself inside itself, without end.
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", [Endless])])
        }
    }
    let chain = (0..500).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner))));
    assert!(error(&BTreeMap::from([("c", chain)])).contains("nested more than 64 levels deep"));
    assert!(error(&Endless).contains("nested more than 64 levels deep"));
    let nested = |n| (0..n).fold(json!(1), |inner, _| json!({"a": inner}));
    assert!(try_record("r", &nested(MAX_FIELDS)).is_ok());
    assert!(try_record("r", &nested(MAX_FIELDS + 1)).is_err());
}

/// JSON values that a record can hold.
fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| Json::from(x + 0.0)),
        ".{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            fields(inner).prop_map(Json::Object),
        ]
    })
}

fn fields(
    inner: impl Strategy<Value = Json> + 'static,
) -> impl Strategy<Value = Map<String, Json>> {
    let name = r#"[a-z." \\é]{1,5}"#;
    prop::collection::btree_map(name, inner, 0..4).prop_map(|fields| fields.into_iter().collect())
}

proptest! {
    #[test]
    fn a_record_renders_to_what_was_serialised(value in fields(values()).prop_map(Json::Object)) {
        prop_assert_eq!(render(&claims(record("r", &value))), value);
    }

    #[test]
    fn a_spec_without_rules_comes_back_as_it_was(value in fields(values()).prop_map(Json::Object)) {
        let pod = Pod::from_spec("p", &value).unwrap();
        prop_assert_eq!(pod_spec(&render(&claims(pod))).unwrap(), value);
    }
}
