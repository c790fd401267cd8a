//! A review as text.

use super::fields::{FieldDifference, Subject};
use super::{Review, Reviewed, place};
use crate::plan::ChangeKind;
use crate::present::field::Fate;
use crate::present::reasons::by;
use crate::present::style::{Ink, Page, TextOptions};
use crate::present::text::ink;
use crate::present::value::{cut, pair, short};
use crate::present::words::{self, count, number};

/// Where fields begin.
const INDENT: usize = 8;
/// A name of a field takes at most this many columns of a table.
const MAX_NAME: usize = 40;

/// `review` as a person reads it: which kinds of device join, leave or change, and what changes there.
///
/// Values carry the line and the layer that wrote them on one device of the kind.
#[must_use]
pub fn difference_text(review: &Review<'_>, options: &TextOptions) -> String {
    let mut page = Page::new(options.colour);
    head(&mut page, review);
    if review.is_empty() {
        return page.finish();
    }
    for reviewed in review.kinds.iter().take(options.max_groups) {
        kind(&mut page, review, reviewed, options);
    }
    let left = review.kinds.len().saturating_sub(options.max_groups);
    if left > 0 {
        let more = format!("… and {} not shown", words::kinds(left, "more "));
        page.put(Ink::Faint, &more).end();
        page.end();
    }
    totals(&mut page, review);
    page.finish()
}

fn head(page: &mut Page, review: &Review<'_>) {
    let (old, new, scope) = (&review.old, &review.new, review.scope());
    match &review.answer {
        Some(asked) if asked.proven => {
            page.put(Ink::Added, "Proven: ");
            let sentence = format!(
                "from {old} to {new}, nothing changes outside of `{}`, on {scope}.",
                asked.selector
            );
            return page.put(Ink::Plain, &sentence).end();
        }
        Some(asked) => {
            page.put(Ink::Removed, "Refuted: ");
            let sentence = format!(
                "from {old} to {new}, something may change outside of `{}`, on {}:",
                asked.selector,
                words::kinds(review.kinds.len(), ""),
            );
            page.put(Ink::Plain, &sentence).end();
        }
        None if review.is_empty() => {
            page.put(Ink::Added, "No difference: ");
            let sentence = format!("{old} and {new} say the same on {scope}.");
            return page.put(Ink::Plain, &sentence).end();
        }
        None => {
            page.put(Ink::Strong, "Difference");
            page.put(Ink::Plain, &format!(" from {old} to {new}, on {scope}")).end();
        }
    }
    page.end();
}

fn totals(page: &mut Page, review: &Review<'_>) {
    page.put(Ink::Strong, "Kinds of device: ");
    let inks = [Ink::Added, Ink::Removed, Ink::Changed];
    let verbs = ["join", "leave", "change"];
    for (i, ((n, verb), ink)) in review.totals().into_iter().zip(verbs).zip(inks).enumerate() {
        page.put(Ink::Plain, if i == 0 { "" } else { ", " });
        page.put(if n == 0 { Ink::Plain } else { ink }, &format!("{} {verb}", number(n)));
    }
    page.end();
    if let Some(inventory) = review.inventory {
        let devices = count(inventory.len(), "device");
        let coverage = words::coverage(inventory.coverage());
        page.put(Ink::Plain, &format!("Counted in an inventory of {devices} ({coverage})")).end();
    }
}

fn kind(page: &mut Page, review: &Review<'_>, reviewed: &Reviewed<'_>, options: &TextOptions) {
    let colour = ink(reviewed.fate());
    let head = format!("{} {}", words::sign(reviewed.fate()), reviewed.head());
    page.put(colour, &head).put(Ink::Plain, " ");
    let region = place::place(&reviewed.kind.region);
    let room = options.width.saturating_sub(page.column());
    if region.chars().count() <= room {
        page.put(Ink::Plain, &region).end();
    } else {
        page.end();
        for line in place::wrapped(&region, options.width.saturating_sub(6)) {
            page.pad(6).put(Ink::Plain, &line).end();
        }
    }
    if let Some(example) = reviewed.such_as() {
        page.pad(4).put(Ink::Faint, &example).end();
    }
    let reasons = review.reasons(reviewed);
    for resource in reviewed.resources(&reasons).iter().take(options.max_fields) {
        let text = format!("{} {resource}", words::sign(reviewed.fate()));
        page.pad(4).put(colour, &text).end();
    }
    let subjects = super::subjects(reviewed.kind, &reasons);
    for subject in subjects.iter().take(options.max_fields) {
        write_subject(page, subject, options);
    }
    more(page, 4, subjects.len(), "resource", options);
    page.end();
}

fn more(page: &mut Page, indent: usize, n: usize, noun: &str, options: &TextOptions) {
    let left = n.saturating_sub(options.max_fields);
    if left > 0 {
        let text = format!("… and {}", count(left, &format!("more {noun}")));
        page.pad(indent).put(Ink::Faint, &text).end();
    }
}

fn write_subject(page: &mut Page, subject: &Subject, options: &TextOptions) {
    let name = format!("{} {}", words::sign(subject.kind), subject.resource);
    page.pad(4).put(ink(subject.kind), &name);
    if subject.kind == ChangeKind::Removed {
        let sources = subject.fields.iter().find_map(|field| field.source());
        if let Some(source) = sources.and_then(by) {
            page.put(Ink::Faint, &format!("  written at {source}"));
        }
        return page.end();
    }
    page.end();
    let shown = || subject.fields.iter().take(options.max_fields);
    let names = shown().map(|field| name_of(subject, field).chars().count());
    let values = INDENT + 2 + names.max().unwrap_or(0).min(MAX_NAME) + 2;
    for field in shown() {
        write_field(page, subject, field, values, options);
    }
    more(page, INDENT, subject.fields.len(), "field", options);
}

/// The field as its path is spelled, without the resource.
pub(super) fn name_of(subject: &Subject, field: &FieldDifference) -> String {
    let fields = field.change.path.fields();
    match (field.change.beneath, fields.is_empty()) {
        (false, _) => words::fields(&subject.resource, fields),
        (true, true) => "(anything else in it)".to_owned(),
        (true, false) => {
            format!("{} (anything else in it)", words::fields(&subject.resource, fields))
        }
    }
}

fn write_field(
    page: &mut Page,
    subject: &Subject,
    field: &FieldDifference,
    values: usize,
    options: &TextOptions,
) {
    let kind = field.fate.kind();
    let limit = options.width.saturating_sub(values).max(24);
    page.pad(INDENT).put(ink(kind), words::sign(kind)).put(Ink::Plain, " ");
    page.put(Ink::Plain, &cut(&name_of(subject, field), limit)).gap(values);
    let after = match field.conflict() {
        Some(values) => format!("conflict of {}", count(values.len(), "candidate")),
        None => field.after(),
    };
    match field.fate {
        Fate::Comes => page.put(Ink::Added, &cut(&after, limit)),
        Fate::Goes => page.put(Ink::Removed, &cut(&field.before(), limit)),
        Fate::Becomes => {
            let half = (limit.saturating_sub(3) / 2).max(12);
            let (before, after) = pair(&field.before(), &after, half);
            page.put(Ink::Removed, &before).put(Ink::Plain, " → ").put(Ink::Added, &after)
        }
    };
    source(page, field.source().and_then(by), options);
    page.end();
    for value in field.conflict().unwrap_or_default() {
        page.pad(INDENT + 4)
            .put(Ink::Removed, &short(value, options.width.saturating_sub(INDENT + 4)));
        source(page, field.writers(Some(value)).and_then(by), options);
        page.end();
    }
    if field.change.may_coincide && field.fate == Fate::Becomes {
        let note = "both may be the same on some of these devices";
        page.pad(INDENT + 4).put(Ink::Faint, note).end();
    }
}

/// Where it was written: behind the value, or on the next line where that is too long.
fn source(page: &mut Page, source: Option<String>, options: &TextOptions) {
    let Some(source) = source else { return };
    if page.column() + 2 + source.chars().count() <= options.width {
        page.put(Ink::Plain, "  ");
    } else {
        page.end();
        page.pad(INDENT + 4);
    }
    page.put(Ink::Faint, &source);
}
