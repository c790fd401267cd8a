//! A review as SARIF 2.1.0, which code hosts show beside the changed file.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use escadre_algebra::analysis::Membership;
use serde_json::{Value as Json, json};

use super::fields::{FieldDifference, Subject};
use super::{Review, Reviewed, place};
use crate::present::sarif::{Rule, document, location, related};

/// What a result of SARIF points to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SarifOptions {
    /// The path of the file that the new fleet was read from, from the root of the repository.
    pub file: Option<String>,
}

const RULES: [Rule; 5] = [
    Rule { id: "joins", text: "A kind of device becomes a member of the fleet" },
    Rule { id: "leaves", text: "A kind of device stops being a member of the fleet" },
    Rule { id: "changes", text: "A field changes on a kind of device" },
    Rule { id: "outside", text: "Something changes outside of the selector that was given" },
    Rule { id: "undecided", text: "The budget was spent before what changes was decided" },
];

/// `review` as SARIF: a result for each kind that joins or leaves, and for each change of a kind.
#[must_use]
pub fn difference_sarif(review: &Review<'_>, options: &SarifOptions) -> Json {
    let results = review.kinds.iter().flat_map(|reviewed| results(review, reviewed, options));
    document(&RULES, &results.collect::<Vec<_>>())
}

/// That it was not decided what changes, as SARIF.
#[must_use]
pub fn undecided_sarif(why: &str, options: &SarifOptions) -> Json {
    let result = json!({
        "ruleId": "undecided",
        "level": "warning",
        "message": { "text": why },
        "locations": [location(options.file.as_deref())],
    });
    document(&RULES, &[result])
}

fn results(review: &Review<'_>, reviewed: &Reviewed<'_>, options: &SarifOptions) -> Vec<Json> {
    let region = place::place(&reviewed.kind.region);
    let example = reviewed.such_as().map(|text| format!("; {text}")).unwrap_or_default();
    let (rule, text) = match reviewed.kind.membership {
        Membership::Joins => ("joins", format!("{} {region}{example}", reviewed.head())),
        Membership::Leaves => ("leaves", format!("{} {region}{example}", reviewed.head())),
        Membership::Stays => {
            let reasons = review.reasons(reviewed);
            let subjects = super::subjects(reviewed.kind, &reasons);
            let of = |subject: &Subject| -> Vec<Json> {
                let fields = subject.fields.iter();
                fields.map(|field| change(review, field, &region, &example, options)).collect()
            };
            return subjects.iter().flat_map(of).collect();
        }
    };
    vec![result(review, rule, &text, &region, options)]
}

fn change(
    review: &Review<'_>,
    field: &FieldDifference,
    region: &str,
    example: &str,
    options: &SarifOptions,
) -> Json {
    let path = &field.change.path;
    let (before, after) = (field.before(), field.after());
    let beneath = if field.change.beneath { " (anything else in it)" } else { "" };
    let text = format!("{path}{beneath}: {before} → {after} {region}{example}");
    let mut result =
        result(review, "changes", &text, &format!("{path}{beneath} {region}"), options);
    result["locations"][0]["logicalLocations"] =
        json!([{ "fullyQualifiedName": path.to_string(), "kind": "property" }]);
    result["relatedLocations"] = related(field.sources.iter().map(|(_, sources)| sources));
    result
}

/// One result. `key` stays the same while the result is about the same.
fn result(review: &Review<'_>, rule: &str, text: &str, key: &str, options: &SarifOptions) -> Json {
    let (rule, level) = if review.answer.is_some() { ("outside", "error") } else { (rule, "note") };
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": text },
        "locations": [location(options.file.as_deref())],
        "partialFingerprints": { "kindAndPath/v1": escadre_algebra::Digest::of(key.as_bytes()).to_string() },
    })
}
