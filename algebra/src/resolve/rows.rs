//! The devices of an inventory, however it holds them.

use std::borrow::Cow;

use crate::columns::{Columns, RowSet};
use crate::facts::{Facts, Knowledge};
use crate::inventory::Inventory;
use crate::names::{DeviceId, LabelKey};

/// The devices of an inventory, asked one by one for little.
pub(super) struct Rows<'a> {
    inventory: &'a Inventory,
    columns: Option<&'a Columns>,
    /// The rows of the columns that do not know a label which the fleet asks for.
    unknown: RowSet,
}

impl<'a> Rows<'a> {
    /// The devices of `inventory`, for a fleet that asks for the labels `asked`.
    pub(super) fn of<'k>(
        inventory: &'a Inventory,
        asked: impl IntoIterator<Item = &'k LabelKey>,
    ) -> Self {
        let columns = inventory.held_columns();
        let unknown = columns.map(|columns| columns.with_unknown(asked, &columns.all()));
        Self { inventory, columns, unknown: unknown.unwrap_or_default() }
    }

    pub(super) fn columns(&self) -> Option<&'a Columns> {
        self.columns
    }

    /// Costs O(labels), where devices are held by columns.
    pub(super) fn facts(&self, row: usize) -> Option<Cow<'a, Facts>> {
        self.inventory.facts(row)
    }

    pub(super) fn id(&self, row: usize) -> Option<DeviceId> {
        self.inventory.id(row)
    }

    /// Whether a label of the device of row `row` may be unknown that the fleet asks for.
    pub(super) fn may_have_unknown(&self, row: usize) -> bool {
        match self.columns {
            None => self.inventory.devices().get(row).is_some_and(Facts::has_unknown),
            Some(_) => self.unknown.contains(row),
        }
    }

    /// Whether the device of row `row` is known not to have the label `key`.
    pub(super) fn lacks(&self, row: usize, key: &LabelKey) -> bool {
        let key = key.as_str();
        match self.columns {
            None => {
                let facts = self.inventory.devices().get(row);
                facts.is_some_and(|facts| facts.label(key) == Knowledge::Absent)
            }
            Some(columns) => {
                let column = columns.column(key);
                let listed = column.map_or(Knowledge::Absent, |column| column.knowledge(row));
                listed == Knowledge::Absent && !columns.unlisted_unknown(row)
            }
        }
    }
}
