//! Explanations as text and as JSON.

use std::collections::BTreeSet;

use escadre_algebra::{
    ExplainedField, ExplainedValue, Explanation, Facts, LabelKey, ResourceName, Source, Value,
};
use serde_json::{Value as Json, json};

use super::difference::{source_json, sources_json};
use super::reasons::by;
use super::style::{Ink, Page, TextOptions};
use super::value::short;
use super::words::count;

/// Why the device with `facts` gets what it gets, as a person reads it.
///
/// `undetermined` are the resources of it that unknown labels decide
/// ([`Member::undetermined`](escadre_algebra::Member)): their fields are told as a supposition.
///
/// ```
/// use escadre_algebra::{Facts, Resource, deploy, label};
/// use escadre_interpreter::present::{TextOptions, explanation};
/// let fleet = deploy(Resource::new("motd").set("text", label("site"))).restrict(label("role").eq("camera"));
/// let facts = Facts::of("cam-1", [("role", "camera"), ("site", "paris")])?;
/// let shown = explanation(&fleet.explain(&facts, None), &facts, &[], &TextOptions::default());
/// assert!(shown.starts_with("cam-1 is a member.\nLabels: site=paris role=camera\n"));
/// assert!(shown.contains("motd.text = \"paris\"\n    written \"{label(site)}\" at "));
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[must_use]
pub fn explanation(
    explanation: &Explanation,
    facts: &Facts,
    undetermined: &[ResourceName],
    options: &TextOptions,
) -> String {
    let mut page = Page::new(options.colour);
    let membership = match explanation.member {
        Some(true) => "is a member.",
        Some(false) => "is not a member.",
        None => "may or may not be a member: unknown labels decide it.",
    };
    page.put(Ink::Strong, &format!("{} ", facts.id())).put(Ink::Plain, membership).end();
    labels(&mut page, explanation, facts);
    let limit = options.width.saturating_sub(8).max(24);
    let mut told = None;
    for field in telling(&explanation.fields) {
        page.end();
        let resource = field.path.resource();
        if undetermined.contains(resource) && told != Some(resource) {
            supposition(&mut page, resource, &explanation.unknown);
        }
        told = Some(resource);
        self::field(&mut page, field, limit);
    }
    let silent =
        |name: &&ResourceName| !explanation.fields.iter().any(|f| f.path.resource() == *name);
    for resource in undetermined.iter().filter(silent) {
        page.end();
        page.put(Ink::Changed, &format!("{resource} is undetermined and left as it is")).end();
    }
    unreached(&mut page, explanation);
    problems(&mut page, explanation);
    if !explanation.unknown.is_empty() {
        page.end();
        let unknown: Vec<String> =
            explanation.unknown.iter().map(|key| format!("`{key}`")).collect();
        page.put(Ink::Changed, "Unknown labels: ").put(Ink::Plain, &unknown.join(" "));
        page.put(Ink::Plain, ". What is said above reads them as absent.").end();
    }
    page.finish()
}

/// That what follows about `resource` holds only if the `unknown` labels were absent.
fn supposition(page: &mut Page, resource: &ResourceName, unknown: &[String]) {
    let head = format!("{resource} is undetermined and left as it is; ");
    page.put(Ink::Changed, &head);
    let absent = match unknown {
        [] => "if unknown labels were absent:".to_owned(),
        [one] => format!("if `{one}` were absent:"),
        several => {
            let keys: Vec<String> = several.iter().map(|key| format!("`{key}`")).collect();
            format!("if {} were absent:", keys.join(" and "))
        }
    };
    page.put(Ink::Plain, &absent).end();
}

/// The labels that the device has: those that its texts mention first.
fn labels(page: &mut Page, explanation: &Explanation, facts: &Facts) {
    const MAX_LABELS: usize = 12;
    let candidates = explanation.fields.iter().flat_map(|field| &field.candidates);
    let words = candidates.flat_map(|candidate| candidate.written.words());
    let mentioned: BTreeSet<&LabelKey> = words.flat_map(escadre_algebra::Word::labels).collect();
    let mut labels: Vec<_> = facts.labels().iter().collect();
    labels.sort_by_key(|label| !mentioned.contains(&label.key));
    let others = if facts.unlisted_unknown() { "; every other label is unknown" } else { "" };
    if labels.is_empty() {
        let none =
            if others.is_empty() { "Labels: none" } else { "Labels: every label is unknown" };
        page.put(Ink::Faint, none).end();
        return;
    }
    page.put(Ink::Faint, "Labels:");
    for label in labels.iter().take(MAX_LABELS) {
        let value = label.value.as_deref().unwrap_or("(unknown)");
        page.put(Ink::Plain, &format!(" {}={value}", label.key));
    }
    if labels.len() > MAX_LABELS {
        page.put(Ink::Faint, &format!(" … and {} more", labels.len() - MAX_LABELS));
    }
    page.put(Ink::Plain, others).end();
}

/// The fields that say something: an object that holds fields does not, unless it is contested.
fn telling(fields: &[ExplainedField]) -> impl Iterator<Item = &ExplainedField> {
    fields.iter().enumerate().filter_map(|(i, field)| {
        let object = matches!(&field.candidates[..], [only] if only.value == Value::Object);
        let holds = fields.get(i + 1).is_some_and(|next| field.path.is_above(&next.path));
        (!(object && holds)).then_some(field)
    })
}

fn field(page: &mut Page, field: &ExplainedField, limit: usize) {
    let path = field.path.to_string();
    match &field.candidates[..] {
        [only] => {
            page.put(Ink::Strong, &path).put(Ink::Plain, " = ");
            page.put(Ink::Plain, &short(&only.value, limit)).end();
            candidate(page, only, limit);
        }
        several => {
            page.put(Ink::Strong, &path).put(Ink::Plain, ": ");
            page.put(Ink::Removed, &format!("conflict of {}", count(several.len(), "candidate")))
                .end();
            for value in several {
                page.pad(2).put(Ink::Plain, &short(&value.value, limit)).end();
                candidate(page, value, limit);
            }
        }
    }
}

fn candidate(page: &mut Page, candidate: &ExplainedValue, limit: usize) {
    let written = match candidate.written == candidate.value {
        true => String::new(),
        false => format!("{} ", short(&candidate.written, limit)),
    };
    page.pad(4).put(Ink::Faint, "written ").put(Ink::Plain, &written);
    for (i, source) in candidate.sources.all().iter().enumerate() {
        let at = if i == 0 { "at " } else { " and at " };
        page.put(Ink::Faint, at).put(Ink::Plain, &source.to_string());
    }
    page.end();
    for (value, sources) in &candidate.shadowed {
        page.pad(6).put(Ink::Faint, "over ").put(Ink::Plain, &short(value, limit));
        if let Some(by) = by(sources) {
            page.put(Ink::Faint, &format!(" at {by}"));
        }
        page.end();
    }
    if candidate.n_more_shadowed > 0 {
        let more = count(candidate.n_more_shadowed, "earlier layer");
        page.pad(6).put(Ink::Faint, &format!("over {more} that are not listed")).end();
    }
}

fn unreached(page: &mut Page, explanation: &Explanation) {
    if explanation.unreached.is_empty() {
        return;
    }
    page.end();
    page.put(Ink::Strong, "Not reached:").end();
    for part in &explanation.unreached {
        let source = Source { origin: part.origin.clone(), layers: part.layers.clone() };
        let resources: Vec<&str> = part.resources.iter().map(ResourceName::as_str).collect();
        page.pad(2).put(Ink::Plain, &source.to_string());
        page.put(Ink::Faint, &format!(": {}", resources.join(" "))).end();
        for reason in &part.reasons {
            page.pad(6).put(Ink::Changed, reason).end();
        }
    }
}

/// What was written in the fleet but means nothing.
fn problems(page: &mut Page, explanation: &Explanation) {
    if explanation.problems.is_empty() {
        return;
    }
    page.end();
    page.put(Ink::Strong, "Means nothing:").end();
    for problem in &explanation.problems {
        page.pad(2).put(Ink::Plain, &problem.origin().to_string());
        page.put(Ink::Removed, &format!(": {}", problem.message())).end();
    }
}

/// Why the device with `facts` gets what it gets, for programs.
///
/// The keys are those of [`Explanation`]; a place is `{"file", "line", "column", "layers"}`, an
/// unknown label has the value null. `docs/plan.md` lists them.
#[must_use]
pub fn explanation_json(
    explanation: &Explanation,
    facts: &Facts,
    undetermined: &[ResourceName],
) -> Json {
    let labels = facts.labels().iter();
    let labels: serde_json::Map<String, Json> =
        labels.map(|label| (label.key.to_string(), json!(label.value.as_deref()))).collect();
    let fields = explanation.fields.iter().map(|field| {
        let candidates: Vec<Json> = field.candidates.iter().map(candidate_json).collect();
        json!({ "path": field.path.to_string(), "candidates": candidates })
    });
    let unreached = explanation.unreached.iter().map(|part| {
        let mut place =
            source_json(&Source { origin: part.origin.clone(), layers: part.layers.clone() });
        place["resources"] = part.resources.iter().map(ResourceName::as_str).collect();
        place["reasons"] = part.reasons.iter().map(String::as_str).collect();
        place
    });
    let problems = explanation.problems.iter().map(|problem| {
        let mut place =
            source_json(&Source { origin: problem.origin().clone(), layers: Vec::new() });
        place["message"] = problem.message().into();
        place
    });
    json!({
        "escadre": "explanation",
        "version": 1,
        "id": facts.id().as_str(),
        "member": explanation.member,
        "labels": labels,
        "fields": fields.collect::<Vec<_>>(),
        "unreached": unreached.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "unknown": explanation.unknown,
        "unlisted": if facts.unlisted_unknown() { "unknown" } else { "absent" },
        "undetermined": undetermined.iter().map(ResourceName::as_str).collect::<Vec<_>>(),
    })
}

fn candidate_json(candidate: &ExplainedValue) -> Json {
    let shadowed = candidate.shadowed.iter().map(
        |(value, sources)| json!({ "value": value.to_json(), "sources": sources_json(sources) }),
    );
    json!({
        "value": candidate.value.to_json(),
        "written": candidate.written.to_json(),
        "sources": sources_json(&candidate.sources),
        "shadowed": shadowed.collect::<Vec<_>>(),
        "n_more_shadowed": candidate.n_more_shadowed,
    })
}
