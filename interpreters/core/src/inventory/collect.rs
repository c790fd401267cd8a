//! Devices in the making, label by label: ids and keys checked, mistakes kept.

use std::borrow::Cow;
use std::collections::HashMap;

use escadre_algebra::{Attestation, ColumnsBuilder, ColumnsError, Coverage, DeviceId, Inventory};

use super::error::{BadLine, MAX_KEPT, ReadError, Wrong};
use super::format::Format;
use super::read::EMPTY;
use super::text::span_or_all;

/// One label of one device, as the text has it.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    /// `None` is an unknown label.
    pub(super) value: Option<Cow<'a, str>>,
    pub(super) reported: bool,
}

/// The devices and the mistakes of a text so far.
pub(super) struct Collector {
    columns: ColumnsBuilder,
    // The line of each device, for naming the first of two with one id.
    lines: Vec<u64>,
    // CHOICE: ids in ascending order need no set; it is made at the first that is not.
    seen: Option<HashMap<DeviceId, u64>>,
    // The numbers of the keys of one device.
    keys: Vec<usize>,
    errors: Vec<BadLine>,
    n_bad: usize,
    coverage: Coverage,
    states_coverage: bool,
}

impl Collector {
    pub(super) fn new(coverage: Coverage) -> Self {
        Self {
            columns: ColumnsBuilder::new(coverage),
            lines: Vec::new(),
            seen: None,
            keys: Vec::new(),
            errors: Vec::new(),
            n_bad: 0,
            coverage,
            states_coverage: false,
        }
    }

    /// Notes what the text itself says of its coverage.
    pub(super) fn state_coverage(&mut self, coverage: Coverage) {
        self.states_coverage = true;
        if coverage == Coverage::Partial {
            self.coverage = Coverage::Partial;
        }
    }

    /// Notes a bad line.
    pub(super) fn bad(&mut self, bad: impl FnOnce() -> BadLine) {
        self.n_bad += 1;
        if self.errors.len() < MAX_KEPT {
            self.errors.push(bad());
        }
    }

    /// Adds the device `id` of the line `line`; `text` is what `id` and `labels` borrow from.
    pub(super) fn add(
        &mut self,
        text: &str,
        line: u64,
        id: &str,
        mut labels: Vec<Entry<'_>>,
    ) -> Result<(), Wrong> {
        self.add_with(text, line, id, &mut labels, false)
    }

    /// As [`add`](Self::add); `labels` is left in the order of its keys.
    pub(super) fn add_with(
        &mut self,
        text: &str,
        line: u64,
        id: &str,
        labels: &mut [Entry<'_>],
        unlisted_unknown: bool,
    ) -> Result<(), Wrong> {
        let at_id = |message: String| Wrong::at(span_or_all(text, id), message);
        let id = DeviceId::parse(id).map_err(|e| at_id(e.to_string()))?;
        if let Some(first) = self.first_line_of(id.as_str()) {
            return Err(at_id(format!("the device `{id}` is listed twice, first on line {first}")));
        }
        if !labels.is_sorted_by(|a, b| a.key < b.key) {
            sort(text, labels)?;
        }
        self.keys.clear();
        for entry in labels.iter() {
            self.keys.push(self.columns.key(&entry.key).map_err(|error| {
                let span = span_or_all(text, &entry.key);
                Wrong::at(span, error.to_string())
            })?);
        }
        self.columns.device(&id).map_err(|error| at_id(error.to_string()))?;
        for (entry, &key) in labels.iter().zip(&self.keys) {
            let attestation =
                if entry.reported { Attestation::Reported } else { Attestation::Asserted };
            self.columns.labelled(key, entry.value.as_deref(), attestation);
        }
        if unlisted_unknown {
            self.columns.unlisted_unknown();
        }
        if let Some(seen) = &mut self.seen {
            seen.insert(id, line);
        }
        self.lines.push(line);
        Ok(())
    }

    /// The number of a key for [`add_flat`](Self::add_flat); `None` if it is no label key.
    pub(super) fn key(&mut self, key: &str) -> Option<usize> {
        self.columns.key(key).ok()
    }

    /// Adds the device `id` of the line `line`, if nothing is wrong with it; else does nothing.
    /// No two of its labels, all asserted, have the same key.
    pub(super) fn add_flat<'a>(
        &mut self,
        line: u64,
        id: &str,
        labels: impl Iterator<Item = (usize, Option<&'a str>)>,
    ) -> bool {
        if self.first_line_of(id).is_some() || !matches!(self.columns.visible_device(id), Ok(true))
        {
            return false;
        }
        for (key, value) in labels {
            self.columns.labelled(key, value, Attestation::Asserted);
        }
        if let Some(seen) = &mut self.seen
            && let Ok(id) = DeviceId::parse(id)
        {
            seen.insert(id, line);
        }
        self.lines.push(line);
        true
    }

    /// The line that already lists `id`.
    fn first_line_of(&mut self, id: &str) -> Option<u64> {
        if self.seen.is_none() {
            if self.columns.ids().next_back().is_none_or(|last| last < id) {
                return None;
            }
            let ids = self.columns.ids().filter_map(|id| DeviceId::parse(id).ok());
            self.seen = Some(ids.zip(self.lines.iter().copied()).collect());
        }
        self.seen.as_ref().and_then(|seen| seen.get(id).copied())
    }

    /// The inventory of all devices, if no line was bad.
    pub(super) fn finish(
        mut self,
        source_name: &str,
        format: Format,
    ) -> Result<Inventory, ReadError> {
        if self.n_bad > 0 {
            return Err(ReadError::lines(source_name, self.errors, self.n_bad));
        }
        let said_nothing = self.lines.is_empty() && !self.states_coverage;
        if said_nothing && format == Format::JsonLines {
            return Err(ReadError::whole(source_name, EMPTY));
        }
        // The ids are unique, so only the size can be wrong.
        self.columns.set_coverage(self.coverage);
        let too_large = |error: ColumnsError| ReadError::whole(source_name, error.to_string());
        self.columns.finish().map(Inventory::from).map_err(too_large)
    }
}

/// Puts `labels` in the order of their keys, if no two have the same.
fn sort(text: &str, labels: &mut [Entry<'_>]) -> Result<(), Wrong> {
    labels.sort_by(|a, b| a.key.cmp(&b.key));
    match labels.windows(2).find(|pair| pair[0].key == pair[1].key) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("the label `{}` is given twice", pair[1].key);
            Err(Wrong::at(span_or_all(text, &pair[1].key), message))
        }
    }
}
