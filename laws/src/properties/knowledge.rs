//! Unknown labels: what is the same under every completion.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{
    Claims, Coverage, Facts, Fleet, Inventory, Label, Member, Outcome, PathSet, ResourceName,
    Selector, denote,
};
use proptest::prelude::*;
use proptest::sample::Index;

use super::rendering::{self, rendered};
use super::{Case, for_all};
use crate::sample::Sampling;
use crate::strategies::Schema;
use crate::trial::device;

/// Values beside those of the schema, so that every answer to a test is met: another text, and
/// integers below, between and above those that are tested, spelled in their own ways.
const OTHERS: [&str; 4] = ["other", "0", "01", "7"];

/// The device with one label known to be `value`, or to be absent.
fn with(facts: &Facts, label: &Label, value: Option<Arc<str>>) -> Facts {
    let mut facts = facts.clone();
    match value {
        Some(value) => facts.set(Label { value: Some(value), ..label.clone() }),
        None => facts.remove(label.key.as_str()),
    }
    facts
}

/// What the label may be: absent, or one of the values of its schema or of `OTHERS`.
fn values(schema: &Schema, label: &Label) -> Vec<Option<Arc<str>>> {
    let known = schema.labels().iter().filter(|known| known.key == label.key);
    let known = known.flat_map(|known| known.values.iter().cloned());
    let values = known.chain(OTHERS.map(Arc::from)).map(Some);
    [None].into_iter().chain(values).collect()
}

/// The device with every combination of values for its unknown labels.
fn completions(schema: &Schema, facts: &Facts) -> Vec<Facts> {
    let unknown = facts.labels().iter().filter(|label| label.value.is_none());
    unknown.fold(vec![facts.clone()], |completed, label| {
        let values = values(schema, label);
        let complete = |facts: &Facts| -> Vec<Facts> {
            values.iter().map(|value| with(facts, label, value.clone())).collect()
        };
        completed.iter().flat_map(complete).collect()
    })
}

/// That an answer is that of every completion.
pub(super) fn determined_answers(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    for_all(sampling, &(schema.selector(), schema.facts_with_unknown()), |(selector, facts)| {
        let Some(answer) = selector.matches(facts) else { return Ok(()) };
        let wrong = completions(schema, facts).into_iter().find(|c| selector.holds_on(c) != answer);
        wrong.map_or(Ok(()), |wrong| {
            let (known, completed) = (device(facts), device(&wrong));
            Err(format!("  {selector}\n  is {answer} on {known}\n  but not on {completed}"))
        })
    })
}

/// That two completions differ where there is no answer.
pub(super) fn undetermined_answers(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    for_all(sampling, &(schema.selector(), schema.facts_with_unknown()), |(selector, facts)| {
        let either = selector.clone() | !selector.clone();
        differs_or_answers(schema, selector, facts)?;
        differs_or_answers(schema, &either, facts)
    })
}

fn differs_or_answers(schema: &Schema, selector: &Selector, facts: &Facts) -> Case {
    let mut answers = completions(schema, facts).into_iter().map(|c| selector.holds_on(&c));
    let first = answers.next().unwrap_or_default();
    if selector.matches(facts).is_some() || answers.any(|answer| answer != first) {
        return Ok(());
    }
    let known = device(facts);
    Err(format!("  {selector}\n  is undetermined on {known}\n  but {first} however completed"))
}

/// That a determined answer stays when a label becomes known.
pub(super) fn answers_kept(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let values_of = (schema.selector(), schema.facts_with_unknown(), any::<Index>());
    for_all(sampling, &values_of, |(selector, facts, at)| {
        let unknown = facts.labels().iter().find(|label| label.value.is_none());
        let (Some(label), Some(answer)) = (unknown, selector.matches(facts)) else {
            return Ok(());
        };
        let learned = with(facts, label, at.get(&values(schema, label)).clone());
        if selector.matches(&learned) == Some(answer) {
            return Ok(());
        }
        let (before, after) = (device(facts), device(&learned));
        Err(format!("  {selector}\n  is {answer} on {before}\n  but not on {after}"))
    })
}

/// That a resolved outcome is that of every completion, and what is undetermined differs.
pub(super) fn determined_configurations(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let part = || (schema.fleet(), schema.selector());
    for_all(sampling, &(part(), part(), schema.facts_with_unknown()), |((f, s), (g, t), facts)| {
        let fleet = &f.clone().restrict(s.clone()).overlay(g.clone().restrict(t.clone()));
        let Ok(inventory) = Inventory::new([facts.clone()], Coverage::Complete) else {
            return Ok(());
        };
        let Ok(resolved) = fleet.resolve(&inventory) else { return Ok(()) };
        let completed: Vec<(Facts, Option<Claims>)> = completions(schema, facts)
            .into_iter()
            .map(|facts| (facts.clone(), denote::<()>(fleet, &facts)))
            .collect();
        let n_members = completed.iter().filter(|(_, claims)| claims.is_some()).count();
        let outcome = resolved.iter().next().map(|(_, outcome)| outcome);
        let agrees = match outcome {
            Some(Outcome::NotMember) => n_members == 0,
            Some(Outcome::Undetermined) => 0 < n_members && n_members < completed.len(),
            Some(Outcome::Member(member)) => {
                n_members == completed.len() && agrees(fleet, facts, member, &completed)
            }
            None => true,
        };
        if agrees {
            return Ok(());
        }
        let n = completed.len();
        let known = device(facts);
        let wire = rendering::expression(fleet);
        Err(format!(
            "  on {known}, a member in {n_members} of {n} completions,\n  {outcome:?}\n{wire}"
        ))
    })
}

/// Whether the determined resources are those of every completion, and each other one differs.
fn agrees(
    fleet: &Fleet,
    facts: &Facts,
    member: &Member,
    completed: &[(Facts, Option<Claims>)],
) -> bool {
    // On the device as it is known: a text that still mentions a label is nobody's.
    let found = member.configuration.instantiate(facts).to_json();
    let found: BTreeMap<_, _> = found.into_iter().collect();
    let determined = completed.iter().all(|(_, claims)| {
        let expected = claims.as_ref().and_then(|claims| rendered(claims, &member.undetermined));
        expected.as_ref() == Some(&found)
    });
    determined && member.undetermined.iter().all(|name| differs(fleet, name, completed))
}

/// Whether two completions claim different things of a resource.
fn differs(fleet: &Fleet, name: &ResourceName, completed: &[(Facts, Option<Claims>)]) -> bool {
    let paths = PathSet::subtree(escadre_algebra::Path::root(name.clone()));
    let only = fleet.clone().keep(paths);
    let mut claims = completed.iter().map(|(facts, _)| denote::<()>(&only, facts));
    let first = claims.next();
    claims.any(|claims| Some(claims) != first)
}
