//! Strategies for proptest: devices, inventories, selectors and fleets from a schema of labels.

mod fleets;
mod selectors;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use fleets::{Orphans, PathSets, fields};

use escadre_algebra::{
    Attestation, Coverage, DeviceId, Facts, Inventory, Label, LabelKey, NameError, PathSet,
    ResourceName,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The labels of a world: their keys, which values each may have, and who says so.
///
/// It makes strategies for proptest. What they make is small and meets often: fleets speak of the
/// same few paths, selectors test the same few values. All of it shrinks: fleets to fewer steps,
/// inventories to fewer devices, devices to fewer labels.
///
/// A property of one's own fleet, on worlds that look like one's own inventory:
///
/// ```
/// use escadre_algebra::*;
/// use escadre_laws::Schema;
/// use proptest::prelude::*;
///
/// fn cameras() -> Fleet {
///     let recorder = deploy(container("recorder").image("acme/recorder:2.3"));
///     recorder.restrict(label("role").eq("camera"))
/// }
///
/// let inventory = Inventory::new(
///     [
///         Facts::of("cam-1", [("role", "camera"), ("site", "lyon")])?,
///         Facts::of("gw-1", [("role", "gateway")])?,
///     ],
///     Coverage::Complete,
/// )?;
/// let schema = Schema::learn(&inventory);
/// proptest!(|(device in schema.facts(), hotfix in schema.fleet())| {
///     // A patch never puts anything on a device that had nothing.
///     let before = denote::<()>(&cameras(), &device);
///     let after = denote::<()>(&cameras().patch(hotfix), &device);
///     prop_assert_eq!(before.is_some(), after.is_some());
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    labels: Vec<LabelSchema>,
    ids: Vec<DeviceId>,
    resources: Vec<ResourceName>,
}

/// One label of a [`Schema`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSchema {
    /// The label's key.
    pub key: LabelKey,
    /// The values that it may have.
    // INVARIANT: sorted, none twice, not empty; `Schema` keeps it.
    pub values: Vec<Arc<str>>,
    /// Who says that a device has it.
    pub attestation: Attestation,
    /// Whether every device has it.
    pub is_everywhere: bool,
}

impl Default for Schema {
    /// No labels, devices `device-0`, `device-1`, …, and resources `web` and `db`.
    fn default() -> Self {
        let resources = ["web", "db"].iter().filter_map(|name| ResourceName::parse(name).ok());
        Self { labels: Vec::new(), ids: Vec::new(), resources: resources.collect() }
    }
}

impl Schema {
    /// This schema with the label `key`, asserted by the inventory's owner, on some devices.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    ///
    /// ```
    /// use escadre_laws::Schema;
    /// let schema = Schema::default()
    ///     .asserted("role", ["camera", "gateway"])?
    ///     .reported("firmware", ["2.0.1", "2.1.0"])?;
    /// assert_eq!(schema.labels().len(), 2);
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    pub fn asserted<'a>(
        self,
        key: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, NameError> {
        self.with(key, values, Attestation::Asserted)
    }

    /// This schema with the label `key`, reported by the devices themselves, on some of them.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    pub fn reported<'a>(
        self,
        key: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, NameError> {
        self.with(key, values, Attestation::Reported)
    }

    fn with<'a>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = &'a str>,
        attestation: Attestation,
    ) -> Result<Self, NameError> {
        let key = LabelKey::parse(key)?;
        let values: BTreeSet<Arc<str>> = values.into_iter().map(Arc::from).collect();
        self.labels.retain(|label| label.key != key);
        if !values.is_empty() {
            let values = values.into_iter().collect();
            self.labels.push(LabelSchema { key, values, attestation, is_everywhere: false });
        }
        Ok(self)
    }

    /// This schema, where fleets speak of the resources `names`.
    ///
    /// # Errors
    /// [`NameError`] if one of `names` is no resource name.
    pub fn resources<'a>(
        mut self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, NameError> {
        self.resources = names.into_iter().map(ResourceName::parse).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The schema of `inventory`: its ids, its labels, and for each label the values that occur,
    /// who says so (reported, if one device reports it) and whether every device has it.
    /// Costs O(size · log size).
    #[must_use]
    pub fn learn(inventory: &Inventory) -> Self {
        type Seen = (BTreeSet<Arc<str>>, Attestation, usize);
        let mut seen: BTreeMap<LabelKey, Seen> = BTreeMap::new();
        for label in inventory.devices().iter().flat_map(Facts::labels) {
            let Some(value) = &label.value else { continue };
            let (values, attestation, n_devices) = seen
                .entry(label.key.clone())
                .or_insert_with(|| (BTreeSet::new(), Attestation::Asserted, 0));
            values.insert(Arc::clone(value));
            *attestation = (*attestation).max(label.attestation);
            *n_devices += 1;
        }
        let labels = seen.into_iter().map(|(key, (values, attestation, n_devices))| LabelSchema {
            key,
            values: values.into_iter().collect(),
            attestation,
            is_everywhere: n_devices == inventory.len(),
        });
        let ids = inventory.devices().iter().map(|device| device.id().clone()).collect();
        Self { labels: labels.collect(), ids, ..Self::default() }
    }

    /// All resources that fleets speak of.
    pub(crate) fn whole_resources(&self) -> Vec<PathSet> {
        let roots = self.resources.iter().cloned().map(escadre_algebra::Path::root);
        roots.map(PathSet::subtree).collect()
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> &[LabelSchema] {
        &self.labels
    }

    /// A device of this world, all labels known or absent.
    pub fn facts(&self) -> BoxedStrategy<Facts> {
        self.facts_where(false)
    }

    /// A device of this world, where some labels may be unknown.
    pub fn facts_with_unknown(&self) -> BoxedStrategy<Facts> {
        self.facts_where(true)
    }

    fn facts_where(&self, unknown: bool) -> BoxedStrategy<Facts> {
        let ids = self.first_ids(self.ids.len().max(4));
        (any::<Index>(), self.device_labels(unknown))
            .prop_map(move |(at, labels)| facts(at.get(&ids).clone(), labels))
            .boxed()
    }

    /// An inventory of this world with so many devices, all labels known or absent.
    pub fn inventory(
        &self,
        n_devices: std::ops::RangeInclusive<usize>,
    ) -> BoxedStrategy<Inventory> {
        let ids = self.first_ids(*n_devices.end());
        let coverage = select(&[Coverage::Complete, Coverage::Partial][..]);
        (vec(self.device_labels(false), n_devices), coverage)
            .prop_filter_map(DISTINCT, move |(devices, coverage)| {
                let devices = ids.iter().cloned().zip(devices);
                let devices = devices.map(|(id, labels)| facts(id, labels));
                Inventory::new(devices, coverage).ok()
            })
            .boxed()
    }

    /// An inventory of this world with so many devices, of which some do not know all labels, or not
    /// even which they have.
    pub fn inventory_with_unknown(
        &self,
        n_devices: std::ops::RangeInclusive<usize>,
    ) -> BoxedStrategy<Inventory> {
        let ids = self.first_ids(*n_devices.end());
        let unknown = (self.device_labels(true), proptest::bool::weighted(0.1)).boxed();
        let known = (self.device_labels(false), Just(false)).boxed();
        let device = prop_oneof![unknown, known];
        let coverage = select(&[Coverage::Complete, Coverage::Partial][..]);
        (vec(device, n_devices), coverage)
            .prop_filter_map(DISTINCT, move |(devices, coverage)| {
                let devices = ids.iter().cloned().zip(devices);
                let devices = devices.map(|(id, (labels, unlisted))| {
                    let facts = facts(id, labels);
                    if unlisted { facts.with_unlisted_unknown() } else { facts }
                });
                Inventory::new(devices, coverage).ok()
            })
            .boxed()
    }

    /// The ids of the first `n_devices` devices: the learned ones, then `device-i` for the numbers
    /// from theirs on, without those that were learned. All differ.
    fn first_ids(&self, n_devices: usize) -> Vec<DeviceId> {
        let learned: BTreeSet<&DeviceId> = self.ids.iter().collect();
        let invented =
            (self.ids.len()..).filter_map(|i| DeviceId::parse(&format!("device-{i}")).ok());
        let invented = invented.filter(|id| !learned.contains(id));
        self.ids.iter().cloned().chain(invented).take(n_devices).collect()
    }

    fn device_labels(&self, unknown: bool) -> BoxedStrategy<Vec<Label>> {
        let one = |label: &LabelSchema| {
            let LabelSchema { key, attestation, .. } = label.clone();
            let known = select(label.values.clone()).prop_map(Some).boxed();
            let value =
                if unknown { prop_oneof![3 => known, 1 => Just(None)].boxed() } else { known };
            value.prop_map(move |value| Label { key: key.clone(), value, attestation }).boxed()
        };
        let each = self.labels.iter().map(|schema| {
            let label = one(schema);
            if schema.is_everywhere {
                label.prop_map(Some).boxed()
            } else {
                option::of(label).boxed()
            }
        });
        each.collect::<Vec<_>>().prop_map(|labels| labels.into_iter().flatten().collect()).boxed()
    }
}

/// Why something is made again: it never is, as the ids of a schema all differ. An empty inventory
/// in its place would let a property hold of nothing.
const DISTINCT: &str = "devices with different ids";

/// The device `id` with these labels.
fn facts(id: DeviceId, labels: Vec<Label>) -> Facts {
    let mut facts = Facts::new(id);
    labels.into_iter().for_each(|label| facts.set(label));
    facts
}
