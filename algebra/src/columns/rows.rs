//! Rows, and sets of them.

use super::Columns;
use super::compiled::Expr;
use super::scan::{Block, Scan, WORDS};
use super::set::CodeSet;
use crate::facts::Knowledge;
use crate::map::Map;
use crate::names::DeviceId;
use crate::selector::{Completion, Selector, View};

/// So many selectors are known, not more.
const MAX_KNOWN: usize = 32;
/// So many codes are listed, not more.
const MAX_CODES: usize = 1 << 10;

/// A set of rows of one [`Columns`](super::Columns): a bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSet {
    // INVARIANT: bits from `n_rows` on are not set; the constructors keep it.
    pub(super) words: Vec<u64>,
    n_rows: usize,
}

impl RowSet {
    /// No row of `n_rows`.
    pub(super) fn none(n_rows: usize) -> Self {
        Self { words: vec![0; n_rows.div_ceil(64)], n_rows }
    }

    /// Whether `row` is in the set.
    #[must_use]
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// How many rows are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no row is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The rows in the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.words.iter().enumerate();
        words.flat_map(|(at, &word)| bits(word).map(move |bit| at * 64 + bit))
    }

    pub(super) fn insert(&mut self, row: usize) {
        if row < self.n_rows {
            self.words[row / 64] |= 1 << (row % 64);
        }
    }

    pub(super) fn remove(&mut self, row: usize) {
        if row < self.n_rows {
            self.words[row / 64] &= !(1 << (row % 64));
        }
    }

    /// The bits of the 64 rows from `64 · word` on.
    pub(super) fn word(&self, word: usize) -> u64 {
        self.words.get(word).copied().unwrap_or(0)
    }

    /// The bits of the rows from `64 · first` on.
    pub(super) fn block(&self, first: usize) -> Block {
        let mut block = [0; WORDS];
        let words = self.words.get(first..).unwrap_or_default();
        block.iter_mut().zip(words).for_each(|(bits, &word)| *bits = word);
        block
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

/// The places of the bits that are set, from below.
pub(super) fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

/// Rows that are looked at: where something holds, or these.
pub(super) enum Rows {
    Where(Expr),
    These(RowSet),
}

impl Rows {
    /// The rows as a set.
    pub(super) fn set(&self, columns: &Columns) -> RowSet {
        match self {
            Self::These(rows) => rows.clone(),
            Self::Where(_) => {
                let mut rows = RowSet::none(columns.len());
                self.add_where(&Expr::Const(true), columns, &mut rows);
                rows
            }
        }
    }

    /// Adds those of the rows on which `expr` holds to `found`.
    pub(super) fn add_where(&self, expr: &Expr, columns: &Columns, found: &mut RowSet) {
        match self {
            Self::Where(rows) => {
                let both = Expr::all([rows.clone(), expr.clone()]);
                Scan::of(&both, columns).add(columns, |first| columns.block(first), found);
            }
            Self::These(rows) => {
                Scan::of(expr, columns).add(columns, |first| rows.block(first), found);
            }
        }
    }
}

/// What is the same on all rows that are looked at.
pub(super) struct Known {
    /// Selectors, by address, and whether they hold.
    selectors: Map<usize, (Selector, bool)>,
    /// Columns, and sets in which their codes are.
    codes: Vec<(usize, CodeSet)>,
}

impl Known {
    /// What is known where `guard` holds, which says the same as `expr`.
    pub(super) fn where_holds(guard: &Selector, expr: &Expr) -> Self {
        let mut selectors: Map<usize, (Selector, bool)> = Map::default();
        let mut open = vec![(guard, true)];
        while let Some((selector, holds)) = open.pop() {
            let is_enough = selectors.len() > MAX_KNOWN;
            if is_enough
                || selectors.insert(selector.address(), (selector.clone(), holds)).is_some()
            {
                continue;
            }
            match (selector.view(), holds) {
                (View::And(parts), true) | (View::Or(parts), false) => {
                    open.extend(parts.iter().map(|part| (part, holds)));
                }
                (View::Not(inner), _) => open.push((inner, !holds)),
                _ => {}
            }
        }
        Self { selectors, codes: expr.codes() }
    }

    /// What `selector` says on `rows`.
    pub(super) fn decide(&self, selector: &Selector, rows: &Rows, columns: &Columns) -> Expr {
        match self.selectors.get(&selector.address()) {
            Some(&(_, holds)) => Expr::Const(holds),
            None => Expr::within(selector, columns, (rows, &self.codes)),
        }
    }

    /// The codes of one column, of which there are `n_codes`, that may be met; sorted. `None` if they
    /// are not few.
    pub(super) fn codes_of(&self, column: usize, n_codes: usize) -> Option<Vec<u32>> {
        match self.codes.iter().find(|(at, _)| *at == column) {
            Some((_, CodeSet::Sparse { codes, negated: false })) => {
                (codes.len() <= MAX_CODES).then(|| codes.clone())
            }
            _ if n_codes <= MAX_CODES => Some((0..u32::try_from(n_codes).ok()?).collect()),
            _ => None,
        }
    }
}

/// One device of the columns, its unknown labels read as absent.
pub(super) struct Row<'a> {
    columns: &'a Columns,
    row: usize,
    id: DeviceId,
}

impl<'a> Row<'a> {
    pub(super) fn of(columns: &'a Columns, row: usize) -> Option<Self> {
        Some(Self { columns, row, id: DeviceId::parse(columns.id(row)).ok()? })
    }
}

impl Completion for Row<'_> {
    fn device_id(&self) -> &DeviceId {
        &self.id
    }

    fn value(&self, key: &str) -> Option<&str> {
        match self.columns.column(key)?.knowledge(self.row) {
            Knowledge::Known(value) => Some(value),
            _ => None,
        }
    }
}
