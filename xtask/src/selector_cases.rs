//! Kubernetes' own selector tests, run against Escadre's selectors.
//!
//! How each kind of case is judged:
//!
//! | kind | judged by |
//! |---|---|
//! | parse, same | the canonical string, the requirements, and that `Selector::parse` accepts exactly the same texts with the same meaning |
//! | match | `Selector::parse(selector).matches(labels)`, and the selector of the requirements where given |
//! | matchlabels, labelselector, noderequirements, tostring | the canonical string and the rejected fields |
//! | requirement, equal, exact, add, matches_nothing | the value that the Kubernetes module builds |
//! | labels_map, labelselector_map | the map, or the rejection |
//! | lex, scan | the tokens of the Kubernetes lexer, the end of the string left out on both sides |
//! | operator | the operator of the token, and that a text with it between key and value parses iff it is one |
//! | has, merge, conflict | facts and selectors: a label exists, labels laid over labels, two selectors that labels laid over each other cannot satisfy together |
//! | nodeselector, podaffinity, preferred | the selector on a device with the node's labels and name |

#[path = "selector_cases/reading.rs"]
mod reading;

use std::collections::BTreeMap;
use std::path::Path;

use escadre_algebra::kubernetes::{
    Invalid, LabelSelector, NodeSelector, Operator, PreferredTerms, Requirement, labels_map,
    pod_node_affinity, tokens,
};
use escadre_algebra::{Selector, label};
use serde_json::Value;

use reading::{
    all_unchecked, conjuncts, expect, facts, from_labels, node_facts, over, pairs, shown, strings,
    text_of, that, unchecked, valid_requirement,
};

/// How many cases there are of each kind, how many passed, and why the others did not.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Of each kind: how many passed, how many there are.
    pub(crate) kinds: BTreeMap<String, (usize, usize)>,
    /// Each failure in one line.
    pub(crate) failures: Vec<String>,
}

impl Report {
    /// How many cases there are.
    pub(crate) fn n_cases(&self) -> usize {
        self.kinds.values().map(|(_, all)| all).sum()
    }

    /// How many of them passed.
    pub(crate) fn n_passed(&self) -> usize {
        self.kinds.values().map(|(passed, _)| passed).sum()
    }
}

/// Runs all cases of the file at `path`.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn run(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let file: Value =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let cases = file["cases"].as_array().or(file.as_array()).ok_or("there is no list of cases")?;
    let mut report = Report::default();
    for case in cases {
        let count = report.kinds.entry(text_of(&case["kind"]).to_owned()).or_default();
        count.1 += 1;
        match check(case) {
            Ok(()) => count.0 += 1,
            Err(reason) => report.failures.push(format!("{reason}: {case}")),
        }
    }
    Ok(report)
}

fn check(case: &Value) -> Result<(), String> {
    match text_of(&case["kind"]) {
        "parse" => check_parse(case),
        "same" => check_same(case),
        "match" => check_match(case),
        "matchlabels" => {
            let built = LabelSelector::from_json(&serde_json::json!({
                "matchLabels": case["matchLabels"],
            }));
            check_built(case, built)
        }
        "labelselector" => check_built(case, LabelSelector::from_json(&case["labelSelector"])),
        "noderequirements" => {
            check_built(case, LabelSelector::from_node_requirements(&case["matchExpressions"]))
        }
        "tostring" => check_string(case),
        "requirement" => check_requirement(case),
        "equal" => {
            let (x, y) = (unchecked(&case["x"])?, unchecked(&case["y"])?);
            expect("equality", &(x == y).into(), &case["expect"])
        }
        "exact" => {
            let selector = LabelSelector::new(all_unchecked(&case["requirements"])?);
            let value = selector.exact_value(text_of(&case["label"]));
            expect("found", &value.is_some().into(), &case["found"])?;
            expect("value", &value.unwrap_or_default().into(), &case["value"])
        }
        "add" => {
            let before = LabelSelector::new(all_unchecked(&case["requirements"])?);
            let after = before.with(unchecked(&case["add"])?);
            that(after == LabelSelector::new(all_unchecked(&case["result"])?), "the sum differs")
        }
        "matches_nothing" => check_nothing(case),
        "labels_map" => check_map(case, labels_map(text_of(&case["selector"]))),
        "labelselector_map" => check_map(case, LabelSelector::as_labels(&case["labelSelector"])),
        "lex" | "scan" => check_tokens(case),
        "operator" => check_operator(case),
        "has" => {
            let exists = label(text_of(&case["key"])).exists();
            expect("presence", &exists.matches(&facts(&case["labels"])?).into(), &case["expect"])
        }
        "merge" => {
            let merged = over(&case["a"], &case["b"])?;
            that(merged == facts(&case["result"])?, "the merged labels differ")
        }
        "conflict" => {
            let both =
                from_labels(&case["a"]).to_selector() & from_labels(&case["b"]).to_selector();
            let agree = both.holds_on(&over(&case["a"], &case["b"])?);
            expect("conflict", &(!agree).into(), &case["expect"])
        }
        "nodeselector" => check_node_selector(case),
        "podaffinity" => check_affinity(case),
        "preferred" => check_preferred(case),
        kind => Err(format!("the kind {kind:?} is not known")),
    }
}

fn check_parse(case: &Value) -> Result<(), String> {
    let text = text_of(&case["selector"]);
    let kubernetes = LabelSelector::parse(text);
    let ours = Selector::parse(text);
    expect("validity", &kubernetes.is_ok().into(), &case["valid"])?;
    expect("validity as our text", &ours.is_ok().into(), &case["valid"])?;
    let (Ok(kubernetes), Ok(ours)) = (kubernetes, ours) else { return Ok(()) };
    that(
        conjuncts(&ours) == conjuncts(&kubernetes.to_selector()),
        "our text means something else",
    )?;
    let printed: Selector = ours.to_string().parse().map_err(|e| format!("{e}"))?;
    that(printed.same_shape(&ours), "our text does not round-trip")?;
    if let Some(canonical) = case["canonical"].as_str() {
        expect("string", &kubernetes.to_string().into(), &canonical.into())?;
    }
    if case["requirements"].is_array() {
        let wanted = LabelSelector::new(all_unchecked(&case["requirements"])?);
        that(kubernetes == wanted, "the requirements differ")?;
    }
    Ok(())
}

fn check_same(case: &Value) -> Result<(), String> {
    let texts = case["selectors"].as_array().ok_or("no selectors")?.iter().map(text_of);
    let all: Vec<_> = texts.map(LabelSelector::parse).collect::<Result<_, _>>().map_err(shown)?;
    let strings: Vec<_> = all.iter().map(ToString::to_string).collect();
    that(strings.windows(2).all(|w| w[0] == w[1]), "the strings differ")?;
    let ours: Vec<_> = all.iter().map(LabelSelector::to_selector).collect();
    that(ours.windows(2).all(|w| w[0].same_shape(&w[1])), "the shapes differ")
}

fn check_match(case: &Value) -> Result<(), String> {
    let facts = facts(&case["labels"])?;
    if let Some(text) = case["selector"].as_str() {
        let selector = Selector::parse(text).map_err(|e| e.to_string())?;
        expect("match", &selector.matches(&facts).into(), &case["expect"])?;
    }
    if case["matchLabels"].is_object() {
        let selector = from_labels(&case["matchLabels"]).to_selector();
        expect("match of the labels", &selector.matches(&facts).into(), &case["expect"])?;
    }
    if case["requirements"].is_array() {
        // A requirement without an operator is one that could not be made; it matches nothing.
        let holds = match all_unchecked(&case["requirements"]) {
            Ok(all) => LabelSelector::new(all).to_selector().holds_on(&facts),
            Err(_) => false,
        };
        expect("match of the requirements", &holds.into(), &case["expect"])?;
    }
    Ok(())
}

/// Compares validity, canonical string, requirements and rejected fields, as far as they are given.
fn check_built(case: &Value, built: Result<LabelSelector, Invalid>) -> Result<(), String> {
    expect("validity", &built.is_ok().into(), &case["valid"])?;
    match built {
        Ok(selector) => {
            if let Some(canonical) = case["canonical"].as_str() {
                expect("string", &selector.to_string().into(), &canonical.into())?;
            }
            if case["requirements"].is_array() {
                let wanted = LabelSelector::new(all_unchecked(&case["requirements"])?);
                that(selector == wanted, "the requirements differ")?;
            }
            Ok(())
        }
        Err(invalid) => check_errors(case, &invalid),
    }
}

/// Compares the rejected fields with those given as `FieldValueInvalid field`.
fn check_errors(case: &Value, invalid: &Invalid) -> Result<(), String> {
    let Some(wanted) = case["errors"].as_array() else { return Ok(()) };
    let wanted: Vec<&str> =
        wanted.iter().filter_map(|e| text_of(e).split_once(' ')).map(|(_, field)| field).collect();
    let found: Vec<&str> = invalid.errors().iter().map(|(field, _)| field.as_str()).collect();
    that(wanted == found, &format!("the rejected fields are {found:?}"))
}

fn check_string(case: &Value) -> Result<(), String> {
    let requirements = case["requirements"].as_array().ok_or("no requirements")?;
    let valid: Vec<_> = requirements.iter().map(valid_requirement).collect();
    expect("validity", &valid.iter().all(Result::is_ok).into(), &case["valid"])?;
    // What could not be made prints as nothing; the order is the one given.
    let printed: Vec<_> =
        valid.iter().map(|r| r.as_ref().map_or(String::new(), ToString::to_string)).collect();
    expect("string", &printed.join(",").into(), &case["canonical"])
}

fn check_requirement(case: &Value) -> Result<(), String> {
    let requirement = &case["requirement"];
    match Operator::from_name(text_of(&requirement["operator"])) {
        None => {
            expect("validity", &false.into(), &case["valid"])?;
            let first = case["errors"][0].as_str().unwrap_or("operator");
            that(first.ends_with("operator"), "the operator is not what is rejected")
        }
        Some(operator) => {
            let made = Requirement::new(
                text_of(&requirement["key"]),
                operator,
                strings(&requirement["values"]),
            );
            expect("validity", &made.is_ok().into(), &case["valid"])?;
            made.map_or_else(|invalid| check_errors(case, &invalid), |_| Ok(()))
        }
    }
}

fn check_nothing(case: &Value) -> Result<(), String> {
    let selector = if let Some(text) = case["selector"].as_str() {
        LabelSelector::parse(text).map_err(shown)?
    } else if case["matchLabels"].is_object() {
        from_labels(&case["matchLabels"])
    } else if case["special"] == "nothing" {
        LabelSelector::nothing()
    } else {
        LabelSelector::new(all_unchecked(&case["special"])?)
    };
    expect("nothing", &selector.is_nothing().into(), &case["expect"])
}

fn check_map(case: &Value, map: Result<BTreeMap<String, String>, Invalid>) -> Result<(), String> {
    expect("validity", &map.is_ok().into(), &case["valid"])?;
    match map {
        Ok(map) => {
            let found: Vec<_> = map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let wanted: Vec<_> = pairs(&case["labels"]).collect();
            that(found == wanted, "the labels differ")
        }
        Err(invalid) => {
            let wanted = case["error"].as_str().unwrap_or_default();
            that(invalid.to_string().contains(wanted), &format!("the error is {invalid}"))
        }
    }
}

fn check_tokens(case: &Value) -> Result<(), String> {
    let found: Vec<_> =
        tokens(text_of(&case["string"])).iter().map(|(t, _)| format!("{t:?}")).collect();
    let mut wanted = strings(&case["tokens"]);
    wanted.retain(|t| t != "EndOfString");
    that(found == wanted, &format!("the tokens are {found:?}"))
}

fn check_operator(case: &Value) -> Result<(), String> {
    let token = text_of(&case["token"]);
    expect("operator", &Operator::from_token(token).is_some().into(), &case["valid"])?;
    let value = if token == "in" || token == "notin" { "(1)" } else { "1" };
    let parsed = LabelSelector::parse(&format!("x {token} {value}"));
    expect("validity in a text", &parsed.is_ok().into(), &case["valid"])
}

fn check_node_selector(case: &Value) -> Result<(), String> {
    let selector = NodeSelector::from_json(&case["nodeSelector"]);
    let matches = !case["node"].is_null() && holds(&selector, &case["node"])?;
    expect("match", &matches.into(), &case["expect"])?;
    match case["error"].as_str() {
        None => Ok(()),
        Some(error) => check_rejection(selector.check(), error),
    }
}

/// Compares whether there is an error, and that it names every rejected field.
fn check_rejection<T>(result: Result<T, Invalid>, error: &str) -> Result<(), String> {
    let Err(invalid) = result else { return that(error.is_empty(), "nothing is rejected") };
    let named = invalid.errors().iter().all(|(field, _)| {
        // Kubernetes names the values of a key as `values[0]` and the key apart.
        error.contains(field.split_once("][").map_or(field.as_str(), |(field, _)| field))
    });
    that(!error.is_empty() && named, &format!("it is rejected: {invalid}"))
}

fn holds(selector: &NodeSelector, node: &Value) -> Result<bool, String> {
    let unnamed = text_of(&node["name"]).is_empty();
    let selector = if unnamed { selector.to_selector_of_unnamed() } else { selector.to_selector() };
    Ok(selector.holds_on(&node_facts(node)?))
}

fn check_affinity(case: &Value) -> Result<(), String> {
    let (labels, required) = pod_node_affinity(&case["podSpec"]);
    let node = node_facts(&case["node"])?;
    let labels = labels.is_none_or(|labels| labels.to_selector().holds_on(&node));
    let required = match required {
        Some(required) => holds(&required, &case["node"])?,
        None => true,
    };
    expect("match", &(labels && required).into(), &case["expect"])
}

fn check_preferred(case: &Value) -> Result<(), String> {
    let terms = PreferredTerms::from_json(&case["terms"]);
    if let (Ok(terms), false) = (&terms, case["node"].is_null()) {
        let score = terms.score(&node_facts(&case["node"])?);
        expect("score", &score.into(), &case["score"])?;
    }
    expect("validity", &terms.is_ok().into(), &case["valid"])?;
    check_rejection(terms, text_of(&case["error"]))
}
