//! From columns back to facts.

use std::sync::Arc;

use super::codes::FIRST;
use super::{Columns, RowSet};
use crate::facts::{Facts, Knowledge, Label};
use crate::inventory::Inventory;
use crate::names::DeviceId;

/// The values of all columns that were asked for, each stored once.
struct Values<'a> {
    columns: &'a Columns,
    // By column, then by code.
    known: Vec<Vec<Option<Arc<str>>>>,
}

impl<'a> Values<'a> {
    fn new(columns: &'a Columns) -> Self {
        Self { columns, known: vec![Vec::new(); columns.columns.len()] }
    }

    fn get(&mut self, column: usize, code: u32) -> Option<Arc<str>> {
        let of = &self.columns.columns[column];
        let Knowledge::Known(value) = of.of_code(code) else { return None };
        let known = &mut self.known[column];
        if known.is_empty() {
            known.resize(of.n_values(), None);
        }
        let slot = known.get_mut((code - FIRST) as usize)?;
        Some(Arc::clone(slot.get_or_insert_with(|| Arc::from(value))))
    }

    fn facts(&mut self, row: usize) -> Option<Facts> {
        let id = DeviceId::parse(self.columns.id(row)).ok()?;
        let mut labels = Vec::with_capacity(self.columns.columns.len());
        for (at, column) in self.columns.columns.iter().enumerate() {
            let code = column.codes.get(row);
            if column.of_code(code) != Knowledge::Absent {
                let (key, value) = (column.key.clone(), self.get(at, code));
                labels.push(Label { key, value, attestation: column.attestation(row) });
            }
        }
        labels.shrink_to_fit();
        let facts = Facts::from_labels(id, labels);
        Some(if self.columns.unlisted_unknown(row) { facts.with_unlisted_unknown() } else { facts })
    }
}

impl Columns {
    /// The facts of all devices, equal values stored once. Costs O(size).
    pub(crate) fn rows(&self) -> Vec<Facts> {
        let mut values = Values::new(self);
        (0..self.len()).filter_map(|row| values.facts(row)).collect()
    }

    /// The facts of the device of row `row`. Costs O(columns).
    #[must_use]
    pub fn facts(&self, row: usize) -> Option<Facts> {
        Values::new(self).facts(row)
    }

    /// The inventory of the devices of `rows`, of the coverage of this one.
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
        let mut values = Values::new(self);
        let devices = rows.iter().filter_map(|row| values.facts(row));
        // Ids differ, so there is always an inventory.
        Inventory::new(devices, self.coverage).unwrap_or_else(|_| Inventory::empty(self.coverage))
    }
}
