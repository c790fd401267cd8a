//! Numbering the different answers that rows give.

/// Different rows of words, each with a number in the order of first mention.
#[derive(Debug)]
pub(super) struct Interner {
    /// How many words a row has.
    stride: usize,
    words: Vec<u64>,
    /// Open addressing: the number of a row, plus one; 0 where there is none.
    // INVARIANT: a power of two long, at most half full.
    slots: Vec<u32>,
    len: usize,
}

impl Interner {
    pub(super) fn new(stride: usize) -> Self {
        Self { stride, words: Vec::new(), slots: vec![0; 64], len: 0 }
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The row of number `number`.
    pub(super) fn get(&self, number: usize) -> &[u64] {
        &self.words[number * self.stride..(number + 1) * self.stride]
    }

    /// The numbers of `rows`, added to `out`.
    pub(super) fn numbers(&mut self, rows: &[u64], out: &mut Vec<u32>) {
        for row in rows.chunks_exact(self.stride) {
            out.push(self.number(row));
        }
    }

    /// The number of `row`, a new one if it was not met before.
    #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2³² rows")]
    #[inline]
    pub(super) fn number(&mut self, row: &[u64]) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = hash(row) as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                number if same(self.get(number as usize - 1), row) => return number - 1,
                _ => at = (at + 1) & mask,
            }
        }
        let number = self.len as u32;
        self.slots[at] = number + 1;
        self.words.extend_from_slice(row);
        self.len += 1;
        if self.len * 2 > self.slots.len() {
            self.grow();
        }
        number
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2³² rows")]
    fn grow(&mut self) {
        let mut slots = vec![0; self.slots.len() * 2];
        let mask = slots.len() - 1;
        for number in 0..self.len {
            let mut at = hash(self.get(number)) as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = number as u32 + 1;
        }
        self.slots = slots;
    }

    /// Frees what was reserved for more rows.
    pub(super) fn shrink(&mut self) {
        self.words.shrink_to_fit();
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.slots.capacity() * size_of::<u32>()
    }
}

/// What stands for a key that was not met.
pub(super) const UNMET: u32 = u32::MAX;

/// A key and its number.
pub(super) trait Slot: Copy {
    /// Stands where no key does.
    const EMPTY: Self;
    /// `None` if the number does not fit.
    fn of(key: u64, number: u32) -> Option<Self>;
    fn is_empty(self) -> bool;
    fn key(self) -> u64;
    fn number(self) -> u32;
}

/// A key of at most [`Packed::KEY_BITS`] bits above its number plus one: half of what both take
/// apart, so that twice as many stay in a cache.
#[derive(Clone, Copy)]
pub(super) struct Packed(u64);

impl Packed {
    pub(super) const KEY_BITS: u32 = 40;
}

impl Slot for Packed {
    const EMPTY: Self = Self(0);

    fn of(key: u64, number: u32) -> Option<Self> {
        let number = u64::from(number) + 1;
        (number >> (64 - Self::KEY_BITS) == 0)
            .then_some(Self(key << (64 - Self::KEY_BITS) | number))
    }

    #[inline]
    fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline]
    fn key(self) -> u64 {
        self.0 >> (64 - Self::KEY_BITS)
    }

    #[inline]
    fn number(self) -> u32 {
        (self.0 & !(!0 << (64 - Self::KEY_BITS))) as u32 - 1
    }
}

impl Slot for (u64, u32) {
    const EMPTY: Self = (0, UNMET);

    fn of(key: u64, number: u32) -> Option<Self> {
        Some((key, number))
    }

    #[inline]
    fn is_empty(self) -> bool {
        self.1 == UNMET
    }

    #[inline]
    fn key(self) -> u64 {
        self.0
    }

    #[inline]
    fn number(self) -> u32 {
        self.1
    }
}

/// Numbers of keys.
pub(super) struct Keyed<S> {
    /// Open addressing.
    // INVARIANT: a power of two long, at most half full.
    slots: Vec<S>,
    len: usize,
}

impl<S: Slot> Keyed<S> {
    pub(super) fn new() -> Self {
        Self { slots: vec![S::EMPTY; 1 << 12], len: 0 }
    }

    /// The number of `key`: `number` of it when it is met first.
    #[inline]
    pub(super) fn get_or_insert(&mut self, key: u64, number: &mut impl FnMut(u64) -> u32) -> u32 {
        let at = self.place(key);
        if !self.slots[at].is_empty() {
            return self.slots[at].number();
        }
        self.insert(at, key, number(key))
    }

    #[cold]
    fn insert(&mut self, at: usize, key: u64, number: u32) -> u32 {
        // What does not fit is asked for again whenever it is met.
        let Some(slot) = S::of(key, number) else { return number };
        self.slots[at] = slot;
        self.len += 1;
        if self.len * 2 > self.slots.len() {
            let slots = vec![S::EMPTY; self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, slots) {
                if !slot.is_empty() {
                    let at = self.place(slot.key());
                    self.slots[at] = slot;
                }
            }
        }
        number
    }

    /// Where `key` is, or would be put.
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    #[inline]
    fn place(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash(&[key]) as usize & mask;
        while !self.slots[at].is_empty() && self.slots[at].key() != key {
            at = (at + 1) & mask;
        }
        at
    }
}

/// Whether both are the same: rows are short, so word by word.
#[inline]
fn same(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Multiplies and folds, word by word.
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
#[inline]
fn hash(row: &[u64]) -> u64 {
    row.iter().fold(0x9e37_79b9_7f4a_7c15, |hash: u64, word| {
        let product = u128::from(hash ^ word) * 0x8bb8_4b93_962e_acc9;
        (product as u64) ^ (product >> 64) as u64
    })
}

#[cfg(test)]
mod tests {
    use super::{Keyed, Packed, Slot};

    fn keys_are_numbered_as_met<S: Slot>(factor: u64) {
        let (mut known, mut n_met) = (Keyed::<S>::new(), 0);
        for round in 0..2 {
            for at in 0..10_000 {
                let number = known.get_or_insert(u64::from(at) * factor, &mut |_| {
                    n_met += 1;
                    n_met - 1
                });
                assert_eq!(number, at, "round {round}");
            }
        }
        assert_eq!(n_met, 10_000);
    }

    #[test]
    fn keys_have_the_number_of_their_first_mention_in_either_form() {
        keys_are_numbered_as_met::<Packed>(0x3ff_ffff);
        keys_are_numbered_as_met::<(u64, u32)>(0xfff_ffff_ffff);
    }

    #[test]
    fn a_number_that_does_not_fit_is_told_again() {
        let (mut known, large) = (Keyed::<Packed>::new(), 1 << 24);
        assert!(Packed::of(1, large).is_none());
        assert!((0..2).all(|_| known.get_or_insert(1, &mut |_| large) == large));
    }
}
