//! What is looked up for each code of one column.

use std::ops::Range;

use super::Columns;
use super::codes::{Code, Codes, with_codes};

/// One column of a group: for each code the number of its mask, times the sizes of those before.
pub(super) struct Member {
    pub(super) column: usize,
    pub(super) entry_of: Entries,
}

pub(super) enum Entries {
    /// Those of the named codes; all others have entry 0.
    // CHOICE: a bit a code, since a table of a million codes would not stay in a cache.
    Sparse {
        named: Vec<u64>,
        codes: Vec<u32>,
        entries: Vec<u32>,
    },
    U16(Vec<u16>),
    U32(Vec<u32>),
}

/// Columns of more codes than this are looked up by their named codes, if those are few.
pub(super) const LARGE: usize = 1 << 15;

impl Member {
    /// The codes of `rows` and the table of their entries, if both are small.
    pub(super) fn small<'a>(
        &'a self,
        columns: &'a Columns,
        rows: &Range<usize>,
    ) -> Option<Small<'a>> {
        match (&columns.columns[self.column].codes, &self.entry_of) {
            (Codes::U8(codes), Entries::U16(table)) => {
                Some((&codes[rows.clone()], table.first_chunk()?))
            }
            _ => None,
        }
    }

    /// Adds the entries of `rows` to `entries`, or puts them there if this is the first member.
    pub(super) fn look_up(
        &self,
        columns: &Columns,
        rows: Range<usize>,
        is_first: bool,
        entries: &mut [u32],
    ) {
        if is_first {
            entries.fill(0);
        }
        with_codes!(&columns.columns[self.column].codes, codes => {
            let codes = &codes[rows];
            match &self.entry_of {
                Entries::Sparse { named, codes: of, entries: table } => {
                    look_up_named(codes, named, (of, table), entries);
                }
                Entries::U16(table) => look_up(codes, table, entries),
                Entries::U32(table) => look_up(codes, table, entries),
            }
        });
    }
}

/// Codes of 8 bits, and for each the entry: no code is outside, which the compiler sees.
pub(super) type Small<'a> = (&'a [u8], &'a [u16; 256]);

/// Adds the entries of one small column to `entries`, or puts them there if it is the first.
pub(super) fn add_one(codes: &[u8], table: &[u16; 256], is_first: bool, entries: &mut [u32]) {
    let found = codes.iter().map(|&code| u32::from(table[usize::from(code)]));
    match is_first {
        true => entries.iter_mut().zip(found).for_each(|(entry, found)| *entry = found),
        false => entries.iter_mut().zip(found).for_each(|(entry, found)| *entry += found),
    }
}

/// Adds the entries of two small columns to `entries`, or puts them there if these are the first.
pub(super) fn add_two(
    (codes, table): Small<'_>,
    (others, other): Small<'_>,
    is_first: bool,
    entries: &mut [u32],
) {
    let found = codes.iter().zip(others).map(|(&code, &also)| {
        u32::from(table[usize::from(code)]) + u32::from(other[usize::from(also)])
    });
    match is_first {
        true => entries.iter_mut().zip(found).for_each(|(entry, found)| *entry = found),
        false => entries.iter_mut().zip(found).for_each(|(entry, found)| *entry += found),
    }
}

impl Entries {
    pub(super) fn named(n_codes: usize) -> Self {
        let named = vec![0; n_codes.div_ceil(64)];
        Self::Sparse { named, codes: Vec::new(), entries: Vec::new() }
    }

    /// Sets the entry of a code; sparse ones in the order of the codes.
    pub(super) fn set(&mut self, code: u32, entry: u32) {
        match self {
            Self::Sparse { named, codes, entries } => {
                named[code as usize / 64] |= 1 << (code % 64);
                codes.push(code);
                entries.push(entry);
            }
            Self::U32(entries) => entries[code as usize] = entry,
            Self::U16(_) => {}
        }
    }

    #[inline]
    pub(super) fn get(&self, code: u32) -> u32 {
        match self {
            Self::Sparse { named, codes, entries } => {
                let word = named.get(code as usize / 64).copied().unwrap_or(0);
                if word >> (code % 64) & 1 == 0 {
                    return 0;
                }
                codes.binary_search(&code).map_or(0, |at| entries[at])
            }
            Self::U16(entries) => entries.get(code as usize).map_or(0, |&entry| entry.into()),
            Self::U32(entries) => entries.get(code as usize).copied().unwrap_or(0),
        }
    }

    pub(super) fn scale(&mut self, by: usize) {
        if let Self::U32(entries) | Self::Sparse { entries, .. } = self {
            let by = u32::try_from(by).unwrap_or(u32::MAX);
            entries.iter_mut().for_each(|entry| *entry *= by);
        }
    }

    /// In 16 bits, if all fit.
    #[expect(clippy::cast_possible_truncation, reason = "all were seen to fit")]
    pub(super) fn narrow(&mut self) {
        if let Self::U32(entries) = self
            && entries.iter().all(|&entry| entry <= u32::from(u16::MAX))
        {
            let mut narrow: Vec<u16> = entries.iter().map(|&entry| entry as u16).collect();
            // Every code of 8 bits is in it.
            narrow.resize(narrow.len().max(256), 0);
            *self = Self::U16(narrow);
        }
    }
}

fn look_up<C: Code, E: Copy + Into<u32>>(codes: &[C], table: &[E], entries: &mut [u32]) {
    // Every code is in the table, see `Group::settle`.
    let Some(last) = table.len().checked_sub(1) else { return };
    for (entry, code) in entries.iter_mut().zip(codes) {
        *entry += table[code.index().min(last)].into();
    }
}

/// As `look_up`, where only the codes whose bit is in `named` have an entry, in their order.
#[expect(clippy::cast_possible_truncation, reason = "codes have 32 bits")]
fn look_up_named<C: Code>(
    codes: &[C],
    named: &[u64],
    (of, table): (&[u32], &[u32]),
    entries: &mut [u32],
) {
    for (entry, code) in entries.iter_mut().zip(codes) {
        let code = code.index();
        if named.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1) {
            *entry += of.binary_search(&(code as u32)).map_or(0, |at| table[at]);
        }
    }
}
