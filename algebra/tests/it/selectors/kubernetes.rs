//! What Kubernetes says of its selectors, Escadre says too.

use std::path::Path;

use escadre_algebra::kubernetes::{LabelSelector, NodeSelector, Requirement, is_qualified_name};
use escadre_algebra::{Facts, Selector};
use serde_json::json;

#[path = "../../../../xtask/src/selector_cases.rs"]
mod selector_cases;

#[test]
fn kubernetes_own_cases_pass() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/kubernetes-selectors.json");
    // The cases are not part of this project; without them the table below has to do.
    if !path.exists() {
        return;
    }
    let report = selector_cases::run(&path).unwrap();
    assert_eq!(report.failures, Vec::<String>::new());
    assert_eq!(report.n_passed(), report.n_cases());
    assert!(report.n_cases() > 0 && report.kinds.len() > 20, "{:?}", report.kinds);
}

/// Strings, and how Kubernetes prints what it reads in them; `None` where it rejects them.
fn strings() -> Vec<(String, Option<String>)> {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../golden/kubernetes-strings.json")).unwrap();
    let cases = file["cases"].as_array().unwrap().iter();
    let text = |case: &serde_json::Value, key: &str| case[key].as_str().map(str::to_owned);
    cases.map(|case| (text(case, "selector").unwrap(), text(case, "canonical"))).collect()
}

#[test]
fn strings_mean_what_kubernetes_says() {
    for (text, canonical) in strings() {
        let parsed = LabelSelector::parse(&text);
        assert_eq!(parsed.as_ref().ok().map(ToString::to_string), canonical, "{text:?}");
        if let Ok(parsed) = parsed {
            let ours = Selector::parse(&text).unwrap();
            // Kubernetes sorts by key, and Escadre keeps the order.
            let sorted: Selector = parsed.to_string().parse().unwrap();
            assert!(sorted.same_shape(&parsed.to_selector()), "{text:?}");
            assert_eq!(ours.tree_size(), sorted.tree_size(), "{text:?}");
            assert!(ours.atoms().iter().all(|test| sorted.atoms().contains(test)), "{text:?}");
        }
    }
}

#[test]
fn what_kubernetes_rejects_parses_only_as_an_extension() {
    let extensions = ["x>1.5"];
    for (text, canonical) in strings() {
        let accepted = canonical.is_some() || extensions.contains(&&*text);
        assert_eq!(Selector::parse(&text).is_ok(), accepted, "{text:?}");
    }
}

#[test]
fn keys_have_a_subdomain_and_a_name() {
    let long = "a".repeat(63);
    for key in ["a", "A_b.c-9", "0.1.2.domain/99", "a/B", &long, &format!("a.b/{long}")] {
        assert!(is_qualified_name(key), "{key}");
    }
    let (longer, prefix) = ("a".repeat(64), format!("{}/b", "a".repeat(254)));
    for key in
        ["", "/", "a/", "/a", "-a", "a-", "a b", "A/b", "a..b/c", "a_b/c", "é", &longer, &prefix]
    {
        assert!(!is_qualified_name(key), "{key}");
    }
}

#[test]
fn requirements_that_kubernetes_rejects_name_the_fields() {
    let rejected = |json: serde_json::Value| {
        let error = LabelSelector::from_node_requirements(&json).unwrap_err();
        error.errors().iter().map(|(field, _)| field.clone()).collect::<Vec<_>>()
    };
    let json = json!([
        {"key": "a b", "operator": "In", "values": []},
        {"key": "x", "operator": "Gt", "values": ["1", "y"]},
        {"key": "x", "operator": "Almost"},
    ]);
    assert_eq!(
        rejected(json),
        [
            "matchExpressions[0].key",
            "matchExpressions[0].values",
            "matchExpressions[1].values",
            "matchExpressions[1].values[1]",
            "matchExpressions[2].operator",
        ]
    );
}

#[test]
fn what_is_invalid_still_matches_as_in_kubernetes() {
    let d = Facts::of("d", [("x", "7")]).unwrap();
    let holds = |requirement: &Requirement| requirement.to_selector().holds_on(&d);
    let with = |operator: &str, values: &[&str]| Requirement {
        key: "x".to_owned(),
        operator: escadre_algebra::kubernetes::Operator::from_api(operator).unwrap(),
        values: values.iter().map(|&v| v.to_owned()).collect(),
    };
    assert!(!holds(&with("In", &[])) && holds(&with("NotIn", &[])));
    assert!(!holds(&with("Gt", &["1", "2"])) && !holds(&with("Lt", &["many"])));
    assert!(holds(&with("Gt", &["6"])) && !holds(&with("Gt", &["7"])));
}

#[test]
fn fields_other_than_the_name_read_as_empty() {
    let holds = |key: &str, operator: &str, value: &str| {
        let field = json!({"key": key, "operator": operator, "values": [value]});
        let selector =
            NodeSelector::from_json(&json!({"nodeSelectorTerms": [{"matchFields": [field]}]}));
        selector.to_selector().holds_on(&Facts::of("n1", []).unwrap())
    };
    assert!(holds("metadata.name", "In", "n1") && !holds("metadata.name", "NotIn", "n1"));
    assert!(!holds("metadata.name", "In", "") && holds("metadata.name", "NotIn", "not an id"));
    assert!(
        holds("spec.x", "In", "") && !holds("spec.x", "In", "n1") && holds("spec.x", "NotIn", "n1")
    );
}
