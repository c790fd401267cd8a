//! Building columns, device by device.

use std::collections::HashMap;

use super::codes::{ABSENT, Codes, FIRST, UNKNOWN};
use super::column::Column;
use super::rows::RowSet;
use super::strings::Strings;
use super::{Columns, ColumnsError};
use crate::facts::{Attestation, Facts};
use crate::inventory::{Coverage, DuplicateDevice};
use crate::names::{DeviceId, LabelKey};

/// Columns in the making: devices in any order, each with its labels.
///
/// ```
/// use escadre_algebra::{Attestation, ColumnsBuilder, Coverage, DeviceId, Knowledge, LabelKey};
/// let role = LabelKey::parse("role")?;
/// let mut builder = ColumnsBuilder::new(Coverage::Complete);
/// builder.device(&DeviceId::parse("gw-1")?)?;
/// builder.label(&role, Some("gateway"), Attestation::Asserted);
/// builder.device(&DeviceId::parse("cam-1")?)?;
/// builder.label(&role, None, Attestation::Reported); // its source did not answer
/// let columns = builder.finish()?;
/// assert_eq!(columns.id(1), "gw-1");
/// assert_eq!(columns.column("role").unwrap().knowledge(0), Knowledge::Unknown);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ColumnsBuilder {
    coverage: Coverage,
    ids: Strings,
    unlisted_unknown: Vec<u32>,
    by_key: HashMap<LabelKey, usize>,
    drafts: Vec<Draft>,
}

/// One column in the making: codes in the order in which strings were met.
#[derive(Debug)]
struct Draft {
    key: LabelKey,
    by_string: HashMap<Box<str>, u32>,
    // INVARIANT: as long as the last device that has the label.
    codes: Vec<u32>,
    reported: Vec<u32>,
    n_labels: usize,
}

impl Draft {
    fn new(key: LabelKey) -> Self {
        Self {
            key,
            by_string: HashMap::new(),
            codes: Vec::new(),
            reported: Vec::new(),
            n_labels: 0,
        }
    }

    fn set(&mut self, row: usize, value: Option<&str>, attestation: Attestation) {
        let code = match value {
            None => UNKNOWN,
            Some(value) => self.intern(value),
        };
        if self.codes.len() > row {
            // The last one of a key stands.
            self.codes.truncate(row);
            self.reported.pop_if(|last| *last as usize == row);
            self.n_labels -= 1;
        }
        self.codes.resize(row, ABSENT);
        self.codes.push(code);
        self.n_labels += 1;
        if attestation == Attestation::Reported {
            self.reported.push(narrow(row));
        }
    }

    fn intern(&mut self, value: &str) -> u32 {
        if let Some(&code) = self.by_string.get(value) {
            return code;
        }
        let code = narrow(self.by_string.len()).saturating_add(FIRST);
        self.by_string.insert(Box::from(value), code);
        code
    }

    /// The column, its strings sorted; `order` has for each row the one that it was met as.
    fn finish(mut self, order: &[u32]) -> Result<Column, ColumnsError> {
        let mut met: Vec<(Box<str>, u32)> = self.by_string.drain().collect();
        met.sort_unstable();
        let n_codes = met.len() + FIRST as usize;
        u32::try_from(n_codes).map_err(|_| ColumnsError::TooLarge)?;
        let mut strings = Strings::new();
        let mut sorted = vec![ABSENT; n_codes];
        sorted[UNKNOWN as usize] = UNKNOWN;
        for (at, (string, code)) in met.iter().enumerate() {
            strings.push(string)?;
            sorted[*code as usize] = narrow(at) + FIRST;
        }
        strings.shrink();
        let met_as = |row: &u32| self.codes.get(*row as usize).copied().unwrap_or(ABSENT);
        let codes: Vec<u32> = order.iter().map(|row| sorted[met_as(row) as usize]).collect();
        let n_unknown = codes.iter().filter(|&&code| code == UNKNOWN).count();
        let (attestation, exceptions) = self.attestation(&codes, order);
        Ok(Column {
            key: self.key,
            n_sorted: strings.len(),
            strings,
            late: HashMap::new(),
            codes: Codes::narrowed(&codes, n_codes),
            n_unknown,
            attestation,
            exceptions,
        })
    }

    fn attestation(&self, codes: &[u32], order: &[u32]) -> (Attestation, Option<RowSet>) {
        if self.reported.is_empty() {
            return (Attestation::Asserted, None);
        }
        if self.reported.len() == self.n_labels {
            return (Attestation::Reported, None);
        }
        let mut exceptions = RowSet::none(codes.len());
        for (row, met) in order.iter().enumerate() {
            if self.reported.binary_search(met).is_ok() {
                exceptions.insert(row);
            }
        }
        (Attestation::Asserted, Some(exceptions))
    }
}

impl ColumnsBuilder {
    /// No devices yet.
    #[must_use]
    pub fn new(coverage: Coverage) -> Self {
        Self {
            coverage,
            ids: Strings::new(),
            unlisted_unknown: Vec::new(),
            by_key: HashMap::new(),
            drafts: Vec::new(),
        }
    }

    /// Begins the device `id`: what follows is of it, until the next.
    ///
    /// # Errors
    /// [`ColumnsError::TooLarge`] if all ids together have 4 GiB.
    pub fn device(&mut self, id: &DeviceId) -> Result<(), ColumnsError> {
        self.ids.push(id.as_str())
    }

    /// One label of the last device, `None` if its source did not answer; the last one of a key stands.
    pub fn label(&mut self, key: &LabelKey, value: Option<&str>, attestation: Attestation) {
        let Some(row) = self.ids.len().checked_sub(1) else { return };
        let at = match self.by_key.get(key) {
            Some(&at) => at,
            None => {
                self.by_key.insert(key.clone(), self.drafts.len());
                self.drafts.push(Draft::new(key.clone()));
                self.drafts.len() - 1
            }
        };
        self.drafts[at].set(row, value, attestation);
    }

    /// Labels of the last device that are not given are unknown instead of absent.
    pub fn unlisted_unknown(&mut self) {
        if let Some(row) = self.ids.len().checked_sub(1)
            && self.unlisted_unknown.last() != Some(&narrow(row))
        {
            self.unlisted_unknown.push(narrow(row));
        }
    }

    /// The device of `facts`, with all its labels.
    ///
    /// # Errors
    /// See [`ColumnsBuilder::device`].
    pub fn push(&mut self, facts: &Facts) -> Result<(), ColumnsError> {
        self.push_some(facts, |_| true)
    }

    /// The device of `facts`, with its labels whose key is `wanted`.
    pub(super) fn push_some(
        &mut self,
        facts: &Facts,
        wanted: impl Fn(&LabelKey) -> bool,
    ) -> Result<(), ColumnsError> {
        self.device(facts.id())?;
        for label in facts.labels().iter().filter(|label| wanted(&label.key)) {
            self.label(&label.key, label.value.as_deref(), label.attestation);
        }
        if facts.unlisted_unknown() {
            self.unlisted_unknown();
        }
        Ok(())
    }

    /// The columns, devices in the order of their ids. Costs O(n log n).
    ///
    /// # Errors
    /// [`ColumnsError`] if two devices have the same id, or there is more than 4 GiB of one label.
    pub fn finish(self) -> Result<Columns, ColumnsError> {
        let n_rows = u32::try_from(self.ids.len()).map_err(|_| ColumnsError::TooLarge)?;
        let mut order: Vec<u32> = (0..n_rows).collect();
        let id = |row: &u32| self.ids.get(*row as usize);
        let mut ids = if order.is_sorted_by(|a, b| id(a) < id(b)) {
            self.ids.clone()
        } else {
            order.sort_by(|a, b| id(a).cmp(id(b)));
            if let Some(twice) = order.windows(2).find(|pair| id(&pair[0]) == id(&pair[1])) {
                return Err(self.duplicate(twice[0], twice[1]));
            }
            let mut ids = Strings::new();
            order.iter().try_for_each(|row| ids.push(id(row)))?;
            ids
        };
        ids.shrink();
        let mut unlisted_unknown = None;
        if !self.unlisted_unknown.is_empty() {
            let rows = unlisted_unknown.insert(RowSet::none(order.len()));
            for (row, met) in order.iter().enumerate() {
                if self.unlisted_unknown.binary_search(met).is_ok() {
                    rows.insert(row);
                }
            }
        }
        let mut drafts = self.drafts;
        drafts.sort_by(|a, b| a.key.cmp(&b.key));
        let columns: Result<_, _> = drafts.into_iter().map(|draft| draft.finish(&order)).collect();
        Ok(Columns { coverage: self.coverage, ids, columns: columns?, unlisted_unknown })
    }

    fn duplicate(&self, first: u32, second: u32) -> ColumnsError {
        let (first, second) = (first as usize, second as usize);
        match DeviceId::parse(self.ids.get(first)) {
            Ok(id) => DuplicateDevice { id, first, second }.into(),
            Err(_) => ColumnsError::TooLarge,
        }
    }
}

/// `n`, which counts devices or strings; past 32 bits `finish` refuses.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
