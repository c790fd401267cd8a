//! Lines of the form that most have, read without making anything on the way.
//!
//! Note [Flat lines]: a line is flat if it is `{"id":"…","labels":{"…":…,…}}`, with white space
//! where JSON allows it, each value a string, an integer, a boolean or null, and no escapes. What is
//! not flat, or wrong in any way, is left to the reader of all lines, which alone makes errors. So
//! what is read here is exactly what that one would make of it.

use std::collections::HashMap;
use std::ops::Range;

use super::collect::Collector;
use super::lines::Line;

/// The place of the key that stands before the first one.
const START: usize = 0;

/// The most digits of an integer that any reader of numbers keeps.
const MAX_DIGITS: usize = 18;

/// What flat lines so far have told of the next one.
pub(super) struct Flat {
    keys: Vec<Key>,
    by_name: HashMap<Box<str>, usize>,
    /// The labels of one line: the number of the key, and the value, `None` if unknown.
    labels: Vec<(usize, Option<Range<usize>>)>,
    n_lines: u64,
}

/// A key that some line has.
struct Key {
    /// The key with its quotes and the colon after it.
    spelled: Spelled,
    /// Its number among the columns.
    number: usize,
    // CHOICE: a key is mostly followed by what followed it before, so those two are compared before
    // any is hashed.
    next: [usize; 2],
    /// The last line that has it.
    line: u64,
}

impl Flat {
    pub(super) fn new() -> Self {
        // No text has this byte, so this key is found nowhere.
        let start = Key { spelled: Spelled::new(&[0xff]), number: 0, next: [START; 2], line: 0 };
        Self { keys: vec![start], by_name: HashMap::new(), labels: Vec::new(), n_lines: 0 }
    }

    /// Adds the device of `line`, if it is flat and nothing is wrong with it; else does nothing.
    pub(super) fn read(&mut self, line: &Line<'_>, collector: &mut Collector) -> bool {
        let Some(id) = self.parse(line.text, collector) else { return false };
        let text = |range: Range<usize>| &line.text[range];
        let labels = self.labels.iter().cloned();
        let labels = labels.map(|(key, value)| (key, value.map(text)));
        collector.add_flat(line.number, text(id), labels)
    }

    /// Where the id is; the labels are then in `self.labels`.
    fn parse(&mut self, text: &str, collector: &mut Collector) -> Option<Range<usize>> {
        self.labels.clear();
        self.n_lines += 1;
        let mut at = Cursor { text, bytes: text.as_bytes(), at: 0 };
        at.token(b"{")?;
        at.token(b"\"id\"")?;
        at.token(b":")?;
        at.space();
        let id = at.string()?;
        if at.token(b",").is_some() {
            at.token(b"\"labels\"")?;
            at.token(b":")?;
            at.token(b"{")?;
            self.labels(&mut at, collector)?;
        }
        at.token(b"}")?;
        at.space();
        (at.at == text.len()).then_some(id)
    }

    /// The labels, whose brace has been read.
    fn labels(&mut self, at: &mut Cursor<'_>, collector: &mut Collector) -> Option<()> {
        if at.token(b"}").is_some() {
            return Some(());
        }
        let mut before = START;
        loop {
            at.space();
            before = self.key(at, before, collector)?;
            let key = &mut self.keys[before];
            if std::mem::replace(&mut key.line, self.n_lines) == self.n_lines {
                return None;
            }
            at.space();
            self.labels.push((key.number, at.value()?));
            at.space();
            match at.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// The place of the key that comes next, after the one of the place `before`.
    #[inline]
    fn key(
        &mut self,
        at: &mut Cursor<'_>,
        before: usize,
        collector: &mut Collector,
    ) -> Option<usize> {
        let mut expected = self.keys[before].next.into_iter();
        let found = expected.find(|&next| self.keys[next].spelled.is_at(at));
        match found {
            Some(next) => {
                at.at += self.keys[next].spelled.all.len();
                Some(next)
            }
            None => self.other_key(at, before, collector),
        }
    }

    fn other_key(
        &mut self,
        at: &mut Cursor<'_>,
        before: usize,
        collector: &mut Collector,
    ) -> Option<usize> {
        let name = at.string()?;
        let name = &at.text[name];
        at.token(b":")?;
        let place = match self.by_name.get(name) {
            Some(&known) => known,
            None => {
                let number = collector.key(name)?;
                let spelled = Spelled::new(format!("\"{name}\":").as_bytes());
                self.keys.push(Key { spelled, number, next: [START; 2], line: 0 });
                self.by_name.insert(name.into(), self.keys.len() - 1);
                self.keys.len() - 1
            }
        };
        let next = &mut self.keys[before].next;
        *next = [place, next[0]];
        Some(place)
    }
}

/// Bytes to be compared with those of a line.
struct Spelled {
    all: Box<[u8]>,
    /// The first 16 of them, and which bits of 16 they are.
    first: u128,
    mask: u128,
}

impl Spelled {
    fn new(all: &[u8]) -> Self {
        let mut first = [0; 16];
        let mut mask = [0; 16];
        for ((first, mask), &byte) in first.iter_mut().zip(&mut mask).zip(all) {
            (*first, *mask) = (byte, 0xff);
        }
        let (first, mask) = (u128::from_le_bytes(first), u128::from_le_bytes(mask));
        Self { all: all.into(), first, mask }
    }

    /// Whether these bytes come next.
    #[inline]
    fn is_at(&self, at: &Cursor<'_>) -> bool {
        let rest = at.rest();
        match rest.first_chunk() {
            Some(chunk) if u128::from_le_bytes(*chunk) & self.mask != self.first => false,
            Some(_) if self.all.len() <= 16 => true,
            _ => rest.starts_with(&self.all),
        }
    }
}

/// A place in a line.
struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline]
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let next = self.peek();
        self.at += 1;
        next
    }

    /// Skips the white space of JSON.
    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Skips `token` and white space before it, if it comes next.
    #[inline]
    fn token<const N: usize>(&mut self, token: &[u8; N]) -> Option<()> {
        self.space();
        (self.rest().first_chunk() == Some(token)).then(|| self.at += N)
    }

    /// Where the text of the string is that comes next; `None` if it has escapes, or is none.
    #[inline]
    fn string(&mut self) -> Option<Range<usize>> {
        if self.next()? != b'"' {
            return None;
        }
        let start = self.at;
        while let Some(chunk) = self.rest().first_chunk() {
            match ends_of_strings(u64::from_le_bytes(*chunk)) {
                0 => self.at += chunk.len(),
                found => {
                    self.at += found.trailing_zeros() as usize / 8;
                    break;
                }
            }
        }
        loop {
            match self.next()? {
                b'"' => return Some(start..self.at - 1),
                b'\\' | ..b' ' => return None,
                _ => {}
            }
        }
    }

    /// The value that comes next, as a label has it; the inner `None` is null.
    #[inline]
    fn value(&mut self) -> Option<Option<Range<usize>>> {
        if self.peek()? == b'"' {
            return self.string().map(Some);
        }
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            self.at += 1;
        }
        match &self.bytes[start..self.at] {
            b"null" => Some(None),
            b"true" | b"false" => Some(Some(start..self.at)),
            number => is_integer(number).then_some(Some(start..self.at)),
        }
    }
}

/// Whether these bytes are an integer that is spelled as every reader of numbers writes it.
fn is_integer(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let is_spelled_once = match digits {
        [] => false,
        [b'0'] => digits.len() == bytes.len(),
        [first, ..] => *first != b'0',
    };
    is_spelled_once && digits.len() <= MAX_DIGITS && digits.iter().all(u8::is_ascii_digit)
}

/// The highest bit of the first byte that is a quote, a backslash or a control character; bits
/// above it may be set, too, none below it are.
#[inline]
fn ends_of_strings(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    // The high bit of each byte that is less than `n`, from the lowest one on.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (is(b'"') | is(b'\\') | below(word, 0x20)) & HIGH
}
