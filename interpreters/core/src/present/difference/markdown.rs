//! A review as Markdown, for the comments of a review.

use std::fmt::Write as _;

use super::fields::{FieldDifference, Subject};
use super::text::name_of;
use super::{Review, Reviewed, place};
use crate::plan::ChangeKind;
use crate::present::field::Fate;
use crate::present::markdown::{MAX_COMMENT, MAX_VALUE, RESERVE, code, escape, push_table};
use crate::present::reasons::by;
use crate::present::style::TextOptions;
use crate::present::value::{cut, pair};
use crate::present::words::{self, count};

/// The most characters of a selector in a heading.
const MAX_HEADING: usize = 400;

/// `review` as Markdown: what changes in parts that unfold, at most [`MAX_COMMENT`](super::super::MAX_COMMENT) characters.
///
/// Everything is escaped, so that it shows as it is whatever it contains.
#[must_use]
pub fn difference_markdown(review: &Review<'_>, options: &TextOptions) -> String {
    let mut comment = String::new();
    head(&mut comment, review);
    let mut used = comment.chars().count();
    let mut shown = 0;
    for reviewed in review.kinds.iter().take(options.max_groups) {
        let part = details(review, reviewed);
        let n = part.chars().count();
        if used + n + RESERVE > MAX_COMMENT {
            break;
        }
        comment.push_str(&part);
        (used, shown) = (used + n, shown + 1);
    }
    let left = review.kinds.len() - shown;
    if left > 0 {
        let kinds = words::kinds(left, "more ");
        let _ = write!(comment, "\nLeft out: {kinds}; `diff` shows them.\n");
    }
    comment
}

fn head(comment: &mut String, review: &Review<'_>) {
    let side = |side: &super::Side<'_>| {
        let name = cut(&side.name, MAX_VALUE);
        format!("{} (fleet <code>{}</code>)", code(&name), side.fleet.digest().short())
    };
    let (old, new) = (side(&review.old), side(&review.new));
    let scope = review.scope();
    comment.push_str("### What this change does\n\n");
    match &review.answer {
        Some(asked) => {
            let selector = code(&cut(&asked.selector, MAX_VALUE));
            let sentence = match asked.proven {
                true => format!("**Proven:** nothing changes outside of {selector}"),
                false => format!("**Refuted:** something may change outside of {selector}"),
            };
            let _ = writeln!(comment, "{sentence}, from {old} to {new}, on {scope}.");
        }
        None if review.is_empty() => {
            let _ = writeln!(comment, "Nothing: {old} and {new} say the same on {scope}.");
        }
        None => {
            let _ = writeln!(comment, "From {old} to {new}, on {scope}.");
        }
    }
    if review.is_empty() {
        return;
    }
    let [join, leave, change] = review.totals();
    comment.push_str("\n| kinds of device that join | leave | change |\n| ---: | ---: | ---: |\n");
    let _ = writeln!(comment, "| {join} | {leave} | {change} |");
    if let Some(inventory) = review.inventory {
        let n = count(inventory.len(), "device");
        let coverage = words::coverage(inventory.coverage());
        let _ = writeln!(comment, "\nCounted in an inventory of {n} ({coverage}).");
    }
}

/// One kind, folded.
fn details(review: &Review<'_>, reviewed: &Reviewed<'_>) -> String {
    let region = cut(&place::place(&reviewed.kind.region), MAX_HEADING);
    let head = format!("{} {}", words::sign(reviewed.fate()), reviewed.head());
    let mut part = format!("\n<details><summary>{head} {}</summary>\n\n", code(&region));
    if let Some(example) = reviewed.such_as() {
        let _ = write!(part, "{}\n\n", escape(&cut(&example, MAX_HEADING)));
    }
    let reasons = review.reasons(reviewed);
    let names = reviewed.resources(&reasons);
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| code(name.as_str())).collect();
        let _ = write!(part, "Resources: {}\n\n", names.join(" "));
    }
    let subjects = super::subjects(reviewed.kind, &reasons);
    if !subjects.is_empty() {
        push_table(&mut part, subjects.iter().flat_map(rows));
    }
    part.push_str("\n</details>\n");
    part
}

fn rows(subject: &Subject) -> Vec<String> {
    let name = code(subject.resource.as_str());
    if subject.kind == ChangeKind::Removed {
        return vec![format!("| {} | {name} | | | | |\n", words::sign(subject.kind))];
    }
    let row = |field: &FieldDifference| {
        let (before, after) = match field.fate {
            Fate::Comes => (String::new(), code(&cut(&field.after(), MAX_VALUE))),
            Fate::Goes => (code(&cut(&field.before(), MAX_VALUE)), String::new()),
            Fate::Becomes => {
                let (before, after) = pair(&field.before(), &field.after(), MAX_VALUE);
                (code(&before), code(&after))
            }
        };
        let source = field.source().and_then(by);
        let source = source.map(|source| code(&cut(&source, MAX_VALUE))).unwrap_or_default();
        let path = code(&cut(&name_of(subject, field), MAX_VALUE));
        let sign = words::sign(field.fate.kind());
        format!("| {sign} | {name} | {path} | {before} | {after} | {source} |\n")
    };
    subject.fields.iter().map(row).collect()
}
