//! A review for programs.

use escadre_algebra::analysis::Membership;
use escadre_algebra::{DeviceId, Facts, ResourceName, Source, Sources, Value};
use serde_json::{Value as Json, json};

use super::fields::{FieldDifference, Subject};
use super::{Review, Reviewed, place};
use crate::plan::ChangeKind;

/// `review` as one document; `docs/reviewing.md` lists its keys.
#[must_use]
pub fn difference_json(review: &Review<'_>) -> Json {
    let kinds: Vec<Json> = review.kinds.iter().map(|reviewed| kind(review, reviewed)).collect();
    let [join, leave, change] = review.totals();
    let (question, answer) = match &review.answer {
        Some(asked) => {
            let question = json!({ "only_within": asked.selector });
            (question, if asked.proven { "proven" } else { "refuted" })
        }
        None if kinds.is_empty() => (json!("difference"), "equal"),
        None => (json!("difference"), "different"),
    };
    json!({
        "escadre": "difference",
        "version": 1,
        "old": review.old.json(),
        "new": review.new.json(),
        "assumed": review.assumed,
        "inventory": review.inventory.map(|inventory| json!({
            "digest": inventory.digest().to_string(), "n_devices": inventory.len(),
        })),
        "question": question,
        "answer": answer,
        "summary": { "join": join, "leave": leave, "change": change },
        "kinds": kinds,
    })
}

fn kind(review: &Review<'_>, reviewed: &Reviewed<'_>) -> Json {
    let membership = match reviewed.kind.membership {
        Membership::Joins => "joins",
        Membership::Leaves => "leaves",
        Membership::Stays => "stays",
    };
    let reasons = review.reasons(reviewed);
    let subjects: Vec<Json> =
        super::subjects(reviewed.kind, &reasons).iter().map(subject).collect();
    let names = reviewed.resources(&reasons);
    let (region, whole) = place::selector(&reviewed.kind.region);
    let listed = reviewed.listed.as_ref().map(|listed| {
        let ids: Vec<&str> = listed.named.iter().map(DeviceId::as_str).collect();
        json!({
            "n_devices": listed.n_devices, "n_undetermined": listed.n_undetermined, "such_as": ids,
        })
    });
    json!({
        "membership": membership,
        "region": region,
        "region_cut": !whole,
        "example": reviewed.kind.example.as_ref().map(facts_json),
        "listed": listed,
        "example_resources": names.iter().map(ResourceName::as_str).collect::<Vec<_>>(),
        "resources": subjects,
    })
}

fn subject(subject: &Subject) -> Json {
    let kind = match subject.kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    };
    json!({
        "name": subject.resource.as_str(),
        "kind": kind,
        "changes": subject.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

fn field(field: &FieldDifference) -> Json {
    let values = |values: &[Value]| -> Vec<Json> { values.iter().map(Value::to_json).collect() };
    let sources = field.sources.iter().map(
        |(value, sources)| json!({ "value": value.to_json(), "written_at": sources_json(sources) }),
    );
    json!({
        "path": field.change.path.to_string(),
        "beneath": field.change.beneath,
        "before": values(&field.change.before),
        "after": values(&field.change.after),
        "may_coincide": field.change.may_coincide,
        "sources": sources.collect::<Vec<_>>(),
    })
}

/// The device with its labels.
pub(in crate::present) fn facts_json(facts: &Facts) -> Json {
    let labels = facts.labels().iter();
    let labels: serde_json::Map<String, Json> =
        labels.map(|label| (label.key.to_string(), json!(label.value.as_deref()))).collect();
    json!({ "id": facts.id().as_str(), "labels": labels })
}

/// Places in source code.
pub(in crate::present) fn sources_json(sources: &Sources) -> Json {
    sources.all().iter().map(source_json).collect()
}

/// One place in source code.
pub(in crate::present) fn source_json(source: &Source) -> Json {
    let place = source.origin.place();
    json!({
        "file": place.map(|(file, _, _)| file),
        "line": place.map(|(_, line, _)| line),
        "column": place.map(|(_, _, column)| column),
        "layers": source.layers.iter().map(|layer| &**layer).collect::<Vec<&str>>(),
    })
}
