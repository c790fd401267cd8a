//! Strings, numbered in the order in which they are met.

use std::hash::{BuildHasher as _, RandomState};

use super::ColumnsError;
use super::spelled::Table;
use super::strings::Strings;

/// From so many strings on, those of a dictionary are found by their hashes, or not at all if most
/// were met once.
const MANY: usize = 1 << 14;

/// How many of the strings that are looked for no more are found still; a power of two.
const N_RECENT: usize = 64;

/// Strings, each with a number in the order in which they were met. Equal ones have one number, but
/// for those of [`Index::Loose`].
#[derive(Debug)]
pub(super) struct Dictionary {
    strings: Strings,
    index: Index,
    /// How many strings were looked for.
    n_sought: usize,
    too_large: bool,
}

/// How a string is found.
#[derive(Debug)]
enum Index {
    // CHOICE: most labels have few values and short ones, whose spelling stands in the table: none
    // is read from elsewhere to be compared.
    Few(Table),
    Many(Slots),
    // CHOICE: one more serial number is as good as never met before, and looking for it costs more
    // than all else; should it have been, `sorted` finds out. Numbers, plus one, by what is near.
    Loose(Vec<u32>),
}

impl Dictionary {
    pub(super) fn new() -> Self {
        let index = Index::Few(Table::new());
        Self { strings: Strings::new(), index, n_sought: 0, too_large: false }
    }

    /// The number of `string`, a new one if it was not met before.
    #[inline]
    pub(super) fn number(&mut self, string: &str) -> u32 {
        let Index::Few(table) = &self.index else { return self.number_of_many(string) };
        self.n_sought += 1;
        match table.find(string, &self.strings) {
            Ok(known) => known,
            Err(at) => self.add_few(string, at),
        }
    }

    /// Adds `string`, whose place in the table is `at`.
    fn add_few(&mut self, string: &str, at: usize) -> u32 {
        let Some(number) = self.push(string) else { return 0 };
        let n_strings = self.strings.len();
        let Index::Few(table) = &mut self.index else { return number };
        table.put(string, number, at);
        if n_strings >= MANY {
            self.index = match n_strings * 2 > self.n_sought {
                true => Index::Loose(vec![0; N_RECENT]),
                false => Index::Many(Slots::of(&self.strings)),
            };
        }
        number
    }

    fn number_of_many(&mut self, string: &str) -> u32 {
        self.n_sought += 1;
        match &self.index {
            Index::Few(_) => 0,
            Index::Many(slots) => {
                let at = slots.place(string, &self.strings);
                if let Some(known) = slots.numbers[at].checked_sub(1) {
                    return known;
                }
                let Some(number) = self.push(string) else { return 0 };
                if self.strings.len() * 2 > self.n_sought {
                    self.index = Index::Loose(vec![0; N_RECENT]);
                } else if let Index::Many(slots) = &mut self.index {
                    slots.put(number, at, &self.strings);
                }
                number
            }
            Index::Loose(recent) => {
                let near = near(string);
                let known = recent[near].checked_sub(1);
                if let Some(known) = known
                    && self.strings.get(known as usize) == string
                {
                    return known;
                }
                let Some(number) = self.push(string) else { return 0 };
                if let Index::Loose(recent) = &mut self.index {
                    recent[near] = number + 1;
                }
                number
            }
        }
    }

    /// Adds a string; `None`, and `sorted` refuses, if all are too large together.
    #[expect(clippy::cast_possible_truncation, reason = "`Strings` holds fewer than 2³²")]
    fn push(&mut self, string: &str) -> Option<u32> {
        let number = self.strings.len() as u32;
        let pushed = self.strings.push(string);
        self.too_large |= pushed.is_err();
        pushed.ok().map(|()| number)
    }

    /// The strings in order, each once, and for each number its place among them. Costs O(n log n).
    pub(super) fn sorted(&self) -> Result<(Strings, Vec<u32>), ColumnsError> {
        if self.too_large {
            return Err(ColumnsError::TooLarge);
        }
        let mut places = vec![0; self.strings.len()];
        let mut sorted = Strings::with_capacity(&self.strings);
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

/// Numbers of strings by their hashes.
#[derive(Debug)]
struct Slots {
    /// Open addressing: the number of a string, plus one; 0 where there is none.
    // INVARIANT: a power of two long, at most half full.
    numbers: Vec<u32>,
    hasher: RandomState,
}

impl Slots {
    /// The numbers of all of `strings`, which differ.
    fn of(strings: &Strings) -> Self {
        let n_slots = (strings.len() * 4).next_power_of_two();
        let mut slots = Self { numbers: vec![0; n_slots], hasher: RandomState::new() };
        slots.fill(strings);
        slots
    }

    fn fill(&mut self, strings: &Strings) {
        for (string, number) in strings.iter().zip(1..) {
            let at = self.place(string, strings);
            self.numbers[at] = number;
        }
    }

    /// Where `string` is, or would be put.
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn place(&self, string: &str, strings: &Strings) -> usize {
        let mask = self.numbers.len() - 1;
        let mut at = self.hasher.hash_one(string) as usize & mask;
        while let Some(known) = self.numbers[at].checked_sub(1)
            && strings.get(known as usize) != string
        {
            at = (at + 1) & mask;
        }
        at
    }

    /// Puts the number of the last of `strings` at `at`.
    fn put(&mut self, number: u32, at: usize, strings: &Strings) {
        self.numbers[at] = number + 1;
        if strings.len() * 2 > self.numbers.len() {
            self.numbers = vec![0; self.numbers.len() * 2];
            self.fill(strings);
        }
    }
}
