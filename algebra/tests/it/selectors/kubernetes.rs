//! What Kubernetes says of its selectors, Escadre says too.

use std::path::Path;

use escadre_algebra::kubernetes::{
    LabelSelector, NodeSelector, Operator, PreferredTerms, Requirement, Token, is_label_value,
    is_qualified_name, labels_map, pod_node_affinity, tokens,
};
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
        operator: Operator::from_api(operator).unwrap(),
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

#[test]
fn a_selector_of_equalities_is_a_map_of_labels() {
    let labels = |json: serde_json::Value| LabelSelector::as_labels(&json);
    let both = json!({
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a"]}],
    });
    let expected = [("app", "web"), ("tier", "a")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(labels(both), Ok(expected.clone().into()));
    assert_eq!(labels(json!({})), Ok([].into()));
    for (operator, values, why) in [
        ("In", json!(["a", "b"]), "operator: the operator In without a single value cannot"),
        ("NotIn", json!(["a"]), "operator: the operator NotIn cannot be converted"),
        ("Exists", json!([]), "operator: the operator Exists cannot be converted"),
        ("Gt", json!(["1"]), "operator: \"Gt\" is not a valid selector operator"),
    ] {
        let expression = json!([{"key": "tier", "operator": operator, "values": values}]);
        let error = labels(json!({"matchExpressions": expression})).unwrap_err();
        assert!(error.to_string().starts_with(why), "{error}");
    }

    assert_eq!(labels_map("app=web, tier = a"), Ok(expected.into()));
    assert_eq!(labels_map(""), Ok([].into()));
    assert_eq!(labels_map("app="), Ok([("app".to_owned(), String::new())].into()));
    for text in ["app", "app=web,", "a b=c", "app=-", "=web", "app!=web"] {
        assert!(labels_map(text).is_err(), "{text}");
    }
}

#[test]
fn a_label_selector_tells_what_it_requires() {
    let parse = |text: &str| LabelSelector::parse(text).unwrap();
    let s = parse("tier in (a),app==web,tier!=b,site in (x,y),!gone");
    let keys: Vec<&str> = s.requirements().unwrap().iter().map(|r| r.key.as_str()).collect();
    assert_eq!(keys, ["app", "gone", "site", "tier", "tier"]);
    let exact = ["app", "tier", "site", "gone", "none"].map(|key| s.exact_value(key));
    assert_eq!(exact, [Some("web"), Some("a"), None, None, None]);
    assert_eq!(parse("tier!=b").exact_value("tier"), None);
    let more = s.with(parse("site").requirements().unwrap()[0].clone());
    assert_eq!(more.to_string(), "app==web,!gone,site in (x,y),site,tier in (a),tier!=b");

    let nothing = LabelSelector::from_json(&json!(null)).unwrap();
    assert_eq!(nothing, LabelSelector::nothing());
    assert!(nothing.is_nothing() && nothing.requirements().is_none());
    assert_eq!(nothing.clone().with(more.requirements().unwrap()[0].clone()), nothing);
    assert!(!nothing.to_selector().holds_on(&Facts::of("d", []).unwrap()));
    let everything = LabelSelector::from_json(&json!({})).unwrap();
    assert!(!everything.is_nothing() && everything.requirements() == Some(&[]));
    assert!(everything.to_selector().holds_on(&Facts::of("d", []).unwrap()));
    let above = json!({"matchExpressions": [{"key": "x", "operator": "Gt", "values": ["1"]}]});
    let why = LabelSelector::from_json(&above).unwrap_err().to_string();
    assert_eq!(why, "operator: \"Gt\" is not supported here");
}

#[test]
fn requirements_have_as_many_values_as_their_operators_take() {
    let rejected = |operator: &str, values: &[&str]| {
        let values = values.iter().map(|&v| v.to_owned()).collect();
        let operator = Operator::from_name(operator).unwrap();
        let error = Requirement::new("x", operator, values).err();
        error.map(|error| error.errors().iter().map(|(field, _)| field.clone()).collect::<Vec<_>>())
    };
    let fields = |fields: &[&str]| Some(fields.iter().map(|&f| f.to_owned()).collect());
    for operator in ["in", "notin"] {
        assert_eq!(rejected(operator, &[]), fields(&["values"]));
        assert_eq!(rejected(operator, &["a", "b"]), None);
    }
    for operator in ["=", "==", "!="] {
        assert_eq!(rejected(operator, &[]), fields(&["values"]));
        assert_eq!(rejected(operator, &["a"]), None);
        assert_eq!(rejected(operator, &["a", "b"]), fields(&["values"]));
    }
    for operator in ["exists", "!"] {
        assert_eq!(rejected(operator, &[]), None);
        assert_eq!(rejected(operator, &["a"]), fields(&["values"]));
    }
    for operator in ["gt", "lt"] {
        assert_eq!(rejected(operator, &["1"]), None);
        assert_eq!(rejected(operator, &[]), fields(&["values"]));
        assert_eq!(rejected(operator, &["1", "b"]), fields(&["values", "values[1]"]));
    }
    assert_eq!(rejected("=", &["a b"]), fields(&["values[0][x]"]));
    for no in [">", "<", "", "Gt"] {
        assert_eq!(Operator::from_name(no), None, "{no}");
    }
}

#[test]
fn values_of_labels_have_63_characters_at_most_and_letters_at_their_ends() {
    for value in ["", "a", "9", "A-b_c.D", &"a".repeat(63)] {
        assert!(is_label_value(value), "{value}");
    }
    for value in ["-a", "a-", "_", ".a", "a.", "a b", "a/b", "é", &"a".repeat(64)] {
        assert!(!is_label_value(value), "{value}");
    }
}

#[test]
fn a_pod_asks_for_labels_and_terms_of_its_node() {
    let terms = json!({"nodeSelectorTerms": [
        {},
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}],
         "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]},
        {"matchExpressions": [{"key": "zone", "operator": "Exists", "values": ["a"]}]},
    ]});
    let affinity = json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
    let spec = json!({"nodeSelector": {"disk": "ssd"}, "affinity": {"nodeAffinity": affinity}});
    let (labels, nodes) = pod_node_affinity(&spec);
    assert_eq!(labels.unwrap().to_string(), "disk=ssd");
    let nodes = nodes.unwrap();
    let errors = nodes.check().unwrap_err();
    assert_eq!(errors.errors()[0].0, "nodeSelectorTerms[2].matchExpressions[0].values");
    let node = |id: &str| Facts::of(id, [("zone", "a")]).unwrap();
    assert!(nodes.to_selector().holds_on(&node("n1")));
    assert!(!nodes.to_selector().holds_on(&node("n2")));
    assert!(nodes.to_selector_of_unnamed().holds_on(&node("n2")));
    let (labels, nodes) = pod_node_affinity(&json!({}));
    assert!(labels.is_none() && nodes.is_none());
    let bad = json!({"nodeSelectorTerms": [{"matchFields": [
        {"key": "metadata.name", "operator": "In", "values": ["a", "b"]},
        {"key": "metadata.name", "operator": "Gt", "values": ["1"]}]}]});
    let errors = NodeSelector::from_json(&bad).check().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "nodeSelectorTerms[0].matchFields[0].values: must have one element; \
         nodeSelectorTerms[0].matchFields[1].operator: \"Gt\" is not supported here"
    );
}

#[test]
fn preferences_add_up_where_they_hold() {
    let term = |weight: i64, zone: &str| {
        let expression = json!({"key": "zone", "operator": "In", "values": [zone]});
        json!({"weight": weight, "preference": {"matchExpressions": [expression]}})
    };
    let bad = json!({"weight": 0, "preference": {"matchExpressions": [{"key": "a b"}]}});
    let empty = json!({"weight": 50, "preference": {}});
    let all = json!([term(1, "a"), bad, term(20, "a"), empty, term(300, "b")]);
    let preferred = PreferredTerms::from_json(&all).unwrap();
    assert_eq!(preferred.terms().len(), 3);
    let score = |zone: &str| preferred.score(&Facts::of("n", [("zone", zone)]).unwrap());
    assert_eq!([score("a"), score("b"), score("c")], [21, 300, 0]);
    let bad =
        json!([term(1, "a"), {"weight": 1, "preference": {"matchExpressions": [{"key": "a b"}]}}]);
    let error = PreferredTerms::from_json(&bad).unwrap_err();
    assert_eq!(error.errors()[0].0, "[1].matchExpressions[0].operator");
}

#[test]
fn a_zero_byte_ends_a_token_and_before_one_the_text() {
    use Token::{ClosedPar, Comma, DoesNotExist, DoubleEquals, Equals, GreaterThan};
    use Token::{Identifier, In, LessThan, NotEquals, NotIn, OpenPar};
    let text = " a==b\t!=c,!d=e in(notin)f>1<2";
    let kinds: Vec<Token> = tokens(text).into_iter().map(|(token, _)| token).collect();
    assert_eq!(
        kinds,
        [
            Identifier,
            DoubleEquals,
            Identifier,
            NotEquals,
            Identifier,
            Comma,
            DoesNotExist,
            Identifier,
            Equals,
            Identifier,
            In,
            OpenPar,
            NotIn,
            ClosedPar,
            Identifier,
            GreaterThan,
            Identifier,
            LessThan,
            Identifier,
        ]
    );
    assert_eq!(tokens("a\0b"), [(Identifier, "a"), (Identifier, "b")]);
    assert_eq!(tokens("a\0\0b"), [(Identifier, "a")]);
    assert_eq!(tokens("\0a"), []);
}

#[test]
fn operators_have_the_names_of_the_api() {
    let operators = [
        ("In", Operator::In),
        ("NotIn", Operator::NotIn),
        ("Exists", Operator::Exists),
        ("DoesNotExist", Operator::DoesNotExist),
        ("Gt", Operator::GreaterThan),
        ("Lt", Operator::LessThan),
    ];
    for (name, operator) in operators {
        assert_eq!(Operator::from_api(name), Some(operator), "{name}");
    }
    assert_eq!(["Equals", "in", "!", ""].map(Operator::from_api), [None; 4]);
}

#[test]
fn an_error_names_what_stands_where_it_makes_no_sense() {
    let told = |text: &str| LabelSelector::parse(text).unwrap_err().to_string();
    for (text, found) in [
        ("x in a", "a"),
        ("x in a, y", "a"),
        ("x notin (a b)", "b"),
        ("x in (a, b c, d)", "c"),
        ("x in (a,", "end"),
        ("x in", "end"),
    ] {
        assert!(told(text).contains(found), "{text}: {}", told(text));
    }
    assert_ne!(told("x in a"), told("x in b"));
    assert_ne!(told("x in (a b)"), told("x in (a c)"));
}
