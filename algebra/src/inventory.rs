//! Which devices there are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::columns::Columns;
use crate::digest::Digest;
use crate::facts::Facts;
use crate::inventory_digest;
use crate::names::DeviceId;

/// Whether an inventory lists every device of its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// Every device is listed: one that is not listed does not exist.
    Complete,
    /// Some devices may be missing (a listing failed, a page expired): nothing may be pruned on its word.
    Partial,
}

/// A finite set of facts with unique ids, complete or partial. Clones in O(1).
///
/// Two are equal iff they list the same facts and have the same coverage.
/// It holds its devices one by one or, if it was made from [`Columns`], label by label; either is
/// made from the other when it is first asked for ([`devices`](Self::devices),
/// [`columns`](Self::columns)).
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory};
/// let inventory = Inventory::new(
///     [Facts::of("a", [])?, Facts::of("b", [("role", "camera")])?],
///     Coverage::Complete,
/// )?;
/// assert_eq!(inventory.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Inventory(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    held: Held,
    coverage: Coverage,
    // Computed when first asked for.
    digest: OnceLock<Digest>,
}

/// How the devices are held; the other form is made when first asked for.
#[derive(Debug)]
enum Held {
    // INVARIANT: sorted by id, no id twice; `Inventory::new` keeps it.
    Rows(Vec<Facts>, OnceLock<Option<Columns>>),
    Columns(Columns, OnceLock<Vec<Facts>>),
}

impl PartialEq for Inventory {
    fn eq(&self, other: &Self) -> bool {
        let same = || self.coverage() == other.coverage() && self.devices() == other.devices();
        Arc::ptr_eq(&self.0, &other.0) || same()
    }
}

impl Eq for Inventory {}

/// The inventory of the devices of `columns`. Costs O(1).
///
/// ```
/// use escadre_algebra::{Columns, Coverage, Facts, Inventory};
/// let rows = Inventory::new([Facts::of("b", [("role", "camera")])?], Coverage::Complete)?;
/// assert_eq!(Inventory::from(Columns::of(&rows)?), rows);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl From<Columns> for Inventory {
    fn from(columns: Columns) -> Self {
        let coverage = columns.coverage();
        Self::holding(Held::Columns(columns, OnceLock::new()), coverage)
    }
}

/// Two devices of one inventory have the same id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device `{id}` is listed twice (entries {first} and {second})")]
pub struct DuplicateDevice {
    /// The id that is listed twice.
    pub id: DeviceId,
    /// The position of its first entry, from 0.
    pub first: usize,
    /// The position of its second entry, from 0.
    pub second: usize,
}

impl Inventory {
    /// The inventory of `devices`, in the order of their ids. Costs O(n log n).
    ///
    /// # Errors
    /// [`DuplicateDevice`] if two have the same id.
    pub fn new(
        devices: impl IntoIterator<Item = Facts>,
        coverage: Coverage,
    ) -> Result<Self, DuplicateDevice> {
        let mut devices: Vec<Facts> = devices.into_iter().collect();
        if !devices.is_sorted_by(|a, b| a.id() < b.id()) {
            find_duplicate(&devices)?;
            devices.sort_by(|a, b| a.id().cmp(b.id()));
        }
        Ok(Self::of_sorted(devices, coverage))
    }

    /// `devices` are sorted by id, and no id comes twice.
    fn of_sorted(devices: Vec<Facts>, coverage: Coverage) -> Self {
        Self::holding(Held::Rows(devices, OnceLock::new()), coverage)
    }

    fn holding(held: Held, coverage: Coverage) -> Self {
        Self(Arc::new(Contents { held, coverage, digest: OnceLock::new() }))
    }

    /// The inventory without devices. If it is complete, there are none; if it is partial, every
    /// set of devices is one of its completions.
    #[must_use]
    pub fn empty(coverage: Coverage) -> Self {
        Self::of_sorted(Vec::new(), coverage)
    }

    /// The devices, in the order of their ids. Costs O(size) when first asked for, if they are
    /// held by columns.
    #[must_use]
    pub fn devices(&self) -> &[Facts] {
        match &self.0.held {
            Held::Rows(devices, _) => devices,
            Held::Columns(columns, devices) => devices.get_or_init(|| columns.rows()),
        }
    }

    /// The same devices by columns; `None` if they are too large for that. Costs O(size) when
    /// first asked for, if they are held one by one.
    #[must_use]
    pub fn columns(&self) -> Option<&Columns> {
        match &self.0.held {
            Held::Rows(_, columns) => columns.get_or_init(|| Columns::of(self).ok()).as_ref(),
            Held::Columns(columns, _) => Some(columns),
        }
    }

    /// The columns that hold the devices, if they do.
    pub(crate) fn held_columns(&self) -> Option<&Columns> {
        match &self.0.held {
            Held::Rows(_, columns) => columns.get().and_then(Option::as_ref),
            Held::Columns(columns, _) => Some(columns),
        }
    }

    /// The number of devices.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0.held {
            Held::Rows(devices, _) => devices.len(),
            Held::Columns(columns, _) => columns.len(),
        }
    }

    /// Whether there are no devices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every device is listed.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.0.coverage
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|row| match &self.0.held {
            Held::Rows(devices, _) => devices[row].id().as_str(),
            Held::Columns(columns, _) => columns.id(row),
        })
    }

    /// The id of the device at the position `at`, if there is one. Costs O(1).
    #[must_use]
    pub fn id(&self, at: usize) -> Option<DeviceId> {
        match &self.0.held {
            Held::Rows(devices, _) => devices.get(at).map(|device| device.id().clone()),
            Held::Columns(columns, _) => DeviceId::parse(columns.id(at)).ok(),
        }
    }

    /// The position of the device `id`, if it is listed. Costs O(log n).
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        match &self.0.held {
            Held::Rows(devices, _) => devices.binary_search_by(|d| d.id().as_str().cmp(id)).ok(),
            Held::Columns(columns, _) => columns.position(id),
        }
    }

    /// The facts of the device at the position `at`, if there is one. Costs O(labels).
    ///
    /// ```
    /// use escadre_algebra::{Coverage, Facts, Inventory};
    /// let inventory = Inventory::new([Facts::of("a", [("role", "camera")])?], Coverage::Complete)?;
    /// assert_eq!(inventory.facts(0), inventory.device("a"));
    /// assert_eq!(inventory.facts(1), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn facts(&self, at: usize) -> Option<Cow<'_, Facts>> {
        match &self.0.held {
            Held::Rows(devices, _) => devices.get(at).map(Cow::Borrowed),
            Held::Columns(columns, devices) => match devices.get() {
                Some(devices) => devices.get(at).map(Cow::Borrowed),
                None => columns.facts(at).map(Cow::Owned),
            },
        }
    }

    /// The facts of the device `id`, if it is listed. Costs O(labels + log n).
    #[must_use]
    pub fn device(&self, id: &str) -> Option<Cow<'_, Facts>> {
        self.position(id).and_then(|at| self.facts(at))
    }

    /// The digest of all facts and of the coverage; the order of listing does not matter.
    /// Costs O(size) when first asked for.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *self.0.digest.get_or_init(|| match &self.0.held {
            Held::Rows(devices, _) => inventory_digest::digest_of_rows(self.0.coverage, devices),
            Held::Columns(columns, _) => columns.digest(),
        })
    }
}

fn find_duplicate(devices: &[Facts]) -> Result<(), DuplicateDevice> {
    let mut seen: HashMap<&DeviceId, usize> = HashMap::with_capacity(devices.len());
    for (second, device) in devices.iter().enumerate() {
        if let Some(first) = seen.insert(device.id(), second) {
            return Err(DuplicateDevice { id: device.id().clone(), first, second });
        }
    }
    Ok(())
}
