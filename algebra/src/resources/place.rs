//! Places in a record that is being serialised.

use std::fmt;

use super::record::RecordError;
use crate::path::MAX_FIELDS;

/// Where in the record the serializer is: a list of steps, from the innermost outwards.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
    // INVARIANT: the records and lists around this place, at most MAX_FIELDS; `descend` keeps it.
    n_around: usize,
    // INVARIANT: the newtypes and `Some` around this place, at most MAX_FIELDS; `descend` keeps it.
    n_wraps: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Top,
    Field(&'a str),
    Index(usize),
    /// A newtype or `Some`: not a step of the path, but of the recursion.
    Wrap,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            steps.push(place.step);
            at = place.above;
        }
        let mut first = true;
        for step in steps.into_iter().rev() {
            match step {
                Step::Top | Step::Wrap => continue,
                Step::Field(name) => write!(f, "{}{name}", if first { "" } else { "." })?,
                Step::Index(i) => write!(f, "[{i}]")?,
            }
            first = false;
        }
        Ok(())
    }
}

impl<'a> At<'a> {
    /// The place of a whole record.
    pub(super) fn top() -> Self {
        Self { above: None, step: Step::Top, n_around: 0, n_wraps: 0 }
    }

    /// The error that `message` describes, here.
    pub(super) fn error(&self, message: impl Into<String>) -> RecordError {
        RecordError::new(self.to_string(), message)
    }

    /// The place one level further in.
    pub(super) fn descend(&'a self, step: Step<'a>) -> Result<Self, RecordError> {
        let mut at = At { above: Some(self), step, ..*self };
        let n = if matches!(step, Step::Wrap) { &mut at.n_wraps } else { &mut at.n_around };
        if *n >= MAX_FIELDS {
            return Err(self.error(format!("it is nested more than {MAX_FIELDS} levels deep")));
        }
        *n += 1;
        Ok(at)
    }
}
