//! Strings, numbered in the order in which they are met.

use std::hash::{BuildHasher as _, RandomState};

use super::ColumnsError;
use super::strings::Strings;

/// How many strings are found without hashing; a power of two.
const N_RECENT: usize = 64;

/// From so many strings on, a dictionary of which most were met once looks for none any more.
const MANY: usize = 1 << 14;

/// Strings, each with a number in the order in which they were met. Equal ones have one number, but
/// for those of [`loose`](Self::loose) dictionaries.
#[derive(Debug)]
pub(super) struct Dictionary {
    strings: Strings,
    /// Open addressing: the number of a string, plus one; 0 where there is none.
    // INVARIANT: a power of two long, at most half full.
    slots: Vec<u32>,
    hasher: RandomState,
    // CHOICE: a string is first looked for where one of its ends and length was last met; most
    // labels have so few values that none is ever hashed again. Numbers, plus one.
    recent: Vec<u32>,
    /// How many strings were looked for.
    n_sought: usize,
    // CHOICE: one more serial number is as good as never met before, and looking for it costs more
    // than all else; should it have been, `sorted` finds out.
    loose: bool,
    too_large: bool,
}

impl Dictionary {
    pub(super) fn new() -> Self {
        Self {
            strings: Strings::new(),
            slots: vec![0; 16],
            hasher: RandomState::new(),
            recent: vec![0; N_RECENT],
            n_sought: 0,
            loose: false,
            too_large: false,
        }
    }

    /// The number of `string`, a new one if it was not met before.
    pub(super) fn number(&mut self, string: &str) -> u32 {
        let near = near(string);
        let recent = self.recent[near];
        if recent != 0 && self.strings.get(recent as usize - 1) == string {
            return recent - 1;
        }
        let number = self.find_or_add(string);
        self.recent[near] = number + 1;
        number
    }

    #[expect(clippy::cast_possible_truncation, reason = "`Strings` holds fewer than 2³²")]
    fn find_or_add(&mut self, string: &str) -> u32 {
        let at = if self.loose { None } else { Some(self.slot(string)) };
        if let Some(known) = at.and_then(|at| self.slots[at].checked_sub(1)) {
            self.n_sought += 1;
            return known;
        }
        let number = self.strings.len() as u32;
        if self.strings.push(string).is_err() {
            // `sorted` refuses.
            self.too_large = true;
            return 0;
        }
        let Some(at) = at else { return number };
        self.n_sought += 1;
        self.slots[at] = number + 1;
        if self.strings.len() >= MANY && self.strings.len() * 2 > self.n_sought {
            self.loose = true;
            self.slots = Vec::new();
        } else if self.strings.len() * 2 > self.slots.len() {
            self.grow();
        }
        number
    }

    /// Where `string` is, or would be put.
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn slot(&self, string: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.hasher.hash_one(string) as usize & mask;
        while let Some(known) = self.slots[at].checked_sub(1)
            && self.strings.get(known as usize) != string
        {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let slots = vec![0; self.slots.len() * 2];
        for number in std::mem::replace(&mut self.slots, slots) {
            if let Some(known) = number.checked_sub(1) {
                let at = self.slot(self.strings.get(known as usize));
                self.slots[at] = number;
            }
        }
    }

    /// The strings in order, each once, and for each number its place among them. Costs O(n log n).
    pub(super) fn sorted(&self) -> Result<(Strings, Vec<u32>), ColumnsError> {
        if self.too_large {
            return Err(ColumnsError::TooLarge);
        }
        let mut places = vec![0; self.strings.len()];
        let mut sorted = Strings::new();
        let (mut before, mut place) = (None, 0);
        for number in self.strings.order() {
            let string = self.strings.get(number as usize);
            if before != Some(string) {
                place += u32::from(before.is_some());
                sorted.push(string)?;
                before = Some(string);
            }
            places[number as usize] = place;
        }
        sorted.shrink();
        Ok((sorted, places))
    }
}

/// Where a string is among the recent ones.
fn near(string: &str) -> usize {
    let bytes = string.as_bytes();
    let byte = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
    let n = bytes.len();
    (n + 3 * byte(0) + 5 * byte(1) + 17 * byte(n.saturating_sub(1))) & (N_RECENT - 1)
}
