//! What a reader of a plan should know beside it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use escadre_algebra::{DeviceId, Facts, LabelKey, Outcome, Resolved, ResourceName};

use super::style::TextOptions;
use super::words::{count, sample};
use crate::plan::Plan;

/// At most this many reasons are given for one warning.
const MAX_REASONS: usize = 5;

/// One thing to know, with details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// What, in one sentence without a stop.
    pub(super) head: String,
    /// More of it, a line each.
    pub(super) details: Vec<String>,
}

impl Warning {
    /// A warning without details.
    fn of(head: String) -> Self {
        Self { head, details: Vec::new() }
    }
}

/// Devices that are left alone for the same reason.
struct Alike<'a> {
    n_devices: usize,
    first: Cow<'a, Facts>,
    named: Vec<DeviceId>,
}

/// Which labels are unknown, whether unlisted ones are, and which resources are left alone (all, if none is named).
type Reason<'a> = (Vec<LabelKey>, bool, &'a [ResourceName]);

/// The warnings of `plan`. Costs O(devices · log changes).
pub(super) fn warnings(plan: &Plan, resolved: &Resolved, options: &TextOptions) -> Vec<Warning> {
    let max = options.max_devices;
    let mut n_outside = 0;
    let mut whole: BTreeMap<Reason<'_>, Alike<'_>> = BTreeMap::new();
    let mut partly: BTreeMap<Reason<'_>, Alike<'_>> = BTreeMap::new();
    for (row, outcome) in resolved.outcomes().enumerate() {
        // Most devices have nothing unknown, and need not be looked at.
        let facts = || resolved.inventory().facts(row);
        match outcome {
            Outcome::Undetermined => {
                if let Some(facts) = facts() {
                    add(&mut whole, facts, &[], max);
                }
            }
            Outcome::Member(member) if !member.undetermined.is_empty() => {
                let Some(facts) = facts() else { continue };
                let changes = plan.changes().binary_search_by(|c| c.device.cmp(facts.id())).is_ok();
                let alike = if changes { &mut partly } else { &mut whole };
                add(alike, facts, &member.undetermined, max);
            }
            Outcome::NotMember => n_outside += 1,
            Outcome::Member(_) => {}
        }
    }
    let listed: usize = whole.values().map(|alike| alike.n_devices).sum();
    let mut warnings = Vec::new();
    let n_undetermined = plan.summary().undetermined;
    if n_undetermined > 0 {
        let mut details = reasons(whole, resolved, max);
        let n_unlisted = n_undetermined.saturating_sub(listed);
        if n_unlisted > 0 {
            let members = count(n_unlisted, "member");
            let verb = if n_unlisted == 1 { "is" } else { "are" };
            details.push(format!("{members} {verb} not listed, and the inventory is partial"));
        }
        let verb = if n_undetermined == 1 { "is" } else { "are" };
        let head =
            format!("{} {verb} undetermined and left alone", count(n_undetermined, "device"));
        warnings.push(Warning { head, details });
    }
    if !partly.is_empty() {
        let n: usize = partly.values().map(|alike| alike.n_devices).sum();
        let verb = if n == 1 { "changes" } else { "change" };
        let head = format!("{} {verb} only in part", count(n, "device"));
        warnings.push(Warning { head, details: reasons(partly, resolved, max) });
    }
    let refused = options.consent.and_then(|consent| consent.check(plan).err());
    warnings.extend(refused.map(|refused| Warning::of(refused.to_string())));
    if n_outside > 0 && n_outside == resolved.inventory().len() {
        let head = "no device of the inventory is a member: no part of the fleet reaches one";
        warnings.push(Warning::of(head.to_owned()));
    }
    warnings
}

fn add<'a>(
    reasons: &mut BTreeMap<Reason<'a>, Alike<'a>>,
    facts: Cow<'a, Facts>,
    resources: &'a [ResourceName],
    max: usize,
) {
    let unknown = facts.labels().iter().filter(|label| label.value.is_none());
    let unknown = unknown.map(|label| label.key.clone()).collect();
    let reason = (unknown, facts.unlisted_unknown(), resources);
    let id = facts.id().clone();
    let alike = reasons.entry(reason);
    let alike = alike.or_insert_with(|| Alike { n_devices: 0, first: facts, named: Vec::new() });
    alike.n_devices += 1;
    if alike.named.len() <= max {
        alike.named.push(id);
    }
}

fn reasons(
    reasons: BTreeMap<Reason<'_>, Alike<'_>>,
    resolved: &Resolved,
    max: usize,
) -> Vec<String> {
    let n_more = reasons.len().saturating_sub(MAX_REASONS);
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, alike)| std::cmp::Reverse(alike.n_devices));
    reasons.truncate(MAX_REASONS);
    let mut lines: Vec<String> = reasons
        .into_iter()
        .map(|((unknown, _, resources), alike)| {
            let devices = sample(alike.named.iter(), alike.n_devices, max);
            let left: Vec<String> = resources.iter().map(|name| format!("`{name}`")).collect();
            let left = match left.len() {
                0 => String::new(),
                1 => format!("{} is left as it is, ", left[0]),
                _ => format!("{} are left as they are, ", left.join(" ")),
            };
            let why = unknown_labels(&unknown, &alike.first, resolved);
            format!("{}: {left}{why}: {devices}", count(alike.n_devices, "device"))
        })
        .collect();
    if n_more > 0 {
        lines.push(format!("… and {} more", count(n_more, "reason")));
    }
    lines
}

/// The unknown labels that the fleet asks for on the device `first`, in words.
fn unknown_labels(unknown: &[LabelKey], first: &Facts, resolved: &Resolved) -> String {
    let tested = resolved.fleet().explain(first, None).unknown;
    let labels: Vec<String> = match &tested[..] {
        [] => unknown.iter().map(|key| format!("`{key}`")).collect(),
        tested => tested.iter().map(|key| format!("`{key}`")).collect(),
    };
    match labels.len() {
        0 => "labels that it asks for are unknown".to_owned(),
        1 => format!("the label {} is unknown", labels[0]),
        n if n > 6 => {
            format!("the labels {} and {} more are unknown", labels[..6].join(" "), n - 6)
        }
        _ => format!("the labels {} are unknown", labels.join(" ")),
    }
}
