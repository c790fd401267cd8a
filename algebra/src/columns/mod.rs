//! Inventories by columns, and evaluating selectors and fleets on all devices at once.
//!
//! The answers are those of `Selector::matches` and `denote`; only the order of work differs.
//! See `docs/adr/0005-columns.md`.

mod affected;
mod answers;
mod back;
mod builder;
mod codes;
mod column;
mod compare;
mod compiled;
mod cut;
mod delta;
mod dictionary;
mod digest;
mod entries;
mod evaluation;
mod group;
mod intern;
mod masks;
mod number;
mod rows;
mod scan;
mod set;
mod spelled;
mod steps;
mod strings;
mod table;
mod touch;

pub use affected::{affected, affected_or_unknown};
pub(crate) use answers::{Classes, classes_in, classes_of};
pub use builder::ColumnsBuilder;
use builder::Wanted;
pub use codes::Codes;
pub use column::Column;
pub use evaluation::{Evaluation, Update, evaluate};
pub use rows::RowSet;
pub use scan::Matches;
use strings::Strings;

use crate::facts::{Attestation, Facts, Knowledge};
use crate::inventory::{Coverage, DuplicateDevice, Inventory};
use crate::names::{DeviceId, LabelKey};

/// An inventory by columns: one dictionary and one column of codes for each label key.
///
/// ```
/// use escadre_algebra::{Columns, Coverage, Facts, Inventory, label};
/// let devices = [
///     Facts::of("cam-1", [("role", "camera")])?,
///     Facts::of("gw-1", [("role", "gateway")])?,
/// ];
/// let inventory = Inventory::new(devices, Coverage::Complete)?;
/// let columns = Columns::of(&inventory)?;
/// assert_eq!(columns.digest(), inventory.digest());
/// let cameras = columns.matches(&label("role").eq("camera"));
/// assert_eq!(cameras.hold.iter().map(|row| columns.id(row)).collect::<Vec<_>>(), ["cam-1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Columns {
    coverage: Coverage,
    // INVARIANT: sorted, no id twice, each a device id; `ColumnsBuilder` keeps it.
    ids: Strings,
    // INVARIANT: sorted by key; each has a code for each device.
    columns: Vec<Column>,
    /// The devices whose unlisted labels are unknown, if there are any.
    unlisted_unknown: Option<RowSet>,
}

/// Devices that cannot be put into columns, or be changed there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Two devices have the same id.
    #[error(transparent)]
    Duplicate(#[from] DuplicateDevice),
    /// More than 2³² devices, or 4 GiB of ids or of different values of one label.
    #[error("there are more than 4 GiB of device ids, or of different values of one label")]
    TooLarge,
    /// The device of a row has another id.
    #[error("row {row} is the device `{is}`, not `{given}`")]
    OtherDevice {
        /// The row.
        row: usize,
        /// The id of its device.
        is: String,
        /// The id that was given.
        given: DeviceId,
    },
}

impl Columns {
    /// The columns of `inventory`. Costs O(size).
    ///
    /// # Errors
    /// [`ColumnsError::TooLarge`].
    pub fn of(inventory: &Inventory) -> Result<Self, ColumnsError> {
        Self::of_some(inventory, |_| Wanted::Values)
    }

    /// The columns of `inventory`, with what is `wanted` of each label.
    fn of_some(
        inventory: &Inventory,
        wanted: impl Fn(&LabelKey) -> Wanted,
    ) -> Result<Self, ColumnsError> {
        let mut builder = ColumnsBuilder::new(inventory.coverage());
        for facts in inventory.devices() {
            builder.push_some(facts, &wanted)?;
        }
        builder.finish()
    }

    /// The number of devices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no devices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every device is listed.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The id of the device of row `row`; empty if there is no such row.
    #[must_use]
    pub fn id(&self, row: usize) -> &str {
        self.ids.get(row)
    }

    /// The row of the device `id`, if it is listed. Costs O(log devices).
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.ids.position(id, self.ids.len())
    }

    /// The columns, in the order of their keys.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of the label `key`, if a device has it.
    #[must_use]
    pub fn column(&self, key: &str) -> Option<&Column> {
        self.place(key).ok().map(|at| &self.columns[at])
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.columns.binary_search_by(|column| column.key.as_str().cmp(key))
    }

    /// Whether the unlisted labels of the device of row `row` are unknown.
    #[must_use]
    pub fn unlisted_unknown(&self, row: usize) -> bool {
        self.unlisted_unknown.as_ref().is_some_and(|rows| rows.contains(row))
    }

    /// Replaces what is known of the device of row `row`.
    ///
    /// Costs O(columns), whatever the number of devices; but O(devices) when a label is the first of
    /// its key, or its column's 255th or 65 535th different value.
    ///
    /// # Errors
    /// [`ColumnsError`] if the device of `row` has another id than `facts`.
    pub fn replace(&mut self, row: usize, facts: &Facts) -> Result<(), ColumnsError> {
        let (is, given) = (self.id(row), facts.id());
        if is != given.as_str() {
            return Err(ColumnsError::OtherDevice { row, is: is.to_owned(), given: given.clone() });
        }
        let n_rows = self.len();
        for label in facts.labels() {
            if let Err(at) = self.place(label.key.as_str()) {
                self.columns.insert(at, Column::absent(&label.key, label.attestation, n_rows));
            }
        }
        let mut labels = facts.labels().iter().peekable();
        for column in &mut self.columns {
            let label = labels.next_if(|label| label.key == column.key);
            let attestation = label.map_or(column.attestation, |label| label.attestation);
            let knowledge = match label.map(|label| label.value.as_deref()) {
                None => Knowledge::Absent,
                Some(None) => Knowledge::Unknown,
                Some(Some(value)) => Knowledge::Known(value),
            };
            column.set(row, knowledge, attestation, n_rows)?;
        }
        if facts.unlisted_unknown() {
            self.unlisted_unknown.get_or_insert_with(|| RowSet::none(n_rows)).insert(row);
        } else if let Some(rows) = &mut self.unlisted_unknown {
            rows.remove(row);
        }
        Ok(())
    }

    /// How many bytes of memory these columns hold.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let unlisted = self.unlisted_unknown.as_ref().map_or(0, RowSet::n_bytes);
        self.ids.n_bytes() + unlisted + self.columns.iter().map(Column::n_bytes).sum::<usize>()
    }
}

impl Column {
    /// A column of a label that no device has.
    fn absent(key: &LabelKey, attestation: Attestation, n_rows: usize) -> Self {
        Self {
            key: key.clone(),
            strings: Strings::new(),
            n_sorted: 0,
            late: std::collections::HashMap::new(),
            codes: Codes::U8(vec![0; n_rows]),
            n_unknown: 0,
            attestation,
            exceptions: None,
        }
    }
}
