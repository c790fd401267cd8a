//! Sets of rows.

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

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
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
