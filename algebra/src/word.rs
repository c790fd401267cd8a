//! Words: texts that may mention the device they stand on.

use std::fmt;
use std::sync::Arc;

use crate::facts::{Facts, Knowledge};
use crate::names::LabelKey;

/// One part of a [`Word`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// These characters.
    Literal(Arc<str>),
    /// The value of the device's label.
    Label(LabelKey),
    /// Stands in place of the value of a label that the device does not have; equals no string.
    Missing(LabelKey),
    /// The device's id.
    DeviceId,
}

/// A text over literals, labels of the device and its id.
///
/// ```
/// use escadre_algebra::{Facts, Word};
/// let word: Word = Word::literal("rtsp://").then(&Word::label("site".try_into()?));
/// let d = Facts::of("cam-1", [("site", "paris")])?;
/// assert_eq!(word.instantiate(&d), Word::literal("rtsp://paris"));
/// assert_eq!(word.instantiate(&Facts::of("cam-2", [])?).missing().map(|k| k.as_str()), Some("site"));
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
// INVARIANT: no empty literal, no two literals side by side; `from_parts` keeps it.
pub struct Word(Arc<[Part]>);

/// Literals side by side, before it is known where they end.
// CHOICE: one literal stays shared; more are copied into one buffer, once.
enum Run {
    Empty,
    One(Arc<str>),
    Many(String),
}

impl Run {
    fn then(self, text: Arc<str>) -> Self {
        match self {
            run if text.is_empty() => run,
            Self::Empty => Self::One(text),
            Self::One(before) => Self::Many([&*before, &*text].concat()),
            Self::Many(mut before) => {
                before.push_str(&text);
                Self::Many(before)
            }
        }
    }

    fn end(self) -> Option<Part> {
        match self {
            Self::Empty => None,
            Self::One(text) => Some(Part::Literal(text)),
            Self::Many(text) => Some(Part::Literal(text.into())),
        }
    }
}

impl Word {
    /// The word of `parts`, side by side. Costs O(characters + parts).
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut merged: Vec<Part> = Vec::new();
        let mut run = Run::Empty;
        for part in parts {
            if !mutant!(LiteralsApart)
                && let Part::Literal(text) = part
            {
                run = run.then(text);
            } else {
                merged.extend(std::mem::replace(&mut run, Run::Empty).end());
                merged.push(part);
            }
        }
        merged.extend(run.end());
        Self(merged.into())
    }

    /// The word that is `text` on every device.
    pub fn literal(text: impl Into<Arc<str>>) -> Self {
        Self::from_parts([Part::Literal(text.into())])
    }

    /// The value of the label `key`.
    #[must_use]
    pub fn label(key: LabelKey) -> Self {
        Self(Arc::from([Part::Label(key)]))
    }

    /// The device's id.
    #[must_use]
    pub fn device_id() -> Self {
        Self(Arc::from([Part::DeviceId]))
    }

    /// This word, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self::from_parts(self.0.iter().chain(next.0.iter()).cloned())
    }

    /// The parts of this word: literals are merged and not empty.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The text of this word, if it is the same on every device.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match &*self.0 {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The labels that this word mentions.
    pub fn labels(&self) -> impl Iterator<Item = &LabelKey> {
        self.0.iter().filter_map(|part| match part {
            Part::Label(key) => Some(key),
            _ => None,
        })
    }

    /// The first label that is missing in this word, after [`Word::instantiate`].
    #[must_use]
    pub fn missing(&self) -> Option<&LabelKey> {
        self.0.iter().find_map(|part| match part {
            Part::Missing(key) => Some(key),
            _ => None,
        })
    }

    /// This word on one device: known labels and the id are replaced by their values, absent
    /// labels by `Missing`; unknown labels stay. Costs O(parts · log labels).
    #[must_use]
    pub fn instantiate(&self, facts: &Facts) -> Self {
        if self.0.iter().all(|p| matches!(p, Part::Literal(_) | Part::Missing(_))) {
            return self.clone();
        }
        Self::from_parts(self.0.iter().map(|part| match part {
            Part::Label(key) => match facts.label(key.as_str()) {
                Knowledge::Known(value) => Part::Literal(Arc::from(value)),
                Knowledge::Absent if mutant!(MissingAsEmpty) => Part::Literal(Arc::from("")),
                Knowledge::Absent => Part::Missing(key.clone()),
                Knowledge::Unknown if mutant!(UnknownTextMissing) => Part::Missing(key.clone()),
                Knowledge::Unknown => part.clone(),
            },
            Part::DeviceId => Part::Literal(facts.id().shared()),
            Part::Literal(_) | Part::Missing(_) => part.clone(),
        }))
    }
}

impl fmt::Display for Word {
    /// Literals as they are; `{label(k)}`, `{missing(k)}`, `{device_id()}` for the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Label(key) => write!(f, "{{label({key})}}"),
            Part::Missing(key) => write!(f, "{{missing({key})}}"),
            Part::DeviceId => f.write_str("{device_id()}"),
        })
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}
