//! Sets of codes of one column.

use super::codes::{ABSENT, Code, UNKNOWN};
use super::column::Column;
use super::rows::bits;
use super::scan::{Block, WORDS};
use crate::selector::Test;

/// So many codes are compared one by one; more are looked up in a table.
const FEW: usize = 8;
/// Up to so many rows of a block are asked one by one, where a few codes are compared, or in a table.
const FEW_ROWS: (u32, u32) = (16, 128);

/// The codes of one column on which something holds.
#[derive(Clone, Debug)]
pub(super) enum CodeSet {
    /// These codes (sorted), or all but these.
    Sparse { codes: Vec<u32>, negated: bool },
    /// For each code, 1 or 0.
    Dense(Vec<u8>),
}

impl CodeSet {
    /// The codes of `column` on which `test`, which reads its label, holds. Unknown is read as absent.
    pub(super) fn of(test: &Test, column: &Column) -> Self {
        match test {
            Test::Exists { .. } => Self::Sparse { codes: vec![ABSENT, UNKNOWN], negated: true },
            Test::In { values, .. } => {
                let mut codes: Vec<u32> =
                    values.iter().filter_map(|value| column.code_of(value)).collect();
                codes.sort_unstable();
                Self::Sparse { codes, negated: false }
            }
            Test::Compare { .. } | Test::Id(_) | Test::Bucket { .. } => {
                let reserved = [None, None].into_iter();
                let values = reserved.chain(column.strings.iter().map(Some));
                Self::Dense(values.map(|value| u8::from(test.holds_of_label(value))).collect())
            }
        }
    }

    /// Whether `code` is in the set.
    pub(super) fn contains(&self, code: u32) -> bool {
        match self {
            Self::Sparse { codes, negated } => codes.binary_search(&code).is_ok() != *negated,
            Self::Dense(holds) => holds.get(code as usize) == Some(&1),
        }
    }

    /// The codes in it, or, if so said, those of `n_codes` that are not, if they are at most `n`.
    fn few(&self, n: usize, n_codes: usize) -> Option<(Vec<u32>, bool)> {
        if let Self::Sparse { codes, negated } = self
            && codes.len() <= n
        {
            return Some((codes.clone(), *negated));
        }
        let n_held = match self {
            Self::Sparse { codes, negated: false } => codes.len(),
            Self::Sparse { codes, negated: true } => n_codes.saturating_sub(codes.len()),
            Self::Dense(holds) => holds.iter().filter(|&&holds| holds == 1).count(),
        };
        let negated = n_held > n;
        if negated && n_codes.saturating_sub(n_held) > n {
            return None;
        }
        let codes = 0..u32::try_from(n_codes).ok()?;
        Some((codes.filter(|&code| self.contains(code) != negated).collect(), negated))
    }

    /// Whether every code of `known` is in this set, or none is; `None` if that is not easily said.
    pub(super) fn given(&self, known: &Self) -> Option<bool> {
        let is_all = |mut codes: Box<dyn Iterator<Item = u32> + '_>| {
            let first = self.contains(codes.next()?);
            codes.all(|code| self.contains(code) == first).then_some(first)
        };
        match known {
            Self::Sparse { codes, negated: false } => is_all(Box::new(codes.iter().copied())),
            Self::Sparse { .. } => None,
            Self::Dense(holds) => {
                let held = (0..).zip(holds).filter(|&(_, &holds)| holds == 1);
                is_all(Box::new(held.map(|(code, _)| code)))
            }
        }
    }

    /// Whether it holds all codes or none.
    pub(super) fn constant(&self) -> Option<bool> {
        match self {
            Self::Sparse { codes, negated } => codes.is_empty().then_some(*negated),
            Self::Dense(holds) => {
                let first = *holds.first()?;
                holds.iter().all(|&holds| holds == first).then_some(first == 1)
            }
        }
    }

    /// A byte for each of `n_codes` codes.
    pub(super) fn bytes(&self, n_codes: usize) -> Vec<u8> {
        match self {
            Self::Dense(holds) => holds.clone(),
            Self::Sparse { codes, negated } => {
                let mut bytes = vec![u8::from(*negated); n_codes];
                for &code in codes {
                    bytes[code as usize] = u8::from(!*negated);
                }
                bytes
            }
        }
    }

    pub(super) fn not(mut self) -> Self {
        match &mut self {
            Self::Sparse { negated, .. } => *negated = !*negated,
            Self::Dense(holds) => holds.iter_mut().for_each(|holds| *holds ^= 1),
        }
        self
    }

    /// The codes in both sets.
    pub(super) fn and(self, other: &Self) -> Self {
        match (self, other) {
            (
                Self::Sparse { codes: ours, negated },
                Self::Sparse { codes: theirs, negated: other_negated },
            ) => {
                let (codes, negated) = match (negated, *other_negated) {
                    (false, negated) => (filtered(ours, theirs, !negated), false),
                    (true, false) => (filtered(theirs.clone(), &ours, false), false),
                    (true, true) => (merged(ours, theirs), true),
                };
                Self::Sparse { codes, negated }
            }
            (Self::Dense(mut ours), other) => {
                ours.iter_mut().zip(0..).for_each(|(holds, code)| {
                    *holds &= u8::from(other.contains(code));
                });
                Self::Dense(ours)
            }
            (sparse @ Self::Sparse { .. }, Self::Dense(theirs)) => {
                Self::Dense(theirs.clone()).and(&sparse)
            }
        }
    }

    /// The codes in either set.
    pub(super) fn or(self, other: &Self) -> Self {
        self.not().and(&other.clone().not()).not()
    }
}

/// The codes that are in `others`, or that are not.
fn filtered(mut codes: Vec<u32>, others: &[u32], wanted: bool) -> Vec<u32> {
    codes.retain(|code| others.binary_search(code).is_ok() == wanted);
    codes
}

fn merged(mut codes: Vec<u32>, others: &[u32]) -> Vec<u32> {
    codes.extend_from_slice(others);
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Whether a code is in a set.
pub(super) enum Lookup {
    /// It is one of these codes (the first fills what is left), or is not.
    Few([u32; FEW], bool),
    // INVARIANT: at least 256 long, so that every code of 8 bits is in it.
    Table(Vec<u8>),
}

impl Lookup {
    pub(super) fn of(set: &CodeSet, n_codes: usize) -> Self {
        if let Some((codes, negated)) = set.few(FEW, n_codes)
            && let &[first, ..] = &codes[..]
        {
            let code = |at: usize| codes.get(at).copied().unwrap_or(first);
            return Self::Few(std::array::from_fn(code), negated);
        }
        let mut table = set.bytes(n_codes);
        table.resize(table.len().max(256), 0);
        Self::Table(table)
    }

    /// Of the rows in `care`, which start at row 64 · `first`, those whose code is in the set.
    pub(super) fn block<C: Code + TryFrom<u32> + PartialEq>(
        &self,
        codes: &[C],
        first: usize,
        care: &Block,
    ) -> Block {
        let codes = codes.get(first * 64..).unwrap_or_default();
        match self {
            Self::Few(few, negated) => {
                let flip = if *negated { !0 } else { 0 };
                let mut known = few.iter().filter_map(|&code| C::try_from(code).ok());
                // A code that is too large for the column is the code of no row.
                let Some(a) = known.next() else { return care.map(|care| care & flip) };
                let of: [C; FEW] = std::array::from_fn(|_| known.next().unwrap_or(a));
                let how = (flip, FEW_ROWS.0);
                if few[1..] == [few[0]; FEW - 1] {
                    block(codes, care, how, |code| code == a)
                } else if few[3..] == [few[0]; FEW - 3] {
                    let [b, c, ..] = of;
                    block(codes, care, how, |code| (code == a) | (code == b) | (code == c))
                } else {
                    let is_other = |code| of.iter().fold(false, |is, &of| is | (code == of));
                    block(codes, care, how, |code| is_other(code) | (code == a))
                }
            }
            Self::Table(table) => {
                let holds = |code: C| table.get(code.index()).is_some_and(|&holds| holds != 0);
                block(codes, care, (0, FEW_ROWS.1), holds)
            }
        }
    }
}

/// Of the rows in `care`, those whose code `holds`, exclusive-or `flip`. Up to `few` rows are asked
/// one by one.
fn block<C: Copy>(
    codes: &[C],
    care: &Block,
    (flip, few): (u64, u32),
    holds: impl Fn(C) -> bool,
) -> Block {
    let (whole, rest) = codes.as_chunks::<64>();
    let mut found = care.map(|care| care & flip);
    let n_rows = || care.iter().map(|care| care.count_ones()).sum::<u32>();
    let is_full = *care == [!0; WORDS];
    if whole.len() < WORDS || !is_full && n_rows() <= few {
        let code = |row: usize| match whole.get(row / 64) {
            Some(codes) => codes.get(row % 64).copied(),
            None => rest.get(row % 64).copied(),
        };
        for (word, &care) in care.iter().enumerate().filter(|(_, care)| **care != 0) {
            let holds = |bit: &usize| code(word * 64 + bit).is_some_and(&holds);
            let of_word = bits(care).filter(holds).fold(0, |found, bit| found | 1 << bit);
            found[word] = care & (flip ^ of_word);
        }
        return found;
    }
    // Mostly no code of a word is in the set, and that is found out without putting bits together.
    let any = |codes: &[C; 64]| codes.iter().fold(false, |any, &code| any | holds(code));
    let words = whole.iter().zip(care).take(WORDS).enumerate();
    let hit = if is_full {
        words.fold(0, |hit, (word, (codes, _))| hit | u64::from(any(codes)) << word)
    } else {
        let some = words.filter(|(_, (_, care))| **care != 0);
        some.fold(0, |hit, (word, (codes, _))| hit | u64::from(any(codes)) << word)
    };
    for word in bits(hit) {
        let mut bytes = [0u8; 64];
        let codes = bytes.iter_mut().zip(&whole[word]);
        codes.for_each(|(byte, &code)| *byte = u8::from(holds(code)));
        found[word] = care[word] & (flip ^ packed(&bytes));
    }
    found
}

/// One bit for each byte, which is 0 or 1.
fn packed(bytes: &[u8; 64]) -> u64 {
    let (eights, _) = bytes.as_chunks::<8>();
    // The product moves bit 8i to bit 56 + i, and no two of its terms meet.
    let packed = eights
        .iter()
        .map(|eight| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56);
    packed.zip((0..).step_by(8)).fold(0, |word, (eight, at)| word | eight << at)
}

#[cfg(test)]
mod tests {
    use super::{CodeSet, Lookup, packed};
    use crate::columns::scan::WORDS;

    #[test]
    fn a_byte_becomes_the_bit_of_its_place() {
        for at in 0..64 {
            let mut bytes = [0; 64];
            bytes[at] = 1;
            assert_eq!(packed(&bytes), 1 << at);
        }
        assert_eq!(packed(&[1; 64]), !0);
    }

    #[test]
    fn a_block_has_the_rows_whose_codes_are_in_the_set() {
        let n_codes = 40;
        let codes: Vec<u16> = (0..2 * 64 * 16 - 100).map(|row| row * 7 % 31 % 40).collect();
        let narrow: Vec<u8> = codes.iter().map(|&code| code as u8).collect();
        let cares = [!0, 0x8000_0000_0000_0001, 0x00ff_00ff_00ff_00ff, 0];
        for n in 0..n_codes {
            let few: Vec<u32> = (0..n).map(|code| code * 3 % n_codes).collect();
            let dense = (0..n_codes).map(|code| u8::from(few.contains(&code))).collect();
            let mut sorted = few;
            sorted.sort_unstable();
            sorted.dedup();
            let sparse = CodeSet::Sparse { codes: sorted, negated: n % 2 == 1 };
            for set in [sparse, CodeSet::Dense(dense)] {
                let lookup = Lookup::of(&set, n_codes as usize);
                for (first, every) in [0, WORDS].into_iter().flat_map(|at| cares.map(|c| (at, c))) {
                    let mut care = [every; WORDS];
                    care[3] = 0;
                    let rows = first * 64..codes.len().min((first + WORDS) * 64);
                    for row in rows.end..(first + WORDS) * 64 {
                        care[row / 64 - first] &= !(1 << (row % 64));
                    }
                    let mut expected = [0; WORDS];
                    for row in rows {
                        let at = row / 64 - first;
                        if care[at] >> (row % 64) & 1 == 1 && set.contains(codes[row].into()) {
                            expected[at] |= 1 << (row % 64);
                        }
                    }
                    assert_eq!(lookup.block(&codes, first, &care), expected);
                    assert_eq!(lookup.block(&narrow, first, &care), expected);
                }
            }
        }
    }
}
