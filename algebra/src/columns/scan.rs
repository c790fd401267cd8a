//! Scanning columns: one bit a row for what holds.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::Columns;
use super::codes::{UNKNOWN, with_codes};
use super::compiled::Expr;
use super::rows::{Row, RowSet, bits};
use super::set::{CodeSet, Lookup};
use crate::names::LabelKey;
use crate::selector::{Selector, Test, bucket_point};

/// How many words of 64 rows are evaluated at once.
pub(super) const WORDS: usize = 16;
/// A bit for each of 64 · `WORDS` rows.
pub(super) type Block = [u64; WORDS];

/// On which rows a selector holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matches {
    /// The devices on which it holds, whatever their unknown labels are.
    pub hold: RowSet,
    /// The devices on which that is undetermined.
    pub undetermined: RowSet,
}

/// An expression made ready to be scanned.
pub(super) enum Scan {
    Const(bool),
    Column(usize, Lookup),
    Rows(Vec<u32>),
    Bucket { salt: Arc<str>, start: u64, end: Option<u64> },
    Slow(Selector),
    Not(Box<Scan>),
    And(Vec<Scan>),
    Or(Vec<Scan>),
}

impl Scan {
    pub(super) fn of(expr: &Expr, columns: &Columns) -> Self {
        let all = |parts: &[Expr]| parts.iter().map(|part| Self::of(part, columns)).collect();
        match expr {
            Expr::Const(holds) => Self::Const(*holds),
            Expr::Column(at, set) => {
                Self::Column(*at, Lookup::of(set, columns.columns[*at].n_codes()))
            }
            Expr::Rows(rows) => Self::Rows(rows.clone()),
            Expr::Bucket { salt, start, end } => {
                Self::Bucket { salt: Arc::clone(salt), start: *start, end: *end }
            }
            Expr::Slow(selector) => Self::Slow(selector.clone()),
            Expr::Not(inner) => Self::Not(Box::new(Self::of(inner, columns))),
            Expr::And(parts) => Self::And(all(parts)),
            Expr::Or(parts) => Self::Or(all(parts)),
        }
    }

    /// The rows of `within` on which it holds.
    pub(super) fn rows(&self, columns: &Columns, within: &RowSet) -> RowSet {
        let mut found = RowSet::none(columns.len());
        self.add(columns, |first| within.block(first), &mut found);
        found
    }

    /// Adds the rows on which it holds to `found`, of those that `care` gives for each block.
    pub(super) fn add(&self, columns: &Columns, care: impl Fn(usize) -> Block, found: &mut RowSet) {
        for (at, out) in found.words.chunks_mut(WORDS).enumerate() {
            let first = at * WORDS;
            let care = care(first);
            if care.iter().any(|&word| word != 0) {
                let holds = self.block(columns, first, &care);
                out.iter_mut().zip(holds).for_each(|(out, holds)| *out |= holds);
            }
        }
    }

    /// Of the rows in `care`, which start at row 64 · `first`, those on which it holds.
    pub(super) fn block(&self, columns: &Columns, first: usize, care: &Block) -> Block {
        match self {
            Self::Const(true) => *care,
            Self::Const(false) => [0; WORDS],
            Self::Column(at, lookup) => {
                let codes = &columns.columns[*at].codes;
                with_codes!(codes, codes => lookup.block(codes, first, care))
            }
            Self::Rows(rows) => of_rows(rows, first, care),
            Self::Bucket { salt, start, end } => each_row(first, care, |row| {
                let point = bucket_point(salt, columns.id(row));
                *start <= point && end.is_none_or(|end| point < end)
            }),
            Self::Slow(selector) => each_row(first, care, |row| {
                Row::of(columns, row).is_some_and(|device| selector.holds(&device))
            }),
            Self::Not(inner) => {
                let holds = inner.block(columns, first, care);
                std::array::from_fn(|word| care[word] & !holds[word])
            }
            Self::And(parts) => {
                let mut left = *care;
                for part in parts {
                    if left.iter().all(|&word| word == 0) {
                        break;
                    }
                    left = part.block(columns, first, &left);
                }
                left
            }
            Self::Or(parts) => {
                let mut left = *care;
                for part in parts {
                    if left.iter().all(|&word| word == 0) {
                        break;
                    }
                    let holds = part.block(columns, first, &left);
                    left.iter_mut().zip(holds).for_each(|(left, holds)| *left &= !holds);
                }
                std::array::from_fn(|word| care[word] & !left[word])
            }
        }
    }
}

fn each_row(first: usize, care: &Block, holds: impl Fn(usize) -> bool) -> Block {
    std::array::from_fn(|word| {
        let row = (first + word) * 64;
        bits(care[word]).filter(|bit| holds(row + bit)).fold(0, |found, bit| found | 1 << bit)
    })
}

fn of_rows(rows: &[u32], first: usize, care: &Block) -> Block {
    let mut found = [0; WORDS];
    let from = rows.partition_point(|&row| (row as usize) < first * 64);
    for &row in &rows[from..] {
        let at = row as usize - first * 64;
        let Some(word) = found.get_mut(at / 64) else { break };
        *word |= 1 << (at % 64);
    }
    found.iter_mut().zip(care).for_each(|(found, care)| *found &= care);
    found
}

impl Columns {
    /// The rows on which `selector` holds, and those on which that is undetermined:
    /// [`Selector::matches`] of each. Costs about a nanosecond for each row and tested label.
    #[must_use]
    pub fn matches(&self, selector: &Selector) -> Matches {
        self.matches_within(selector, 0..self.len())
    }

    /// As [`Columns::matches`], of the rows in `range` only, so that threads may share the work.
    #[must_use]
    pub fn matches_within(&self, selector: &Selector, range: Range<usize>) -> Matches {
        let range = self.range(range);
        let mut hold = self.holding(selector, &range);
        let mut undetermined = RowSet::none(self.len());
        let tested = selector.atoms().into_iter().filter_map(Test::key);
        for row in self.with_unknown(tested, &range).iter() {
            let Some(facts) = self.facts(row) else { continue };
            match selector.matches(&facts) {
                Some(true) => hold.insert(row),
                Some(false) => hold.remove(row),
                None => {
                    hold.remove(row);
                    undetermined.insert(row);
                }
            }
        }
        Matches { hold, undetermined }
    }

    /// All rows.
    pub(crate) fn all(&self) -> RowSet {
        self.range(0..self.len())
    }

    /// A bit for each row from `64 · first` on.
    pub(super) fn block(&self, first: usize) -> Block {
        if (first + WORDS) * 64 <= self.len() {
            return [!0; WORDS];
        }
        let n_rows = |word: usize| self.len().saturating_sub((first + word) * 64);
        std::array::from_fn(|word| match n_rows(word) {
            n @ 0..64 => (1 << n) - 1,
            _ => !0,
        })
    }

    /// The rows in `range`.
    pub(super) fn range(&self, range: Range<usize>) -> RowSet {
        let mut rows = RowSet::none(self.len());
        let (start, end) = (range.start.min(self.len()), range.end.min(self.len()));
        for word in start / 64..end.div_ceil(64) {
            let (low, high) = (start.max(word * 64), end.min(word * 64 + 64));
            if low < high {
                rows.words[word] = (!0 >> (64 - (high - low))) << (low % 64);
            }
        }
        rows
    }

    /// The rows of `within` on which `selector` holds, unknown labels read as absent.
    pub(super) fn holding(&self, selector: &Selector, within: &RowSet) -> RowSet {
        Scan::of(&Expr::of(selector, self), self).rows(self, within)
    }

    /// The rows of `within` that do not know one of the labels `keys`.
    pub(crate) fn with_unknown<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k LabelKey>,
        within: &RowSet,
    ) -> RowSet {
        let keys: BTreeSet<&str> = keys.into_iter().map(LabelKey::as_str).collect();
        let mut found = RowSet::none(self.len());
        if keys.is_empty() {
            return found;
        }
        if let Some(rows) = &self.unlisted_unknown {
            rows.iter().filter(|&row| within.contains(row)).for_each(|row| found.insert(row));
        }
        let unknown = CodeSet::Sparse { codes: vec![UNKNOWN], negated: false };
        for at in keys.into_iter().filter_map(|key| self.place(key).ok()) {
            if self.columns[at].n_unknown > 0 {
                let scan = Scan::of(&Expr::Column(at, unknown.clone()), self);
                scan.rows(self, within).iter().for_each(|row| found.insert(row));
            }
        }
        found
    }
}
