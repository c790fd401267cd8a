//! Sets of codes of one column.

use super::codes::{ABSENT, UNKNOWN};
use super::column::Column;
use crate::selector::Test;

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
