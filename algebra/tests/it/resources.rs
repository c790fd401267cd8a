//! Resources: what the builders claim, and that PodSpecs go in and out unchanged.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use escadre_algebra::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

mod builders;
mod canonical;
mod records;
mod specs;

/// The claims of `resource` on the device `d` of the site `paris`, as lines `path: value`.
fn claims(resource: impl Into<Resource>) -> Claims {
    let facts = Facts::of("d", [("site", "paris")]).unwrap();
    let fleet = deploy(resource);
    assert_eq!(fleet.problems(), [], "no problems are expected");
    denote::<()>(&fleet, &facts).unwrap()
}

fn check(resource: impl Into<Resource>, expected: &[&str]) {
    let claims = claims(resource).to_string();
    let leaves: Vec<&str> = claims.lines().filter(|line| !line.ends_with(": {}")).collect();
    assert_eq!(leaves, expected);
}

fn problems(resource: impl Into<Resource>) -> Vec<String> {
    deploy(resource).problems().iter().map(|p| p.message().to_owned()).collect()
}

fn item_json(item: &Item) -> Json {
    match item {
        Item::Record(record) => {
            record.fields().iter().map(|(k, v)| (k.as_str().to_owned(), item_json(v))).collect()
        }
        Item::Value(Value::Bool(b)) => json!(b),
        Item::Value(Value::Integer(n)) => json!(n),
        Item::Value(Value::Decimal(x)) => json!(x.get()),
        Item::Value(Value::Text(word)) => json!(word.as_literal().unwrap()),
        Item::Value(Value::List(list)) => list.items().iter().map(item_json).collect(),
        Item::Value(Value::Object) => json!({}),
        Item::Value(Value::Unset) => panic!("nothing is no item"),
    }
}

/// What `claims` render to, of the one resource that they are of.
fn render(claims: &Claims) -> Json {
    let mut root = json!({});
    for (path, candidates) in claims.listed() {
        let [(value, ())] = &candidates[..] else { panic!("{path} has several candidates") };
        if *value == Value::Unset || path.fields().is_empty() {
            continue;
        }
        let mut at = &mut root;
        for field in path.fields() {
            at = at.as_object_mut().unwrap().entry(field.as_str()).or_insert_with(|| json!({}));
        }
        *at = item_json(&Item::Value(value.clone()));
    }
    root
}

mod order_keys {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn numbers_come_first_and_by_size() {
        let huge = "9".repeat(50) + "-z";
        let sorted =
            ["0", "00-a", "0-b", "7", "07-a", "50-zone", "100-a", &huge, "", "-1", "a", "zone"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(order_key_cmp(a, b), i.cmp(&j), "{a} against {b}");
            }
        }
    }

    proptest! {
        #[test]
        fn order_keys_are_a_total_order(a in "[01]{0,3}[-a]{0,2}", b in "[01]{0,3}[-a]{0,2}", c in "[01]{0,3}[-a]{0,2}") {
            let cmp = |x: &String, y: &String| order_key_cmp(x, y);
            prop_assert_eq!(cmp(&a, &b) == Ordering::Equal, a == b);
            prop_assert_eq!(cmp(&a, &b), cmp(&b, &a).reverse());
            if cmp(&a, &b).is_le() && cmp(&b, &c).is_le() {
                prop_assert!(cmp(&a, &c).is_le());
            }
        }
    }
}
