//! What happens to one field, in the words of its group.

use escadre_algebra::Value;

use super::value::{pieces, short, whole};
use super::words::number;
use crate::plan::{ChangeKind, FieldChange, Subject};

/// What happens to a field of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It comes.
    Comes,
    /// It goes.
    Goes,
    /// It changes its value.
    Becomes,
}

impl Fate {
    pub(super) fn of(field: &FieldChange) -> Self {
        match (&field.before[..], &field.after) {
            (_, None) => Self::Goes,
            ([] | [(None, _)], Some(_)) => Self::Comes,
            _ => Self::Becomes,
        }
    }

    /// The same as what happens to a device.
    pub(super) fn kind(self) -> ChangeKind {
        match self {
            Self::Comes => ChangeKind::Added,
            Self::Goes => ChangeKind::Removed,
            Self::Becomes => ChangeKind::Changed,
        }
    }
}

/// The fields of `subject` that say something: an empty object that got fields does not.
pub(super) fn telling(subject: &Subject) -> Vec<&FieldChange> {
    let fields = &subject.fields;
    let filled = |(i, field): &(usize, &FieldChange)| {
        let empty =
            field.after.is_none() && field.before.iter().all(|(v, _)| *v == Some(Value::Object));
        empty && fields.get(i + 1).is_some_and(|next| next.fields.starts_with(&field.fields))
    };
    fields.iter().enumerate().filter(|field| !filled(field)).map(|(_, field)| field).collect()
}

/// What is held of a field: the value whole, or how many there are and one of them, cut to `limit`.
pub(super) fn held(field: &FieldChange, limit: usize) -> String {
    match &field.before[..] {
        [] | [(None, _)] => "nothing".to_owned(),
        [(Some(value), _)] => whole(value),
        several => {
            let example = several.iter().find_map(|(value, _)| value.as_ref());
            let summary = format!("{} different values", number(several.len()));
            let room = limit.saturating_sub(summary.chars().count() + ", such as ".len());
            match example {
                Some(example) if room >= 3 => {
                    format!("{summary}, such as {}", short(example, room))
                }
                _ => summary,
            }
        }
    }
}

/// What is wanted of a field, whole.
pub(super) fn wanted(field: &FieldChange) -> String {
    field.after.as_ref().map_or_else(|| "nothing".to_owned(), whole)
}

/// The pieces before and after, where comparing them says more than the whole values do.
pub(super) fn by_pieces(field: &FieldChange) -> Option<(&Value, Vec<String>, Vec<String>)> {
    let [(Some(before), _)] = &field.before[..] else { return None };
    let after = field.after.as_ref()?;
    if matches!(before, Value::List(_)) != matches!(after, Value::List(_)) {
        return None;
    }
    Some((after, pieces(before)?, pieces(after)?))
}
