//! Pieces of text that still know where they were.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A string of a JSON text, borrowed from it unless it has escapes.
#[derive(Clone, Debug)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;
        impl<'de> Visitor<'de> for Strings {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, s: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(s)))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(s.to_owned())))
            }
        }
        deserializer.deserialize_str(Strings)
    }
}

/// The bytes of `text` that `piece` is, if it is a part of it.
pub(super) fn span_of(text: &str, piece: &str) -> Option<Range<usize>> {
    let start = (piece.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(piece.len())?;
    (end <= text.len()).then_some(start..end)
}

/// The bytes of `text` that `piece` is; a piece that was unescaped is not found, so all of `text`.
pub(super) fn span_or_all(text: &str, piece: &str) -> Range<usize> {
    span_of(text, piece).unwrap_or_else(|| all(text))
}

/// All bytes of `text` but white space at its ends.
pub(super) fn all(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len().max(start)
}

/// Where `serde_json` stopped in `text`, as bytes of it, and what it says without the place.
pub(super) fn json_mistake(text: &str, error: &serde_json::Error) -> (Range<usize>, String) {
    let shown = error.to_string();
    let message = shown.rfind(" at line ").map_or(shown.as_str(), |at| &shown[..at]).to_owned();
    let line_start = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let at = line_start + error.column().saturating_sub(1);
    (at.min(text.len())..(at + 1).min(text.len()), message)
}
