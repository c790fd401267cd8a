//! Many short strings in one piece of memory.

use super::ColumnsError;

/// A list of strings, end to end in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strings {
    text: String,
    // INVARIANT: one more than there are strings, from 0, rising, on boundaries of characters;
    // `push` keeps it.
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn new() -> Self {
        Self { text: String::new(), ends: vec![0] }
    }

    /// No strings yet, and room for those of `others`.
    pub(super) fn with_capacity(others: &Self) -> Self {
        let mut ends = Vec::with_capacity(others.ends.len());
        ends.push(0);
        Self { text: String::with_capacity(others.text.len()), ends }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// Adds a string.
    pub(super) fn push(&mut self, string: &str) -> Result<(), ColumnsError> {
        let end = self.text.len() + string.len();
        self.ends.push(u32::try_from(end).map_err(|_| ColumnsError::TooLarge)?);
        self.text.push_str(string);
        Ok(())
    }

    pub(super) fn get(&self, at: usize) -> &str {
        match (self.ends.get(at), self.ends.get(at + 1)) {
            (Some(&start), Some(&end)) => &self.text[start as usize..end as usize],
            _ => "",
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// The place of `string` among the first `n_sorted`, which are sorted.
    pub(super) fn position(&self, string: &str, n_sorted: usize) -> Option<usize> {
        let (mut low, mut high) = (0, n_sorted);
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(string) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The places of the strings, in the strings' order (the first of equal ones first).
    /// Costs O(n log n).
    pub(super) fn order(&self) -> Vec<u32> {
        let n_strings = u32::try_from(self.len()).unwrap_or(u32::MAX);
        if self.iter().is_sorted() {
            return (0..n_strings).collect();
        }
        // CHOICE: most comparisons are of eight bytes, after what all have in common, which stand
        // beside each other; the strings themselves are all over the memory.
        let first = self.get(0).as_bytes();
        let common = self.iter().fold(first.len(), |common, string| {
            let same = first.iter().zip(string.as_bytes()).take(common);
            same.take_while(|(a, b)| a == b).count()
        });
        let head = |at: u32| {
            let rest = self.get(at as usize).as_bytes().get(common..).unwrap_or_default();
            let mut head = [0; 8];
            head.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
            u64::from_be_bytes(head)
        };
        let mut order: Vec<(u64, u32)> = (0..n_strings).map(|at| (head(at), at)).collect();
        order.sort_unstable_by(|(a, at), (b, bt)| {
            let strings = || self.get(*at as usize).cmp(self.get(*bt as usize));
            a.cmp(b).then_with(strings).then(at.cmp(bt))
        });
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// The strings at the places of `order`, in that order.
    pub(super) fn ordered(&self, order: &[u32]) -> Result<Self, ColumnsError> {
        let mut ordered = Self::with_capacity(self);
        order.iter().try_for_each(|at| ordered.push(self.get(*at as usize)))?;
        Ok(ordered)
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}
