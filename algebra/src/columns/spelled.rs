//! Few strings, found by how they are spelled.

use std::hash::{BuildHasher as _, RandomState};

use super::strings::Strings;

/// How many bytes of a string a slot spells.
const SPELLED: usize = 16;

/// Numbers of strings, found by their spelling.
#[derive(Debug)]
pub(super) struct Table {
    // INVARIANT: a power of two long, at most half full; `put` keeps it.
    slots: Vec<Slot>,
    n_strings: usize,
    hasher: RandomState,
    // Drawn by `hasher`, so that nobody can write strings that meet in one place.
    seeds: [u64; 2],
}

/// One string: up to 16 bytes, its ends and its length are all of it; a longer one, its hash.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    spelled: Spelled,
    /// Plus one; 0 where there is none.
    number: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spelled {
    ends: [u64; 2],
    n_bytes: u32,
}

impl Table {
    pub(super) fn new() -> Self {
        let hasher = RandomState::new();
        let seeds = [hasher.hash_one(0), hasher.hash_one(1)];
        Self { slots: vec![Slot::default(); 4], n_strings: 0, hasher, seeds }
    }

    /// The number of `string`, or where it is to be put.
    #[inline]
    pub(super) fn find(&self, string: &str, strings: &Strings) -> Result<u32, usize> {
        let spelled = self.spelled(string);
        let mut at = self.start(spelled);
        while let Some(known) = self.slots[at].number.checked_sub(1) {
            let is_it = self.slots[at].spelled == spelled
                && (string.len() <= SPELLED || strings.get(known as usize) == string);
            if is_it {
                return Ok(known);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        Err(at)
    }

    /// Puts the number of `string` where `find` said.
    pub(super) fn put(&mut self, string: &str, number: u32, at: usize) {
        self.slots[at] = Slot { spelled: self.spelled(string), number: number + 1 };
        self.n_strings += 1;
        if self.n_strings * 2 > self.slots.len() {
            let slots = vec![Slot::default(); self.slots.len() * 2];
            let before = std::mem::replace(&mut self.slots, slots);
            for slot in before.into_iter().filter(|slot| slot.number > 0) {
                let mut at = self.start(slot.spelled);
                while self.slots[at].number > 0 {
                    at = (at + 1) & (self.slots.len() - 1);
                }
                self.slots[at] = slot;
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "no string in a dictionary has 4 GiB")]
    #[inline]
    fn spelled(&self, string: &str) -> Spelled {
        let ends = match ends(string.as_bytes()) {
            Some(ends) => ends,
            None => [self.hasher.hash_one(string), 0],
        };
        Spelled { ends, n_bytes: string.len() as u32 }
    }

    /// Where a string of this spelling is looked for first.
    #[expect(clippy::cast_possible_truncation, reason = "both halves are what is wanted")]
    #[inline]
    fn start(&self, Spelled { ends: [first, last], n_bytes }: Spelled) -> usize {
        let [a, b] = self.seeds;
        let product = u128::from(first ^ a ^ u64::from(n_bytes)) * u128::from(last ^ b);
        ((product >> 64) as u64 ^ product as u64) as usize & (self.slots.len() - 1)
    }
}

/// Up to 16 bytes as two numbers, which differ for different bytes of one length.
#[inline]
fn ends(bytes: &[u8]) -> Option<[u64; 2]> {
    if bytes.len() > SPELLED {
        return None;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return Some([u64::from_le_bytes(*first), u64::from_le_bytes(*last)]);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return Some([u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()]);
    }
    let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or_default());
    Some([byte(0) | byte(1) << 8 | byte(2) << 16, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_every_length_are_told_apart() {
        let mut strings = Strings::new();
        let mut table = Table::new();
        let spelled = |at: usize, n: usize| -> String {
            (0..n).map(|i| if i == at { 'b' } else { 'a' }).collect()
        };
        let all: Vec<String> =
            (0..40).flat_map(|n| (0..=n).map(move |at| spelled(at, n))).collect();
        for (string, number) in all.iter().zip(0..) {
            let at = table.find(string, &strings).unwrap_err();
            assert!(strings.push(string).is_ok());
            table.put(string, number, at);
        }
        for (string, number) in all.iter().zip(0..) {
            assert_eq!(table.find(string, &strings), Ok(number));
        }
    }
}
