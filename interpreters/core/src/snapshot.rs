//! What a target holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{
    Configuration, DeviceId, Fleet, Outcome, Resolved, Resource, ResourceState, deploy, device_id,
};

/// What a target holds: a configuration for each member, with texts filled in.
///
/// It is a fleet given device by device ([`Snapshot::fleet`]); a member with an empty
/// configuration is kept apart from a device that is no member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(
    // INVARIANT: in the order of the ids, none twice; `from_iter` keeps it.
    Vec<(DeviceId, Arc<Configuration>)>,
);

impl Snapshot {
    /// No device is a member.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The members, in the order of their ids, each with what it holds.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&DeviceId, &Arc<Configuration>)> {
        self.0.iter().map(|(id, configuration)| (id, configuration))
    }

    /// What the device `id` holds, if it is a member. Costs O(log devices).
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Configuration>> {
        let at = self.0.binary_search_by(|(other, _)| other.as_str().cmp(id)).ok()?;
        self.0.get(at).map(|(_, configuration)| configuration)
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no device is a member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `resolved` wants: its members with their determined resources, texts filled in.
    ///
    /// Undetermined devices and resources are not in it, so it stands for the wanted state only
    /// where everything is known.
    #[must_use]
    pub fn wanted(resolved: &Resolved) -> Self {
        let inventory = resolved.inventory();
        let members = resolved.outcomes().enumerate().filter_map(|(row, outcome)| {
            let Outcome::Member(member) = outcome else { return None };
            let written = &member.configuration;
            let held = match written.is_constant() {
                true => Arc::clone(written),
                false => Arc::new(written.instantiate(inventory.facts(row)?.as_ref())),
            };
            Some((inventory.id(row)?, held))
        });
        // Devices come in the order of their ids, each once.
        Self(members.collect())
    }

    /// The fleet that says of each device what is held of it: devices that hold the same share one part.
    ///
    /// ```
    /// use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
    /// use escadre_interpreter::Snapshot;
    /// let inventory = Inventory::new([Facts::of("a", [])?, Facts::of("b", [])?], Coverage::Complete)?;
    /// let fleet = deploy(Resource::new("motd").set("text", "hello"));
    /// let snapshot = Snapshot::wanted(&fleet.resolve(&inventory)?);
    /// assert_eq!(Snapshot::wanted(&snapshot.fleet().resolve(&inventory)?), snapshot);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fleet(&self) -> Fleet {
        let mut holders: BTreeMap<&Configuration, Vec<&DeviceId>> = BTreeMap::new();
        for (id, configuration) in &self.0 {
            holders.entry(configuration).or_default().push(id);
        }
        Fleet::union_all(holders.into_iter().map(|(configuration, ids)| {
            let resources = configuration.resources().iter();
            let deployed = resources.map(|(name, state)| deploy(resource(name.as_str(), state)));
            let ids = device_id().is_in(ids);
            Fleet::union_all([Fleet::all()].into_iter().chain(deployed)).restrict(ids)
        }))
    }
}

fn resource(name: &str, state: &ResourceState) -> Resource {
    let mut resource = Resource::new(name);
    for (fields, value) in state.leaves() {
        resource.put(fields.to_vec(), value.clone());
    }
    resource
}

impl FromIterator<(DeviceId, Arc<Configuration>)> for Snapshot {
    /// Of an id that comes twice the last configuration stands.
    fn from_iter<I: IntoIterator<Item = (DeviceId, Arc<Configuration>)>>(members: I) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        if !members.is_sorted_by(|(a, _), (b, _)| a < b) {
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
        }
        Self(members)
    }
}
