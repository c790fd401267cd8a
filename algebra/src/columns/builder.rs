//! Building columns, device by device.

use std::collections::HashMap;

use super::codes::{ABSENT, Codes, FIRST, Order, UNKNOWN};
use super::column::Column;
use super::dictionary::Dictionary;
use super::rows::RowSet;
use super::strings::Strings;
use super::{Columns, ColumnsError};
use crate::facts::{Attestation, Facts};
use crate::inventory::{Coverage, DuplicateDevice};
use crate::names::{DeviceId, LabelKey, MAX_DEVICE_ID_BYTES, NameError};

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
    // CHOICE: most devices list the keys of the one before, so those are compared before any is
    // hashed. Each with its draft and what is wanted of it.
    before: Vec<(LabelKey, Option<usize>, Wanted)>,
    /// The keys of the device before and of the last one, where they are given by name.
    named_before: Vec<usize>,
    named: Vec<usize>,
    cursor: usize,
}

/// What is wanted of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    /// Whether it is there: all its values are one.
    Presence,
    Values,
}

/// The value of a label of which only the presence is wanted.
const PRESENT: &str = "present";

/// How many keys after the last one the next is looked for before it is hashed.
const AHEAD: usize = 4;

/// One column in the making: codes in the order in which strings were met.
#[derive(Debug)]
struct Draft {
    key: LabelKey,
    strings: Dictionary,
    // INVARIANT: as long as the last device that has the label.
    codes: Codes,
    reported: Vec<u32>,
    n_labels: usize,
}

impl Draft {
    fn new(key: LabelKey) -> Self {
        Self {
            key,
            strings: Dictionary::new(),
            codes: Codes::new(),
            reported: Vec::new(),
            n_labels: 0,
        }
    }

    #[inline]
    fn set(&mut self, row: usize, code: u32, attestation: Attestation) {
        if self.codes.len() == row {
            self.codes.push(code);
        } else {
            self.set_elsewhere(row, code);
        }
        self.n_labels += 1;
        if attestation == Attestation::Reported {
            self.reported.push(narrow(row));
        }
    }

    /// Sets the code of a row that is not the one after the last.
    fn set_elsewhere(&mut self, row: usize, code: u32) {
        if self.codes.len() > row {
            // The last one of a key stands.
            self.reported.pop_if(|last| *last as usize == row);
            self.n_labels -= 1;
        }
        self.codes.resize(row);
        self.codes.push(code);
    }

    #[inline]
    fn code(&mut self, value: &str) -> u32 {
        self.strings.number(value).saturating_add(FIRST)
    }

    /// The column, its strings sorted; `order` has for each row the one that it was met as.
    fn finish(mut self, order: &Order) -> Result<Column, ColumnsError> {
        let (attestation, exceptions) = self.attestation(&order.rows);
        self.codes.resize(order.rows.len());
        let (strings, places) = self.strings.sorted()?;
        drop(self.strings);
        let n_codes = strings.len() + FIRST as usize;
        u32::try_from(n_codes).map_err(|_| ColumnsError::TooLarge)?;
        let mut sorted = vec![ABSENT, UNKNOWN];
        sorted.extend(places.into_iter().map(|place| place + FIRST));
        let codes = self.codes.renumbered(order, &sorted, n_codes);
        Ok(Column {
            key: self.key,
            n_sorted: strings.len(),
            strings,
            late: HashMap::new(),
            n_unknown: codes.n_unknown(),
            codes,
            attestation,
            exceptions,
        })
    }

    fn attestation(&self, order: &[u32]) -> (Attestation, Option<RowSet>) {
        if self.reported.is_empty() {
            return (Attestation::Asserted, None);
        }
        if self.reported.len() == self.n_labels {
            return (Attestation::Reported, None);
        }
        let mut exceptions = RowSet::none(order.len());
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
            before: Vec::new(),
            named_before: Vec::new(),
            named: Vec::new(),
            cursor: 0,
        }
    }

    /// These are all devices, or not: what counts is what is said last.
    pub fn set_coverage(&mut self, coverage: Coverage) {
        self.coverage = coverage;
    }

    /// Begins the device `id`: what follows is of it, until the next.
    ///
    /// # Errors
    /// [`ColumnsError::TooLarge`] if all ids together have 4 GiB.
    pub fn device(&mut self, id: &DeviceId) -> Result<(), ColumnsError> {
        std::mem::swap(&mut self.named_before, &mut self.named);
        self.named.clear();
        self.cursor = 0;
        self.ids.push(id.as_str())
    }

    /// Begins the device that `id` spells, as [`device`](Self::device), if it has visible ASCII
    /// characters only: most have, and need not be parsed. Whether it has.
    ///
    /// # Errors
    /// See [`device`](Self::device).
    pub fn visible_device(&mut self, id: &str) -> Result<bool, ColumnsError> {
        let is_visible = id.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_visible || id.is_empty() || id.len() > MAX_DEVICE_ID_BYTES {
            return Ok(false);
        }
        std::mem::swap(&mut self.named_before, &mut self.named);
        self.named.clear();
        self.cursor = 0;
        self.ids.push(id).map(|()| true)
    }

    /// The ids of the devices so far, in the order in which they were given.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = &str> {
        (0..self.ids.len()).map(|row| self.ids.get(row))
    }

    /// The number of the label key that `key` spells, for [`labelled`](Self::labelled). Keys in the
    /// order of those of the device before, which most devices have, are found without being hashed.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    ///
    /// ```
    /// use escadre_algebra::{Attestation, ColumnsBuilder, Coverage, DeviceId};
    /// let mut builder = ColumnsBuilder::new(Coverage::Complete);
    /// let role = builder.key("role")?;
    /// builder.device(&DeviceId::parse("cam-1")?)?;
    /// builder.labelled(role, Some("camera"), Attestation::Asserted);
    /// assert_eq!(builder.finish()?.column("role").unwrap().value(0), "camera");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn key(&mut self, key: &str) -> Result<usize, NameError> {
        let next = self.named_before.iter().enumerate().skip(self.cursor).take(AHEAD);
        let mut near = next.filter(|(_, at)| self.drafts[**at].key.as_str() == key);
        let at = if let Some((cursor, &at)) = near.next() {
            self.cursor = cursor + 1;
            at
        } else if let Some(&at) = self.by_key.get(key) {
            at
        } else {
            self.draft(&LabelKey::parse(key)?)
        };
        self.named.push(at);
        Ok(at)
    }

    /// One label of the last device, as [`label`](Self::label), its key by its number.
    pub fn labelled(&mut self, key: usize, value: Option<&str>, attestation: Attestation) {
        let Some(row) = self.ids.len().checked_sub(1) else { return };
        let Some(draft) = self.drafts.get_mut(key) else { return };
        let code = value.map_or(UNKNOWN, |value| draft.code(value));
        draft.set(row, code, attestation);
    }

    /// One label of the last device, `None` if its source did not answer; the last one of a key stands.
    pub fn label(&mut self, key: &LabelKey, value: Option<&str>, attestation: Attestation) {
        let at = self.draft(key);
        self.labelled(at, value, attestation);
    }

    /// The place of the draft of `key`, which is made if there is none.
    pub(super) fn draft(&mut self, key: &LabelKey) -> usize {
        if let Some(&at) = self.by_key.get(key) {
            return at;
        }
        self.by_key.insert(key.clone(), self.drafts.len());
        self.drafts.push(Draft::new(key.clone()));
        self.drafts.len() - 1
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
        self.push_some(facts, |_| Wanted::Values)
    }

    /// The device of `facts`, with what is `wanted` of its labels, the same of each device.
    pub(super) fn push_some(
        &mut self,
        facts: &Facts,
        wanted: impl Fn(&LabelKey) -> Wanted,
    ) -> Result<(), ColumnsError> {
        self.device(facts.id())?;
        let row = self.ids.len() - 1;
        for (at, label) in facts.labels().iter().enumerate() {
            let (draft, wanted) = match self.before.get(at) {
                Some((key, draft, wanted)) if *key == label.key => (*draft, *wanted),
                _ => {
                    let wanted = wanted(&label.key);
                    let draft = (wanted != Wanted::Nothing).then(|| self.draft(&label.key));
                    self.before.truncate(at);
                    self.before.push((label.key.clone(), draft, wanted));
                    (draft, wanted)
                }
            };
            let Some(draft) = draft.map(|at| &mut self.drafts[at]) else { continue };
            let code = match &label.value {
                None => UNKNOWN,
                Some(_) if wanted == Wanted::Presence => draft.code(PRESENT),
                Some(value) => draft.code(value),
            };
            draft.set(row, code, label.attestation);
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
        u32::try_from(self.ids.len()).map_err(|_| ColumnsError::TooLarge)?;
        let id = |row: u32| self.ids.get(row as usize);
        let order = self.ids.order();
        if let Some(twice) = order.windows(2).find(|pair| id(pair[0]) == id(pair[1])) {
            return Err(self.duplicate(twice[0], twice[1]));
        }
        let order = Order { is_as_met: order.is_sorted(), rows: order };
        let mut ids = match order.is_as_met {
            true => self.ids,
            false => self.ids.ordered(&order.rows)?,
        };
        ids.shrink();
        let mut unlisted_unknown = None;
        if !self.unlisted_unknown.is_empty() {
            let rows = unlisted_unknown.insert(RowSet::none(order.rows.len()));
            for (row, met) in order.rows.iter().enumerate() {
                if self.unlisted_unknown.binary_search(met).is_ok() {
                    rows.insert(row);
                }
            }
        }
        let mut drafts = self.drafts;
        drafts.retain(|draft| draft.n_labels > 0);
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
