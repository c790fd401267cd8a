//! Drift: a plan read the other way, as what the target has and the fleet does not want.

use escadre_algebra::{Outcome, Resolved};
use serde_json::{Value as Json, json};

use super::document::{base_json, groups_json, summary_json};
use super::field::{held, telling, wanted};
use super::reasons::Reasons;
use super::style::{Ink, Page, TextOptions};
use super::text::{ink, outside};
use super::value::cut;
use super::warning::warnings;
use super::words::{self, count, number, sample};
use crate::plan::{ChangeKind, Group, Plan, Subject};

/// How what the target holds differs from what the fleet wants, as a person reads it.
///
/// It is the plan that would mend it, in words of what was found: a device that the plan adds is
/// missing, one that it removes was not expected.
#[must_use]
pub fn drift(plan: &Plan, resolved: &Resolved, options: &TextOptions) -> String {
    let mut page = Page::new(options.colour);
    page.put(Ink::Strong, &format!("Drift of {}", plan.target()));
    page.put(Ink::Plain, &format!(" from fleet {}", plan.fleet().short())).end();
    page.end();
    let summary = plan.summary();
    if plan.is_empty() {
        // Nothing differs, so that whoever should be no member is none.
        let members = summary.unchanged.saturating_sub(outside(resolved));
        let n = count(members, "member");
        let verb =
            if members == 1 { "is as the fleet wants it" } else { "are as the fleet wants them" };
        page.put(Ink::Added, &format!("No drift: {n} {verb}.")).end();
    } else {
        let groups = plan.groups();
        for group in groups.iter().take(options.max_groups) {
            write_group(&mut page, group, &Reasons::of(group, resolved), options);
        }
        let left = groups.get(options.max_groups..).unwrap_or_default();
        if !left.is_empty() {
            let n: usize = left.iter().map(|group| group.devices.len()).sum();
            let more = format!(
                "… and {} in {} not shown",
                count(n, "device"),
                count(left.len(), "more group")
            );
            page.put(Ink::Faint, &more).end();
            page.end();
        }
        page.put(Ink::Strong, "Drift: ");
        let (added, changed, removed) =
            (number(summary.added), number(summary.changed), number(summary.removed));
        let (unchanged, undetermined) = (number(summary.unchanged), number(summary.undetermined));
        let totals = format!(
            "{changed} different, {added} missing, {removed} unexpected, {unchanged} as wanted, {undetermined} undetermined"
        );
        page.put(Ink::Plain, &totals).end();
    }
    for warning in warnings(plan, resolved, options) {
        page.put(Ink::Changed, "Warning: ").put(Ink::Plain, &warning.head).end();
        for detail in warning.details {
            page.pad(4).put(Ink::Plain, &detail).end();
        }
    }
    page.finish()
}

/// How what the target holds for the device `id` differs from what the fleet wants, as a person reads it.
#[must_use]
pub fn drift_of(plan: &Plan, id: &str, resolved: &Resolved, options: &TextOptions) -> String {
    let outcome = resolved.outcome(id);
    let plan = plan.of_device(id, outcome);
    let mut page = Page::new(options.colour);
    let target = plan.target();
    for group in plan.groups() {
        let head = format!("On {target} it {}:", fate(group.kind, 1));
        page.put(Ink::Strong, &head).end();
        write_subjects(&mut page, &group, &Reasons::of(&group, resolved), options);
    }
    if plan.is_empty() {
        let said = match outcome {
            Some(Outcome::Undetermined) => "it is left alone: unknown labels decide what it gets",
            None => "it is left alone: the inventory does not list it",
            Some(Outcome::NotMember) => "nothing is held, as the fleet wants it",
            Some(Outcome::Member(member)) if !member.undetermined.is_empty() => {
                "what is determined is held as the fleet wants it"
            }
            Some(Outcome::Member(_)) => "all of that is held",
        };
        page.put(Ink::Strong, &format!("On {target}: ")).put(Ink::Added, said).put(Ink::Plain, ".");
        page.end();
    }
    page.finish()
}

fn fate(kind: ChangeKind, n: usize) -> &'static str {
    match (kind, n) {
        (ChangeKind::Added, 1) => "is missing",
        (ChangeKind::Added, _) => "are missing",
        (ChangeKind::Changed, 1) => "differs",
        (ChangeKind::Changed, _) => "differ",
        (ChangeKind::Removed, 1) => "was not expected",
        (ChangeKind::Removed, _) => "were not expected",
    }
}

fn write_group(page: &mut Page, group: &Group, reasons: &Reasons<'_>, options: &TextOptions) {
    let n = group.devices.len();
    let head = format!("{} {}", count(n, "device"), fate(group.kind, n));
    let devices = sample(group.devices.iter(), n, options.max_devices);
    page.put(ink(group.kind), &head).put(Ink::Plain, &format!(": {devices}")).end();
    write_subjects(page, group, reasons, options);
    page.end();
}

fn write_subjects(page: &mut Page, group: &Group, reasons: &Reasons<'_>, options: &TextOptions) {
    for subject in group.subjects.iter().take(options.max_fields) {
        write_subject(page, subject, reasons, options);
    }
    let left = group.subjects.len().saturating_sub(options.max_fields);
    if left > 0 {
        page.pad(4).put(Ink::Faint, &format!("… and {}", count(left, "more resource"))).end();
    }
}

fn write_subject(page: &mut Page, subject: &Subject, reasons: &Reasons<'_>, options: &TextOptions) {
    page.pad(4).put(ink(subject.kind), subject.resource.as_str());
    match subject.kind {
        ChangeKind::Added => page.put(Ink::Plain, ": expected, found nothing").end(),
        ChangeKind::Removed => {
            page.put(Ink::Plain, ": expected nothing, found it");
            if let Some(why) = reasons.gone(&subject.resource) {
                page.put(Ink::Faint, &format!("  {why}"));
            }
            page.end();
        }
        ChangeKind::Changed => {
            page.end();
            let fields = telling(subject);
            let limit = options.width.saturating_sub(18).max(24);
            for field in fields.iter().take(options.max_fields) {
                page.pad(8)
                    .put(Ink::Strong, &words::fields(&subject.resource, &field.fields))
                    .end();
                page.pad(12).put(Ink::Plain, "expected ");
                page.put(Ink::Added, &cut(&wanted(field), limit));
                if let Some(source) = reasons.source(&subject.resource, &field.fields) {
                    page.put(Ink::Faint, &format!("  {source}"));
                }
                page.end();
                let instance =
                    field.after.as_ref().and_then(|value| reasons.instance(value, limit));
                if let Some(instance) = instance {
                    page.pad(21).put(Ink::Faint, &instance).end();
                }
                page.pad(12)
                    .put(Ink::Plain, "found    ")
                    .put(Ink::Removed, &cut(&held(field, limit), limit))
                    .end();
            }
            let left = fields.len().saturating_sub(options.max_fields);
            if left > 0 {
                page.pad(8).put(Ink::Faint, &format!("… and {}", count(left, "more field"))).end();
            }
        }
    }
}

/// [`drift_json`] of the device `id` alone.
#[must_use]
pub fn drift_of_json(plan: &Plan, id: &str, resolved: &Resolved) -> Json {
    let plan = plan.of_device(id, resolved.outcome(id));
    json!({
        "target": plan.target(),
        "base": base_json(&plan),
        "summary": summary_json(&plan),
        "groups": groups_json(&plan, "found", "expected"),
    })
}

/// How what the target holds differs from what the fleet wants, for programs.
///
/// `summary` has the keys of a plan's: `added` devices are missing from the target, `removed` ones
/// were not expected there. `docs/plan.md` lists the others.
#[must_use]
pub fn drift_json(plan: &Plan) -> Json {
    json!({
        "escadre": "drift",
        "version": 1,
        "target": plan.target(),
        "base": base_json(plan),
        "fleet": plan.fleet().to_string(),
        "inventory": plan.inventory().to_string(),
        "coverage": words::coverage(plan.coverage()),
        "summary": summary_json(plan),
        "groups": groups_json(plan, "found", "expected"),
    })
}
