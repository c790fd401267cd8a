//! From columns back to facts, and to fewer devices.

use std::sync::Arc;

use super::codes::FIRST;
use super::{Columns, ColumnsBuilder, RowSet};
use crate::facts::{Facts, Knowledge, Label};
use crate::inventory::Inventory;
use crate::names::DeviceId;

impl Columns {
    /// The facts of all devices, equal values stored once. Costs O(size).
    pub(crate) fn rows(&self) -> Vec<Facts> {
        // By column, then by the number of the value.
        let values = self.columns.iter().map(|column| vec![None; column.n_values()]);
        let mut values: Vec<Vec<Option<Arc<str>>>> = values.collect();
        let mut shared = |column: usize, code: u32, value: &str| {
            let known = values.get_mut(column).and_then(|of| of.get_mut((code - FIRST) as usize));
            match known {
                Some(known) => Arc::clone(known.get_or_insert_with(|| Arc::from(value))),
                None => Arc::from(value),
            }
        };
        (0..self.len()).filter_map(|row| self.facts_with(row, &mut shared)).collect()
    }

    /// The facts of the device of row `row`. Costs O(columns).
    #[must_use]
    pub fn facts(&self, row: usize) -> Option<Facts> {
        self.facts_with(row, &mut |_, _, value| Arc::from(value))
    }

    /// As [`facts`](Self::facts); `text` makes each value of its column, code and spelling.
    fn facts_with(
        &self,
        row: usize,
        text: &mut dyn FnMut(usize, u32, &str) -> Arc<str>,
    ) -> Option<Facts> {
        let id = DeviceId::parse(self.id(row)).ok()?;
        let mut labels = Vec::with_capacity(self.columns.len());
        for (at, column) in self.columns.iter().enumerate() {
            let code = column.codes.get(row);
            let value = match column.of_code(code) {
                Knowledge::Absent => continue,
                Knowledge::Unknown => None,
                Knowledge::Known(value) => Some(text(at, code, value)),
            };
            let (key, attestation) = (column.key.clone(), column.attestation(row));
            labels.push(Label { key, value, attestation });
        }
        labels.shrink_to_fit();
        let facts = Facts::from_labels(id, labels);
        Some(if self.unlisted_unknown(row) { facts.with_unlisted_unknown() } else { facts })
    }

    /// The inventory of the devices of `rows`, by columns, of the coverage of this one.
    /// Costs O(its size).
    ///
    /// ```
    /// use escadre_algebra::{Columns, Coverage, Facts, Inventory, label};
    /// let devices = [Facts::of("a", [("role", "camera")])?, Facts::of("b", [])?];
    /// let columns = Columns::of(&Inventory::new(devices, Coverage::Complete)?)?;
    /// let cameras = columns.select(&columns.matches(&label("role").exists()).hold);
    /// assert_eq!(cameras.ids().collect::<Vec<_>>(), ["a"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn select(&self, rows: &RowSet) -> Inventory {
        let mut builder = ColumnsBuilder::new(self.coverage);
        let keys: Vec<usize> = self.columns.iter().map(|c| builder.draft(&c.key)).collect();
        for row in rows.iter() {
            let Ok(id) = DeviceId::parse(self.id(row)) else { continue };
            if builder.device(&id).is_err() {
                break;
            }
            for (column, &key) in self.columns.iter().zip(&keys) {
                let value = match column.knowledge(row) {
                    Knowledge::Absent => continue,
                    Knowledge::Unknown => None,
                    Knowledge::Known(value) => Some(value),
                };
                builder.labelled(key, value, column.attestation(row));
            }
            if self.unlisted_unknown(row) {
                builder.unlisted_unknown();
            }
        }
        // Some of these devices are no more than all, whose ids differ.
        let selected = builder.finish().map(Inventory::from);
        selected.unwrap_or_else(|_| Inventory::empty(self.coverage))
    }
}
