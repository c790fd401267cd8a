//! What is known of bytes before anything is built of them.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::{DecodeError, Kind};
use super::{FLEET, MAX_NESTING};

/// What a document says it is, whatever else it holds.
#[derive(Deserialize)]
pub(super) struct Head {
    escadre: Option<Said>,
    version: Option<Said>,
}

impl Head {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        serde_json::from_slice(bytes).map_err(|e| DecodeError::json(&e))
    }

    pub(super) fn is_fleet(&self) -> bool {
        self.escadre.as_ref().is_some_and(|said| said.0 == format!("\"{FLEET}\""))
    }

    /// The version, as the document spells it.
    pub(super) fn version(&self) -> String {
        self.version.as_ref().map_or("none".to_owned(), |said| said.0.clone())
    }
}

/// The spelling of one JSON value that is no list and no object, cut where it is long.
struct Said(String);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_bool<E>(self, b: bool) -> Result<Said, E> {
        Ok(Said(b.to_string()))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Said, E> {
        Ok(Said(n.to_string()))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Said, E> {
        Ok(Said(n.to_string()))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Said, E> {
        Ok(Said(format!("{x:?}")))
    }

    fn visit_str<E>(self, text: &str) -> Result<Said, E> {
        Ok(Said(format!("\"{}\"", text.chars().take(80).collect::<String>())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Said, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Said("a list".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Said("an object".to_owned()))
    }
}

/// Refuses brackets that are nested deeper than any fleet needs, and integers that no 64 bits
/// hold (a reader of JSON would make decimals of them). Does not recurse.
pub(super) fn check_bytes(bytes: &[u8]) -> Result<(), DecodeError> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' => {
                let number = number(&bytes[at..]);
                if !fits(number) {
                    return Err(wrong(bytes, at, "an integer does not fit 64 bits".to_owned()));
                }
                at += number.len() - 1;
            }
            _ => {}
        }
        if depth > MAX_NESTING {
            let message = format!("brackets are nested more than {MAX_NESTING} deep");
            return Err(wrong(bytes, at, message));
        }
        at += 1;
    }
    Ok(())
}

/// The number that `bytes` begin with; at least one byte.
fn number(bytes: &[u8]) -> &[u8] {
    let inside = |b: &u8| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    let end = bytes.iter().position(|b| !inside(b)).unwrap_or(bytes.len());
    &bytes[..end]
}

/// Whether `number` is an integer of 64 bits, or none at all.
fn fits(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    if digits.len() < 19 || !digits.iter().all(u8::is_ascii_digit) {
        return true;
    }
    std::str::from_utf8(number)
        .is_ok_and(|text| text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok())
}

fn wrong(bytes: &[u8], at: usize, message: String) -> DecodeError {
    let before = &bytes[..at];
    let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|&&b| b != b'\n').count();
    Kind::Json { line, column, message }.into()
}
