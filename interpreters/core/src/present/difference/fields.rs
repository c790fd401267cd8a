//! What changes on one kind of device, resource by resource.

use escadre_algebra::analysis::{Change, Kind};
use escadre_algebra::{ExplainedField, Path, ResourceName, Sources, Value};

use super::Reasons;
use crate::plan::ChangeKind;
use crate::present::field::Fate;
use crate::present::value::whole;

/// One resource, and what changes in it.
pub(in crate::present) struct Subject {
    pub(super) resource: ResourceName,
    /// Whether the resource comes, goes or changes.
    pub(super) kind: ChangeKind,
    pub(super) fields: Vec<FieldDifference>,
}

/// One field that changes.
pub(super) struct FieldDifference {
    pub(super) change: Change,
    pub(super) fate: Fate,
    /// Who wrote the value after (each candidate, if there are several), or before if it goes.
    pub(super) sources: Vec<(Value, Sources)>,
}

impl FieldDifference {
    /// The value before, or all candidates.
    pub(super) fn before(&self) -> String {
        candidates(&self.change.before)
    }

    /// The value after, or all candidates.
    pub(super) fn after(&self) -> String {
        candidates(&self.change.after)
    }

    /// The candidates of the conflict that there is after, if there is one.
    pub(super) fn conflict(&self) -> Option<&[Value]> {
        Some(&self.change.after[..]).filter(|values| values.len() > 1)
    }

    /// Who wrote `value`; in what was not read as written, whoever wrote the only candidate.
    pub(super) fn writers(&self, value: Option<&Value>) -> Option<&Sources> {
        let own = value.and_then(|value| self.sources.iter().find(|(written, _)| written == value));
        let only = self.sources.first().filter(|_| self.sources.len() == 1);
        own.or(only).map(|(_, sources)| sources)
    }

    /// Who wrote the value after, or before if it goes, unless that is a conflict.
    pub(super) fn source(&self) -> Option<&Sources> {
        match self.conflict() {
            Some(_) => None,
            None => self.writers(self.change.after.first()),
        }
    }
}

/// The one value, or all candidates of a conflict.
pub(super) fn candidates(values: &[Value]) -> String {
    match values {
        [] => "nothing".to_owned(),
        [only] => whole(only),
        several => {
            let all: Vec<String> = several.iter().map(whole).collect();
            format!("conflict of {}", all.join(" and "))
        }
    }
}

/// Whether nothing stands there.
fn is_nothing(values: &[Value]) -> bool {
    values.iter().all(|value| *value == Value::Unset)
}

/// Whether there is no more than an object, which the fields in it tell.
fn is_frame(values: &[Value]) -> bool {
    values.iter().all(|value| matches!(value, Value::Object | Value::Unset))
}

/// The changes of `kind`, by resource, in the order of their paths, without those that others tell.
pub(in crate::present) fn subjects(kind: &Kind, reasons: &Reasons) -> Vec<Subject> {
    let mut changes: Vec<&Change> = kind.changes.iter().collect();
    changes.sort_by(|a, b| (&a.path, a.beneath).cmp(&(&b.path, b.beneath)));
    let mut subjects: Vec<Subject> = Vec::new();
    for (i, change) in changes.iter().enumerate() {
        let root = change.path.fields().is_empty() && !change.beneath;
        let fate = fate(change);
        if subjects.last().is_none_or(|last| last.resource != *change.path.resource()) {
            let kind = match fate {
                Fate::Comes if root => ChangeKind::Added,
                Fate::Goes if root => ChangeKind::Removed,
                _ => ChangeKind::Changed,
            };
            let resource = change.path.resource().clone();
            subjects.push(Subject { resource, kind, fields: Vec::new() });
        }
        let Some(subject) = subjects.last_mut() else { continue };
        if is_told(change, &changes, i) {
            continue;
        }
        let explanation = match fate {
            Fate::Goes if is_nothing(&change.after) && change.after.is_empty() => &reasons.before,
            _ => &reasons.after,
        };
        let sources = match change.beneath {
            true => Vec::new(),
            false => sources(&explanation.fields, &change.path),
        };
        let mut change = (*change).clone();
        change.before.sort();
        change.after.sort();
        subject.fields.push(FieldDifference { change, fate, sources });
    }
    subjects.retain(|subject| !subject.fields.is_empty());
    subjects
}

fn fate(change: &Change) -> Fate {
    match (is_nothing(&change.before), is_nothing(&change.after)) {
        (true, false) => Fate::Comes,
        (false, true) => Fate::Goes,
        _ => Fate::Becomes,
    }
}

/// Whether other changes of the same kind of device say what `changes[i]`, which is `change`, does.
///
/// A value says that nothing stands below it, and fields say that they stand in an object.
fn is_told(change: &Change, changes: &[&Change], i: usize) -> bool {
    let above = |other: &&&Change| {
        !other.beneath
            && other.path.is_above(&change.path)
            && (change.beneath || other.path != change.path)
    };
    if is_nothing(&change.before) && is_nothing(&change.after) && changes.iter().any(|c| above(&c))
    {
        return true;
    }
    let frame = !change.beneath && is_frame(&change.before) && is_frame(&change.after);
    frame
        && changes.get(i + 1).is_some_and(|next| !next.beneath && change.path.is_above(&next.path))
}

fn sources(fields: &[ExplainedField], path: &Path) -> Vec<(Value, Sources)> {
    let Ok(at) = fields.binary_search_by(|field| field.path.cmp(path)) else { return Vec::new() };
    let candidates = fields[at].candidates.iter();
    candidates.map(|candidate| (candidate.written.clone(), candidate.sources.clone())).collect()
}
