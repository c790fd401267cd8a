//! The digest of an inventory by columns: that of the same devices one by one.

use super::codes::{ABSENT, Code as _, FIRST, with_codes};
use super::{Column, Columns, RowSet};
use crate::digest::Digest;
use crate::facts::Attestation;
use crate::inventory_digest;

impl Columns {
    /// [`Inventory::digest`](crate::Inventory::digest) of the same devices. Costs O(size).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let labels = self
            .columns
            .iter()
            .filter_map(|column| column.digest().map(|digest| (column.key.as_str(), digest)));
        let unlisted = self.unlisted_unknown.iter().flat_map(RowSet::iter);
        inventory_digest::digest(
            self.coverage,
            (0..self.len()).map(|row| self.id(row)),
            unlisted,
            labels,
        )
    }
}

impl Column {
    /// The digest of this label, as it is part of an inventory's; `None` if no device lists it.
    /// Costs O(devices + values).
    fn digest(&self) -> Option<Digest> {
        let mut is_met = vec![false; self.n_codes()];
        with_codes!(&self.codes, codes => {
            codes.iter().for_each(|code| is_met[code.index()] = true);
        });
        if !is_met.iter().skip(1).any(|is_met| *is_met) {
            return None;
        }
        let is_reported = |row: &usize| {
            self.codes.get(*row) != ABSENT && self.attestation(*row) == Attestation::Reported
        };
        let n_rows = if self.may_be_reported() { self.codes.len() } else { 0 };
        let reported = (0..n_rows).filter(is_reported);
        let is_exact = self.n_sorted == self.n_values()
            && is_met.iter().skip(FIRST as usize).all(|is_met| *is_met);
        Some(with_codes!(&self.codes, codes => {
            if is_exact {
                let values = (0..self.n_values()).map(|at| self.value(at));
                inventory_digest::label(values, codes.iter().map(|code| code.as_u32()), reported)
            } else {
                let (order, numbers) = self.order(&is_met);
                let values = order.iter().map(|&at| self.value(at));
                let numbers = codes.iter().map(|code| numbers[code.index()]);
                inventory_digest::label(values, numbers, reported)
            }
        }))
    }

    /// The values that some device has, sorted, and for each code the number of its value among them.
    #[expect(clippy::cast_possible_truncation, reason = "`Strings` holds fewer than 2³²")]
    fn order(&self, is_met: &[bool]) -> (Vec<usize>, Vec<u32>) {
        let first = FIRST as usize;
        let mut order: Vec<usize> = (0..self.n_values()).filter(|at| is_met[at + first]).collect();
        order.sort_unstable_by_key(|&at| self.value(at));
        let mut numbers: Vec<u32> = (0..self.n_codes() as u32).collect();
        for (number, at) in order.iter().enumerate() {
            numbers[at + first] = number as u32 + FIRST;
        }
        (order, numbers)
    }

    fn may_be_reported(&self) -> bool {
        self.attestation == Attestation::Reported || self.exceptions.is_some()
    }
}
