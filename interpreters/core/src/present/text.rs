//! Plans as text.

use escadre_algebra::{Outcome, Resolved};

use super::field::{Fate, by_pieces, held, telling, wanted};
use super::items::{Step, steps};
use super::reasons::Reasons;
use super::style::{Ink, Page, TextOptions};
use super::value::{cut, pair, piece_name, short};
use super::warning::warnings;
use super::words::{self, count, number, sample};
use crate::plan::{ChangeKind, FieldChange, Group, Plan, ResourceChange, Subject};

/// Where the fields of a resource begin.
const INDENT: usize = 8;
/// A name of a field takes at most this many columns of a table.
const MAX_NAME: usize = 32;

/// `plan` as a person reads it: what changes on which devices, from what to what, and who decided it.
///
/// `resolved` is what the plan was made for; values that the fleet decided carry the line and the
/// layer that did, asked once for each shown group. Costs O(devices + changes) beside that.
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
/// use escadre_interpreter::present::{TextOptions, text};
/// use escadre_interpreter::{Desired, Plan, Revision, Snapshot};
/// let inventory = Inventory::new([Facts::of("cam-1", [])?], Coverage::Complete)?;
/// let resolved = deploy(Resource::new("motd").set("text", "hello")).resolve(&inventory)?;
/// let desired = Desired { resolved: &resolved, normalise: &|_, state| Some(state.clone()) };
/// let plan = Plan::new("nothing", &Revision("0".into()), &Snapshot::empty(), &desired);
/// let shown = text(&plan, &resolved, &TextOptions::default());
/// assert!(shown.contains("+ 1 device is added: cam-1\n    + motd\n        + text  \"hello\""));
/// assert!(shown.contains("\nPlan: 1 added, 0 changed, 0 removed, 0 unchanged, 0 undetermined\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn text(plan: &Plan, resolved: &Resolved, options: &TextOptions) -> String {
    let mut page = Page::new(options.colour);
    let n_devices = count(resolved.inventory().len(), "device");
    page.put(Ink::Strong, &words::heading(plan.target()));
    let coverage = words::coverage(plan.coverage());
    let made = format!(": fleet {}, inventory of {n_devices} ({coverage})", plan.fleet().short());
    page.put(Ink::Plain, &made).end();
    page.end();
    if plan.is_empty() {
        page.put(Ink::Added, &nothing(plan, resolved)).end();
    } else {
        let groups = plan.groups();
        for group in groups.iter().take(options.max_groups) {
            let reasons = Reasons::of(group, resolved);
            Writer { page: &mut page, plan, options, reasons }.group(group);
        }
        rest(&mut page, &groups, options.max_groups);
        totals(&mut page, plan);
    }
    for warning in warnings(plan, resolved, options) {
        page.put(Ink::Changed, "Warning: ").put(Ink::Plain, &warning.head).end();
        for detail in warning.details {
            page.pad(4).put(Ink::Plain, &detail).end();
        }
    }
    if let Some(next) = options.next.as_ref().filter(|_| !plan.is_empty()) {
        page.end();
        page.put(Ink::Advice, next).end();
    }
    page.finish()
}

/// The one sentence of an empty plan: how many members stay as they are, and who is no member.
pub(super) fn nothing(plan: &Plan, resolved: &Resolved) -> String {
    let outside = outside(resolved);
    let members = plan.summary().unchanged.saturating_sub(outside);
    let mut sentence = match members {
        1 => "No changes: 1 member is as the fleet wants it".to_owned(),
        n => format!("No changes: {} are as the fleet wants them", count(n, "member")),
    };
    match outside {
        0 => {}
        1 => sentence.push_str("; 1 device is not a member"),
        n => sentence.push_str(&format!("; {} are not members", count(n, "device"))),
    }
    if plan.summary().undetermined > 0 {
        sentence.push_str(&format!("; {} undetermined", number(plan.summary().undetermined)));
    }
    sentence + "."
}

/// How many listed devices are no members. Where nothing changes, they were none before.
pub(super) fn outside(resolved: &Resolved) -> usize {
    resolved.outcomes().filter(|outcome| **outcome == Outcome::NotMember).count()
}

/// What the groups that are not shown amount to.
fn rest(page: &mut Page, groups: &[Group], shown: usize) {
    let left = groups.get(shown..).unwrap_or_default();
    if left.is_empty() {
        return;
    }
    let n: usize = left.iter().map(|group| group.devices.len()).sum();
    let more =
        format!("… and {} in {} not shown", count(n, "device"), count(left.len(), "more group"));
    page.put(Ink::Faint, &more).end();
    page.end();
}

fn totals(page: &mut Page, plan: &Plan) {
    let summary = plan.summary();
    page.put(Ink::Strong, "Plan: ");
    let parts = [
        (summary.added, "added", Ink::Added),
        (summary.changed, "changed", Ink::Changed),
        (summary.removed, "removed", Ink::Removed),
        (summary.unchanged, "unchanged", Ink::Plain),
        (summary.undetermined, "undetermined", Ink::Changed),
    ];
    for (i, (n, name, ink)) in parts.into_iter().enumerate() {
        page.put(Ink::Plain, if i == 0 { "" } else { ", " });
        page.put(if n == 0 { Ink::Plain } else { ink }, &format!("{} {name}", number(n)));
    }
    page.end();
}

pub(super) fn ink(kind: ChangeKind) -> Ink {
    match kind {
        ChangeKind::Added => Ink::Added,
        ChangeKind::Changed => Ink::Changed,
        ChangeKind::Removed => Ink::Removed,
    }
}

/// Writes one group.
struct Writer<'a> {
    page: &'a mut Page,
    plan: &'a Plan,
    options: &'a TextOptions,
    reasons: Reasons<'a>,
}

impl<'a> Writer<'a> {
    fn group(&mut self, group: &Group) {
        let n = group.devices.len();
        let head = format!("{} {}", words::sign(group.kind), words::devices(n, group.kind));
        let devices = sample(group.devices.iter(), n, self.options.max_devices);
        self.page.put(ink(group.kind), &head).put(Ink::Plain, ": ").put(Ink::Plain, &devices).end();
        if group.kind == ChangeKind::Removed && self.reasons.witness().is_none() {
            self.page.pad(4).put(Ink::Faint, "not in the inventory").end();
        }
        for subject in group.subjects.iter().take(self.options.max_fields) {
            self.subject(group, subject);
        }
        self.more(4, group.subjects.len(), "resource");
        self.page.end();
    }

    fn more(&mut self, indent: usize, n: usize, noun: &str) {
        let left = n.saturating_sub(self.options.max_fields);
        if left > 0 {
            let text = format!("… and {}", count(left, &format!("more {noun}")));
            self.page.pad(indent).put(Ink::Faint, &text).end();
        }
    }

    fn subject(&mut self, group: &Group, subject: &Subject) {
        let name = format!("{} {}", words::sign(subject.kind), subject.resource);
        self.page.pad(4).put(ink(subject.kind), &name);
        if subject.kind == ChangeKind::Removed {
            if let Some(why) = self.reasons.gone(&subject.resource) {
                self.page.put(Ink::Plain, "  ").put(Ink::Faint, &why);
            }
            return self.page.end();
        }
        self.page.end();
        let fields = telling(subject);
        let columns = Columns::of(subject, &fields, self.options);
        for field in fields.iter().take(self.options.max_fields) {
            self.field(subject, field, &columns);
        }
        self.more(INDENT, fields.len(), "field");
        if self.options.show_unchanged {
            self.unchanged(group, subject, &columns);
        }
    }

    fn field(&mut self, subject: &Subject, field: &FieldChange, columns: &Columns) {
        let fate = Fate::of(field);
        let name = words::fields(&subject.resource, &field.fields);
        let colour = ink(fate.kind());
        self.page.pad(INDENT).put(colour, words::sign(fate.kind())).put(Ink::Plain, " ");
        self.page.put(Ink::Plain, &cut(&name, columns.limit)).gap(columns.values);
        let mut pieces = None;
        match fate {
            Fate::Comes => {
                self.page.put(Ink::Added, &cut(&wanted(field), columns.limit));
            }
            Fate::Goes => {
                self.page.put(Ink::Removed, &cut(&held(field, columns.limit), columns.limit));
            }
            Fate::Becomes => {
                pieces = by_pieces(field);
                match &pieces {
                    Some((value, before, after)) => {
                        let noun = piece_name(value);
                        let (n, m) = (count(before.len(), noun), count(after.len(), noun));
                        self.page.put(Ink::Changed, &format!("{n} → {m}"));
                    }
                    None => self.becomes(field, columns),
                }
            }
        }
        let source = self.reasons.source(&subject.resource, &field.fields);
        if let Some(source) = source {
            self.source(&source);
        }
        self.page.end();
        if let Some((_, before, after)) = pieces {
            self.pieces(&before, &after);
        }
        let instance =
            field.after.as_ref().and_then(|value| self.reasons.instance(value, columns.limit));
        if let Some(instance) = instance {
            self.page.pad(columns.values).put(Ink::Faint, &instance).end();
        }
    }

    fn becomes(&mut self, field: &FieldChange, columns: &Columns) {
        let (before, after) = pair(&held(field, columns.half), &wanted(field), columns.half);
        self.page.put(Ink::Removed, &before).pad(columns.values + columns.before);
        self.page.put(Ink::Plain, " → ").put(Ink::Added, &after);
    }

    /// Where it was written: behind the value, or on the next line where that is too long.
    fn source(&mut self, source: &str) {
        let fits = self.page.column() + 2 + source.chars().count() <= self.options.width;
        if fits {
            self.page.put(Ink::Plain, "  ");
        } else {
            self.page.end();
            self.page.pad(INDENT + 4);
        }
        self.page.put(Ink::Faint, source);
    }

    fn pieces(&mut self, before: &[String], after: &[String]) {
        let limit = self.options.width.saturating_sub(INDENT + 6).max(20);
        let all = steps(before, after);
        for step in all.iter().take(self.options.max_fields) {
            self.page.pad(INDENT + 4);
            match step {
                Step::Same(n) => self.page.put(Ink::Faint, &format!("… {} the same", number(*n))),
                Step::Removed(piece) => {
                    self.page.put(Ink::Removed, &format!("- {}", cut(piece, limit)))
                }
                Step::Added(piece) => {
                    self.page.put(Ink::Added, &format!("+ {}", cut(piece, limit)))
                }
            };
            self.page.end();
        }
        self.more(INDENT + 4, all.len(), "difference");
    }

    /// The fields that stay as they are on the first device of the group.
    fn unchanged(&mut self, group: &Group, subject: &Subject, columns: &Columns) {
        let Some(change) = self.resource(group, subject) else { return };
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return };
        let limit = columns.limit;
        let held: std::collections::HashSet<_> = before.leaves().iter().collect();
        for leaf in after.leaves().iter().filter(|leaf| held.contains(leaf)) {
            let name = cut(&words::fields(&subject.resource, &leaf.0), limit);
            self.page.pad(INDENT + 2).put(Ink::Faint, &name).gap(columns.values);
            self.page.put(Ink::Faint, &short(&leaf.1, limit)).end();
        }
    }

    fn resource(&self, group: &Group, subject: &Subject) -> Option<&'a ResourceChange> {
        let first = group.devices.first()?;
        let at = self.plan.changes().binary_search_by(|c| c.device.cmp(first)).ok()?;
        self.plan.changes()[at].resources.iter().find(|r| r.name == subject.resource)
    }
}

/// Where the columns of one resource's table stand.
struct Columns {
    /// Where values begin.
    values: usize,
    /// The width of the values before.
    before: usize,
    /// The most that a value may take.
    limit: usize,
    /// The most that one of two values side by side may take.
    half: usize,
}

impl Columns {
    fn of(subject: &Subject, fields: &[&FieldChange], options: &TextOptions) -> Self {
        let shown = || fields.iter().take(options.max_fields);
        let names = shown().map(|f| words::fields(&subject.resource, &f.fields).chars().count());
        let values = INDENT + 2 + names.max().unwrap_or(0).min(MAX_NAME) + 2;
        let limit = options.width.saturating_sub(values).max(24);
        let half = (limit.saturating_sub(3) / 2).max(12);
        let sides = shown().filter(|f| Fate::of(f) == Fate::Becomes && by_pieces(f).is_none());
        let before = sides.map(|f| held(f, half).chars().count()).max().unwrap_or(0).min(half);
        Self { values, before, limit, half }
    }
}
