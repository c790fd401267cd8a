//! What an inventory holds, in a few lines.

use std::cmp::Reverse;

use escadre_algebra::{Column, Columns, Coverage, Inventory};
use serde::Serialize;

/// The number of most frequent values that a summary keeps of each label.
const N_TOP: usize = 5;

/// What an inventory holds: its size, and what its labels are like.
///
/// Serialized, the keys are `devices`, `complete`, `unlisted_unknown` and `labels`, and of each
/// label `key`, `devices`, `unknown`, `reported`, `distinct` and `top` (a list of `value` and
/// `devices`); all but `key`, `complete` and `value` are numbers of devices, `distinct` of values.
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory};
/// use escadre_interpreter::inventory::Summary;
/// let devices = [
///     Facts::of("a", [("role", "camera")])?,
///     Facts::of("b", [("role", "camera")])?,
///     Facts::of("c", [])?.with_unknown("role")?,
/// ];
/// let summary = Summary::of(&Inventory::new(devices, Coverage::Complete)?);
/// let role = &summary.labels[0];
/// assert_eq!((role.n_devices, role.n_unknown, role.n_distinct), (2, 1, 1));
/// assert_eq!((role.top[0].value.as_str(), role.top[0].n_devices), ("camera", 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The number of devices.
    #[serde(rename = "devices")]
    pub n_devices: usize,
    /// Whether every device is listed.
    pub complete: bool,
    /// The number of devices of which every unlisted label is unknown.
    #[serde(rename = "unlisted_unknown")]
    pub n_unlisted_unknown: usize,
    /// The labels, in the order of their keys.
    pub labels: Vec<LabelSummary>,
}

/// What one label is like across an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LabelSummary {
    /// The label's key.
    pub key: String,
    /// The number of devices that are known to have it.
    #[serde(rename = "devices")]
    pub n_devices: usize,
    /// The number of devices of which it is listed as unknown.
    #[serde(rename = "unknown")]
    pub n_unknown: usize,
    /// The number of devices that report it themselves (known or unknown).
    #[serde(rename = "reported")]
    pub n_reported: usize,
    /// The number of distinct values.
    #[serde(rename = "distinct")]
    pub n_distinct: usize,
    /// The most frequent values, at most five, the most frequent first, then in their own order.
    pub top: Vec<ValueCount>,
}

/// One value of a label, and on how many devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// The number of devices that have it.
    #[serde(rename = "devices")]
    pub n_devices: usize,
}

impl Summary {
    /// The summary of `inventory`; without labels if they are too large for columns
    /// ([`Inventory::columns`]). Costs O(labels of all devices).
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let columns = inventory.columns();
        let labels = columns.map_or(&[][..], Columns::columns).iter();
        let rows =
            columns.into_iter().flat_map(|c| (0..c.len()).map(|row| c.unlisted_unknown(row)));
        Self {
            n_devices: inventory.len(),
            complete: inventory.coverage() == Coverage::Complete,
            n_unlisted_unknown: rows.filter(|unknown| *unknown).count(),
            labels: labels.map(LabelSummary::of).collect(),
        }
    }
}

impl LabelSummary {
    fn of(column: &Column) -> Self {
        let counted = column.n_devices();
        // Updates may have left values that no device has any more.
        let mut top: Vec<(&str, usize)> = (0..counted.len())
            .map(|at| (column.value(at), counted[at]))
            .filter(|(_, n)| *n > 0)
            .collect();
        let (n_distinct, n_devices) = (top.len(), counted.iter().sum());
        if top.len() > N_TOP {
            top.select_nth_unstable_by(N_TOP, |a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            top.truncate(N_TOP);
        }
        top.sort_by_key(|&(value, n)| (Reverse(n), value.to_owned()));
        let count =
            |(value, n): (&str, usize)| ValueCount { value: value.to_owned(), n_devices: n };
        Self {
            key: column.key().to_string(),
            n_devices,
            n_unknown: column.n_unknown(),
            n_reported: column.n_reported(),
            n_distinct,
            top: top.into_iter().map(count).collect(),
        }
    }
}
