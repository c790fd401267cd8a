//! Plans as Markdown, for the comments of a review.

use std::fmt::Write as _;

use escadre_algebra::Resolved;

use super::field::{Fate, held, telling, wanted};
use super::reasons::Reasons;
use super::style::{TextOptions, visible};
use super::text::nothing;
use super::value::{cut, pair};
use super::warning::warnings;
use super::words::{self, count, number, sample};
use crate::plan::{ChangeKind, FieldChange, Group, Plan, Subject};

/// The characters that a plan's comment has at most; a comment on GitHub may have 65 536.
pub const MAX_COMMENT: usize = 60_000;
/// What the closing line may take of them.
pub(super) const RESERVE: usize = 500;
/// One group takes at most this many characters.
pub(super) const MAX_GROUP: usize = 20_000;
/// One value takes at most this many characters before it is escaped.
pub(super) const MAX_VALUE: usize = 160;

/// `plan` as Markdown: a table of totals, and what changes in parts that unfold, at most [`MAX_COMMENT`] characters.
///
/// Ids and values are escaped, so that they show as they are whatever they contain. A plan that is
/// too long ends with a line that says what was left out.
#[must_use]
pub fn markdown(plan: &Plan, resolved: &Resolved, options: &TextOptions) -> String {
    let mut comment = String::new();
    head(&mut comment, plan, resolved);
    for warning in warnings(plan, resolved, options) {
        let _ = write!(comment, "\n> **Warning:** {}", escape(&warning.head));
        for detail in warning.details {
            let _ = write!(comment, "  \n> {}", escape(&detail));
        }
        comment.push('\n');
    }
    let mut used = comment.chars().count();
    let groups = if plan.is_empty() { Vec::new() } else { plan.groups() };
    let mut shown = 0;
    for group in groups.iter().take(options.max_groups) {
        let part = details(group, &Reasons::of(group, resolved), options);
        let n = part.chars().count();
        if used + n + RESERVE > MAX_COMMENT {
            break;
        }
        comment.push_str(&part);
        (used, shown) = (used + n, shown + 1);
    }
    let left = &groups[shown..];
    if !left.is_empty() {
        let n = left.iter().map(|group| group.devices.len()).sum();
        let (devices, groups) = (count(n, "device"), count(left.len(), "more group"));
        let _ = write!(comment, "\nLeft out: {devices} in {groups}; `plan` shows them.\n");
    }
    if let Some(next) = options.next.as_ref().filter(|_| !plan.is_empty()) {
        let next = cut(&escape(next), RESERVE / 2);
        let _ = write!(comment, "\n{next}\n");
    }
    comment
}

fn head(comment: &mut String, plan: &Plan, resolved: &Resolved) {
    let summary = plan.summary();
    match plan.target() {
        words::NOTHING => comment.push_str("### Plan from nothing (no `--target`)\n\n"),
        target => {
            let _ = write!(comment, "### Plan for {}\n\n", code(&cut(target, MAX_VALUE)));
        }
    }
    if plan.is_empty() {
        let _ = write!(comment, "{}\n\n", nothing(plan, resolved));
    }
    comment.push_str("| added | changed | removed | unchanged | undetermined |\n");
    comment.push_str("| ---: | ---: | ---: | ---: | ---: |\n");
    let row =
        [summary.added, summary.changed, summary.removed, summary.unchanged, summary.undetermined];
    let row: Vec<String> = row.into_iter().map(number).collect();
    let _ = write!(comment, "| {} |\n\n", row.join(" | "));
    let n_devices = count(resolved.inventory().len(), "device");
    let coverage = words::coverage(plan.coverage());
    let fleet = plan.fleet().short();
    let _ = writeln!(comment, "Fleet <code>{fleet}</code>, inventory of {n_devices} ({coverage}).");
}

/// One group, folded.
fn details(group: &Group, reasons: &Reasons<'_>, options: &TextOptions) -> String {
    let n = group.devices.len();
    let devices = sample(group.devices.iter().map(|id| code(id.as_str())), n, options.max_devices);
    let sign = words::sign(group.kind);
    let mut part = format!(
        "\n<details><summary>{sign} {}: {devices}</summary>\n\n",
        words::devices(n, group.kind)
    );
    push_table(&mut part, group.subjects.iter().flat_map(|subject| rows(subject, reasons)));
    part.push_str("\n</details>\n");
    part
}

/// Writes the rows of a table of changes, as many as a group may have, and how many more there are.
pub(super) fn push_table(part: &mut String, rows: impl Iterator<Item = String>) {
    part.push_str("| | resource | field | before | after | written at |\n");
    part.push_str("| --- | --- | --- | --- | --- | --- |\n");
    let mut left = 0;
    for row in rows {
        if left > 0 || part.len() + row.len() > MAX_GROUP {
            left += 1;
        } else {
            part.push_str(&row);
        }
    }
    if left > 0 {
        let _ = write!(part, "\n… and {}\n", count(left, "more row"));
    }
}

fn rows(subject: &Subject, reasons: &Reasons<'_>) -> Vec<String> {
    let name = code(subject.resource.as_str());
    let sign = words::sign(subject.kind);
    if subject.kind == ChangeKind::Removed {
        let why = reasons.gone(&subject.resource).map(|why| escape(&cut(&why, MAX_VALUE)));
        return vec![format!("| {sign} | {name} | | | | {} |\n", why.unwrap_or_default())];
    }
    let fields = telling(subject);
    let row = |field: &&FieldChange| {
        let fate = Fate::of(field);
        let (before, after) = match fate {
            Fate::Comes => (String::new(), value(&wanted(field))),
            Fate::Goes => (value(&held(field, MAX_VALUE)), String::new()),
            Fate::Becomes => {
                let (before, after) = pair(&held(field, MAX_VALUE), &wanted(field), MAX_VALUE);
                (code(&before), code(&after))
            }
        };
        let example = field.after.as_ref().and_then(|after| reasons.instance(after, MAX_VALUE));
        let example = example.map(|text| format!(", {}", escape(&text))).unwrap_or_default();
        let source = reasons.source(&subject.resource, &field.fields);
        let source = source.map(|source| code(&cut(&source, MAX_VALUE))).unwrap_or_default();
        let field = code(&cut(&words::fields(&subject.resource, &field.fields), MAX_VALUE));
        let sign = words::sign(fate.kind());
        format!("| {sign} | {name} | {field} | {before} | {after}{example} | {source} |\n")
    };
    fields.iter().map(row).collect()
}

fn value(text: &str) -> String {
    code(&cut(text, MAX_VALUE))
}

pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// `text` with everything escaped that Markdown, a table or HTML could read as more than itself.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        let plain = !c.is_ascii() || c.is_ascii_alphanumeric() || " ./-,():;=\"'+%?".contains(c);
        if plain {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "&#{};", u32::from(c));
        }
    }
    escaped
}
