//! Numbers, names and samples in words.

use std::fmt::Display;

use escadre_algebra::{Coverage, Field, Path, ResourceName};

use crate::plan::ChangeKind;

/// What a plan that was compared with nothing names as its target.
pub(super) const NOTHING: &str = "nothing";

/// How a plan for `target` begins.
pub(super) fn heading(target: &str) -> String {
    match target {
        NOTHING => "Plan from nothing (no --target)".to_owned(),
        target => format!("Plan for {target}"),
    }
}

/// `n` in groups of three digits.
///
/// ```
/// use escadre_interpreter::present::number;
/// assert_eq!([number(7), number(22_311)], ["7", "22 311"]);
/// ```
#[must_use]
pub fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(' ');
        }
        shown.push(c);
    }
    shown
}

/// `n` things, each called `noun`.
pub(super) fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `n` kinds of device, with `which` before the noun.
pub(super) fn kinds(n: usize, which: &str) -> String {
    format!("{} {which}kind{} of device", number(n), if n == 1 { "" } else { "s" })
}

/// The first `max` of `n` names, and how many more there are.
pub(super) fn sample<T: Display>(names: impl Iterator<Item = T>, n: usize, max: usize) -> String {
    // One more name is no longer than saying that there is one more.
    let shown = if n == max + 1 { n } else { max.min(n) };
    let mut text: Vec<String> = names.take(shown).map(|name| name.to_string()).collect();
    if n > shown {
        let and = if shown == 0 { "" } else { "… and " };
        text.push(format!("{and}{} more", number(n - shown)));
    }
    text.join(" ")
}

/// Whether an inventory lists every device.
pub(super) fn coverage(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Complete => "complete",
        Coverage::Partial => "partial",
    }
}

/// The sign of what happens.
pub(super) fn sign(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "+",
        ChangeKind::Changed => "~",
        ChangeKind::Removed => "-",
    }
}

/// `n` devices and what happens to them.
pub(super) fn devices(n: usize, kind: ChangeKind) -> String {
    let verb = match (kind, n) {
        (ChangeKind::Added, 1) => "is added",
        (ChangeKind::Added, _) => "are added",
        (ChangeKind::Changed, 1) => "changes",
        (ChangeKind::Changed, _) => "change",
        (ChangeKind::Removed, 1) => "is removed",
        (ChangeKind::Removed, _) => "are removed",
    };
    format!("{} {verb}", count(n, "device"))
}

/// The place of `fields` below `resource`.
pub(super) fn path(resource: &ResourceName, fields: &[Field]) -> Option<Path> {
    Path::new(resource.clone(), fields.to_vec()).ok()
}

/// `fields` as a path is spelled, without the resource; `(itself)` for the resource's root.
pub(super) fn fields(resource: &ResourceName, fields: &[Field]) -> String {
    let spelled = path(resource, fields).map(|path| path.to_string()).unwrap_or_default();
    match spelled.strip_prefix(resource.as_str()).and_then(|rest| rest.strip_prefix('.')) {
        Some(rest) => rest.to_owned(),
        None => "(itself)".to_owned(),
    }
}
