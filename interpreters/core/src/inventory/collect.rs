//! Devices in the making: labels interned, ids checked, mistakes kept.

use std::borrow::Cow;
use std::collections::HashMap;

use escadre_algebra::{Coverage, DeviceId, Facts, Inventory};

use super::error::{BadLine, MAX_KEPT, ReadError, Wrong};
use super::format::Format;
use super::intern::Interner;
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
    devices: Vec<Facts>,
    // The line of each device, for naming the first of two with one id.
    lines: Vec<u64>,
    // CHOICE: ids in ascending order need no set; it is made at the first that is not.
    seen: Option<HashMap<DeviceId, u64>>,
    labels: Interner,
    errors: Vec<BadLine>,
    n_bad: usize,
    coverage: Coverage,
    states_coverage: bool,
}

impl Collector {
    pub(super) fn new(coverage: Coverage) -> Self {
        Self {
            devices: Vec::new(),
            lines: Vec::new(),
            seen: None,
            labels: Interner::default(),
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
        if let Some(first) = self.first_line_of(&id) {
            return Err(at_id(format!("the device `{id}` is listed twice, first on line {first}")));
        }
        if !labels.is_sorted_by(|a, b| a.key < b.key) {
            sort(text, labels)?;
        }
        // As many as there are, so that no device holds room for more.
        let mut made = Vec::with_capacity(labels.len());
        self.labels.start_device();
        for entry in labels.iter() {
            made.push(self.labels.label(entry).map_err(|message| {
                let span = span_or_all(text, &entry.key);
                Wrong::at(span, message)
            })?);
        }
        let mut facts = Facts::from_labels(id, made);
        if unlisted_unknown {
            facts = facts.with_unlisted_unknown();
        }
        self.push(facts, line);
        Ok(())
    }

    fn push(&mut self, facts: Facts, line: u64) {
        if let Some(seen) = &mut self.seen {
            seen.insert(facts.id().clone(), line);
        }
        self.devices.push(facts);
        self.lines.push(line);
    }

    /// The line that already lists `id`.
    fn first_line_of(&mut self, id: &DeviceId) -> Option<u64> {
        if self.seen.is_none() {
            if self.devices.last().is_none_or(|last| last.id() < id) {
                return None;
            }
            let ids = self.devices.iter().map(|d| d.id().clone());
            self.seen = Some(ids.zip(self.lines.iter().copied()).collect());
        }
        self.seen.as_ref().and_then(|seen| seen.get(id).copied())
    }

    /// The inventory of all devices, if no line was bad.
    pub(super) fn finish(self, source_name: &str, format: Format) -> Result<Inventory, ReadError> {
        if self.n_bad > 0 {
            return Err(ReadError::lines(source_name, self.errors, self.n_bad));
        }
        let said_nothing = self.devices.is_empty() && !self.states_coverage;
        if said_nothing && format == Format::JsonLines {
            return Err(ReadError::whole(source_name, EMPTY));
        }
        let mut devices = self.devices;
        if self.seen.is_some() {
            devices.sort_by(|a, b| a.id().cmp(b.id()));
        }
        // The ids are unique, so this cannot fail; if it did, the text would be at fault.
        Inventory::new(devices, self.coverage)
            .map_err(|error| ReadError::whole(source_name, error.to_string()))
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
