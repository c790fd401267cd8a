//! One label of all devices.

use std::collections::HashMap;
use std::sync::Arc;

use super::ColumnsError;
use super::codes::{ABSENT, Code as _, Codes, FIRST, UNKNOWN, with_codes};
use super::rows::RowSet;
use super::strings::Strings;
use crate::facts::{Attestation, Knowledge};
use crate::names::LabelKey;

/// One label of all devices: a dictionary of its strings, and a code a device.
#[derive(Clone, Debug)]
pub struct Column {
    pub(super) key: LabelKey,
    /// The strings, of which the first `n_sorted` are sorted; no string twice. Codes are places
    /// here, from [`FIRST`].
    pub(super) strings: Strings,
    pub(super) n_sorted: usize,
    /// The codes of the strings that are not sorted: those that updates brought.
    pub(super) late: HashMap<Arc<str>, u32>,
    // INVARIANT: as many as there are devices.
    pub(super) codes: Codes,
    // INVARIANT: how many codes are UNKNOWN.
    pub(super) n_unknown: usize,
    /// Who attests the label where `exceptions` does not say otherwise.
    pub(super) attestation: Attestation,
    pub(super) exceptions: Option<RowSet>,
}

impl Column {
    /// The label's key.
    #[must_use]
    pub fn key(&self) -> &LabelKey {
        &self.key
    }

    /// One code a device: 0 where the label is absent, 1 where it is unknown, and from 2 on the
    /// number of its value, plus two.
    #[must_use]
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// How many different values there are.
    #[must_use]
    pub fn n_values(&self) -> usize {
        self.strings.len()
    }

    /// The value of number `at`, from 0.
    #[must_use]
    pub fn value(&self, at: usize) -> &str {
        self.strings.get(at)
    }

    /// How many devices have each value, in the order of their numbers. Costs O(devices + values).
    ///
    /// ```
    /// use escadre_algebra::{Columns, Coverage, Facts, Inventory};
    /// let devices = [Facts::of("a", [("role", "camera")])?, Facts::of("b", [])?];
    /// let columns = Columns::of(&Inventory::new(devices, Coverage::Complete)?)?;
    /// assert_eq!(columns.column("role").unwrap().n_devices(), [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn n_devices(&self) -> Vec<usize> {
        let mut counts = vec![0; self.n_codes()];
        with_codes!(&self.codes, codes => codes.iter().for_each(|code| counts[code.index()] += 1));
        counts.split_off(FIRST as usize)
    }

    /// How many devices report the label themselves, known or unknown. Costs O(devices).
    #[must_use]
    pub fn n_reported(&self) -> usize {
        if self.attestation == Attestation::Asserted && self.exceptions.is_none() {
            return 0;
        }
        let rows = 0..self.n_rows();
        let listed = rows.filter(|row| self.codes.get(*row) != ABSENT);
        listed.filter(|row| self.attestation(*row) == Attestation::Reported).count()
    }

    /// On how many devices the label is listed as unknown. Costs O(1).
    #[must_use]
    pub fn n_unknown(&self) -> usize {
        self.n_unknown
    }

    fn n_rows(&self) -> usize {
        with_codes!(&self.codes, codes => codes.len())
    }

    /// What is known of the label on the device of row `row`.
    #[must_use]
    pub fn knowledge(&self, row: usize) -> Knowledge<'_> {
        self.of_code(self.codes.get(row))
    }

    pub(super) fn of_code(&self, code: u32) -> Knowledge<'_> {
        match code {
            ABSENT => Knowledge::Absent,
            UNKNOWN => Knowledge::Unknown,
            code => Knowledge::Known(self.strings.get((code - FIRST) as usize)),
        }
    }

    /// How many codes there are, the reserved ones included.
    pub(super) fn n_codes(&self) -> usize {
        self.strings.len() + FIRST as usize
    }

    /// The code of `value`, if a device has had it.
    #[expect(clippy::cast_possible_truncation, reason = "`Strings` holds fewer than 2³²")]
    pub(super) fn code_of(&self, value: &str) -> Option<u32> {
        let sorted = self.strings.position(value, self.n_sorted);
        sorted.map(|at| at as u32 + FIRST).or_else(|| self.late.get(value).copied())
    }

    pub(super) fn attestation(&self, row: usize) -> Attestation {
        if self.exceptions.as_ref().is_some_and(|rows| rows.contains(row)) {
            other(self.attestation)
        } else {
            self.attestation
        }
    }

    /// Replaces what is known of the label on one device.
    pub(super) fn set(
        &mut self,
        row: usize,
        knowledge: Knowledge<'_>,
        attestation: Attestation,
        n_rows: usize,
    ) -> Result<(), ColumnsError> {
        let before = self.codes.get(row);
        let code = match knowledge {
            // Most labels stay, and need not be looked up.
            same if same == self.of_code(before) => before,
            Knowledge::Absent => ABSENT,
            Knowledge::Unknown => UNKNOWN,
            Knowledge::Known(value) => self.intern(value)?,
        };
        self.n_unknown -= usize::from(before == UNKNOWN);
        self.n_unknown += usize::from(code == UNKNOWN);
        self.codes.set(row, code);
        if code != ABSENT && attestation != self.attestation {
            self.exceptions.get_or_insert_with(|| RowSet::none(n_rows)).insert(row);
        } else if let Some(exceptions) = &mut self.exceptions {
            exceptions.remove(row);
        }
        Ok(())
    }

    fn intern(&mut self, value: &str) -> Result<u32, ColumnsError> {
        if let Some(code) = self.code_of(value) {
            return Ok(code);
        }
        let code = u32::try_from(self.n_codes()).map_err(|_| ColumnsError::TooLarge)?;
        self.strings.push(value)?;
        self.late.insert(Arc::from(value), code);
        Ok(code)
    }

    pub(super) fn n_bytes(&self) -> usize {
        let exceptions = self.exceptions.as_ref().map_or(0, RowSet::n_bytes);
        self.strings.n_bytes() + self.codes.n_bytes() + exceptions
    }
}

fn other(attestation: Attestation) -> Attestation {
    match attestation {
        Attestation::Asserted => Attestation::Reported,
        Attestation::Reported => Attestation::Asserted,
    }
}
