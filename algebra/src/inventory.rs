//! Which devices there are.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::digest::{Digest, Digester};
use crate::facts::{Attestation, Facts};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    // INVARIANT: sorted by id, no id twice; `Inventory::new` keeps it.
    devices: Vec<Facts>,
    coverage: Coverage,
    // Computed when first asked for.
    digest: OnceLock<Digest>,
}

impl PartialEq for Contents {
    fn eq(&self, other: &Self) -> bool {
        self.coverage == other.coverage && self.devices == other.devices
    }
}

impl Eq for Contents {}

impl Contents {
    fn new(devices: Vec<Facts>, coverage: Coverage) -> Arc<Self> {
        Arc::new(Self { devices, coverage, digest: OnceLock::new() })
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
        Ok(Self(Contents::new(devices, coverage)))
    }

    /// The inventory without devices. If it is complete, there are none; if it is partial, every
    /// set of devices is one of its completions.
    #[must_use]
    pub fn empty(coverage: Coverage) -> Self {
        Self(Contents::new(Vec::new(), coverage))
    }

    /// The devices, in the order of their ids.
    #[must_use]
    pub fn devices(&self) -> &[Facts] {
        &self.0.devices
    }

    /// The number of devices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.devices.len()
    }

    /// Whether there are no devices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.devices.is_empty()
    }

    /// Whether every device is listed.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.0.coverage
    }

    /// The position of the device `id`, if it is listed. Costs O(log n).
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.0.devices.binary_search_by(|d| d.id().as_str().cmp(id)).ok()
    }

    /// The facts of the device `id`, if it is listed. Costs O(log n).
    #[must_use]
    pub fn device(&self, id: &str) -> Option<&Facts> {
        self.position(id).map(|at| &self.0.devices[at])
    }

    /// The digest of all facts and of the coverage; the order of listing does not matter.
    /// Costs O(size) when first asked for.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *self.0.digest.get_or_init(|| self.compute_digest())
    }

    fn compute_digest(&self) -> Digest {
        let mut digester = Digester::new("escadre/inventory/1");
        digester.add(&[u8::from(self.0.coverage == Coverage::Complete)]);
        for device in &self.0.devices {
            digester.add(device.id().as_str().as_bytes());
            digester.add(&[u8::from(device.unlisted_unknown())]);
            for label in device.labels() {
                let reported = u8::from(label.attestation == Attestation::Reported);
                digester.add(label.key.as_str().as_bytes());
                digester.add(&[reported, u8::from(label.value.is_some())]);
                digester.add(label.value.as_deref().unwrap_or_default().as_bytes());
            }
            // No label key is empty, so an empty piece ends a device without ambiguity.
            digester.add(&[]);
        }
        digester.finish()
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
