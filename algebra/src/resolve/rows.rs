//! The devices of an inventory, however it holds them.

use std::borrow::Cow;

use crate::columns::Columns;
use crate::facts::{Facts, Knowledge};
use crate::inventory::Inventory;
use crate::names::LabelKey;

/// The devices of an inventory, asked one by one for little.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    Facts(&'a [Facts]),
    Columns(&'a Columns),
}

impl<'a> Rows<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        match inventory.held_columns() {
            Some(columns) => Self::Columns(columns),
            None => Self::Facts(inventory.devices()),
        }
    }

    pub(super) fn facts(self, row: usize) -> Option<Cow<'a, Facts>> {
        match self {
            Self::Facts(devices) => devices.get(row).map(Cow::Borrowed),
            Self::Columns(columns) => columns.facts(row).map(Cow::Owned),
        }
    }

    pub(super) fn has_unknown(self, row: usize) -> bool {
        match self {
            Self::Facts(devices) => devices.get(row).is_some_and(Facts::has_unknown),
            Self::Columns(columns) => columns.has_unknown(row),
        }
    }

    /// Whether the device of row `row` is known not to have the label `key`.
    pub(super) fn lacks(self, row: usize, key: &LabelKey) -> bool {
        match self {
            Self::Facts(devices) => {
                devices.get(row).is_some_and(|facts| facts.label(key.as_str()) == Knowledge::Absent)
            }
            Self::Columns(columns) => {
                let column = columns.column(key.as_str());
                let listed = column.map_or(Knowledge::Absent, |column| column.knowledge(row));
                listed == Knowledge::Absent && !columns.unlisted_unknown(row)
            }
        }
    }
}
