//! Texts as they are written: words, and alternatives for labels that may be missing.

use std::ops::Add;
use std::sync::Arc;

use crate::names::LabelKey;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::selector::{DeviceIdRef, LabelRef};
use crate::word::{Part, Word};

/// A text as it is written: literals, labels and the id side by side, and labels with a default.
///
/// ```
/// use escadre_algebra::{label, label_or, text};
/// let url = text("rtsp://") + label("site") + ":" + label_or("rtsp-port", "554");
/// assert_eq!(url.to_string(), "rtsp://{label(site)}:{label_or(rtsp-port, 554)}");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Text {
    pieces: Vec<Piece>,
    // INVARIANT: how deep defaults are nested, at most MAX_DEFAULTS; `label_or` and `add` keep it.
    depth: u8,
}

/// A label's default may have labels with defaults, this many times.
const MAX_DEFAULTS: u8 = 32;

#[derive(Clone, Debug)]
enum Piece {
    Part(Part),
    LabelOr(LabelKey, Text),
    Invalid(Problem),
}

/// The text `literal`, the start of a longer one.
pub fn text(literal: impl Into<Text>) -> Text {
    literal.into()
}

/// The value of the label `key` where the device has it, else `default`.
///
/// A deployed resource that holds it is `choose(exists key, …)`.
#[track_caller]
#[must_use]
pub fn label_or(key: &str, default: impl Into<Text>) -> Text {
    let default = default.into();
    if default.depth >= MAX_DEFAULTS {
        let problem =
            Problem::new(&"defaults of labels are nested more than 32 deep", Origin::caller());
        return Text::of(Piece::Invalid(problem));
    }
    match LabelKey::parse(key) {
        Ok(key) => Text { depth: default.depth + 1, pieces: vec![Piece::LabelOr(key, default)] },
        Err(error) => Text::of(Piece::Invalid(Problem::new(&error, Origin::caller()))),
    }
}

/// One reading of a text: the word that it is where these labels exist (or do not).
pub(crate) struct Reading {
    pub(crate) word: Word,
    pub(crate) conditions: Vec<(LabelKey, bool)>,
}

/// A reading in the making: the parts so far, its conditions, and the pieces still to read.
type OpenReading<'a> = (Vec<Part>, Vec<(LabelKey, bool)>, Vec<&'a Piece>);

/// A text with more than this many readings is rejected.
const MAX_READINGS: usize = 64;

impl Text {
    fn of(piece: Piece) -> Self {
        Self { pieces: vec![piece], depth: 0 }
    }

    /// The problems in this text.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut open: Vec<&Self> = vec![self];
        while let Some(text) = open.pop() {
            for piece in &text.pieces {
                match piece {
                    Piece::Invalid(problem) => found.push(problem.clone()),
                    Piece::LabelOr(_, default) => open.push(default),
                    Piece::Part(_) => {}
                }
            }
        }
        found
    }

    /// Every reading of this text, `None` if there are too many. Their conditions exclude each other and cover every device.
    pub(crate) fn readings(&self) -> Option<Vec<Reading>> {
        let mut open: Vec<OpenReading<'_>> =
            vec![(Vec::new(), Vec::new(), self.pieces.iter().rev().collect())];
        let mut done = Vec::new();
        while let Some((mut parts, mut conditions, mut rest)) = open.pop() {
            if done.len() + open.len() >= MAX_READINGS {
                return None;
            }
            match rest.pop() {
                None => done.push(Reading { word: Word::from_parts(parts), conditions }),
                Some(Piece::Part(part)) => {
                    parts.push(part.clone());
                    open.push((parts, conditions, rest));
                }
                Some(Piece::LabelOr(key, default)) => {
                    let known = conditions.iter().find(|(k, _)| k == key).map(|c| c.1);
                    if known != Some(true) && !mutant!(DefaultIgnored) {
                        let mut without = conditions.clone();
                        let mut rest = rest.clone();
                        rest.extend(default.pieces.iter().rev());
                        if known.is_none() {
                            without.push((key.clone(), false));
                        }
                        open.push((parts.clone(), without, rest));
                    }
                    if known != Some(false) {
                        parts.push(Part::Label(key.clone()));
                        if known.is_none() {
                            conditions.push((key.clone(), true));
                        }
                        open.push((parts, conditions, rest));
                    }
                }
                Some(Piece::Invalid(_)) => open.push((parts, conditions, rest)),
            }
        }
        Some(done)
    }
}

impl From<&str> for Text {
    fn from(literal: &str) -> Self {
        Self::of(Piece::Part(Part::Literal(Arc::from(literal))))
    }
}

impl From<String> for Text {
    fn from(literal: String) -> Self {
        Self::from(literal.as_str())
    }
}

impl From<&String> for Text {
    fn from(literal: &String) -> Self {
        Self::from(literal.as_str())
    }
}

impl From<Word> for Text {
    fn from(word: Word) -> Self {
        Self { pieces: word.parts().iter().cloned().map(Piece::Part).collect(), depth: 0 }
    }
}

impl From<DeviceIdRef> for Text {
    fn from(_: DeviceIdRef) -> Self {
        Self::of(Piece::Part(Part::DeviceId))
    }
}

impl From<LabelRef> for Text {
    #[track_caller]
    fn from(label: LabelRef) -> Self {
        Self::of(match LabelKey::parse(label.key()) {
            Ok(key) => Piece::Part(Part::Label(key)),
            Err(error) => Piece::Invalid(Problem::new(&error, Origin::caller())),
        })
    }
}

impl<T: Into<Text>> Add<T> for Text {
    type Output = Self;
    #[track_caller]
    fn add(mut self, next: T) -> Self {
        let next = next.into();
        self.depth = self.depth.max(next.depth);
        self.pieces.extend(next.pieces);
        self
    }
}

impl<T: Into<Text>> Add<T> for LabelRef {
    type Output = Text;
    #[track_caller]
    fn add(self, next: T) -> Text {
        Text::from(self) + next
    }
}

impl<T: Into<Text>> Add<T> for DeviceIdRef {
    type Output = Text;
    #[track_caller]
    fn add(self, next: T) -> Text {
        Text::from(self) + next
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Part(part) => write!(f, "{}", Word::from_parts([part.clone()])),
            Piece::LabelOr(key, default) => write!(f, "{{label_or({key}, {default})}}"),
            Piece::Invalid(problem) => write!(f, "{{invalid: {}}}", problem.message()),
        })
    }
}
