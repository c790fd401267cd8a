//! Plans: what would change on which device.

mod compare;
mod device;
mod edit;
mod group;

use std::sync::Arc;

use escadre_algebra::{
    Configuration, Coverage, DeviceId, Digest, Outcome, Resolved, ResourceName, ResourceState,
};

use crate::interpreter::Revision;
use crate::snapshot::Snapshot;
use compare::Comparison;
use device::Device;
pub use group::{FieldChange, Group, Subject};

/// The difference between what a target holds and what is wanted: whole devices, each with its changed resources.
///
/// It carries the digests and the revision that it was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    target: String,
    base: Revision,
    fleet: Digest,
    inventory: Digest,
    coverage: Coverage,
    summary: Summary,
    n_members: usize,
    // INVARIANT: in the order of the ids, none twice; none without an effect.
    changes: Vec<Change>,
}

/// How many devices have which fate. Every listed device and every member has exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// They become members.
    pub added: usize,
    /// They are and stay members, and something of theirs changes.
    pub changed: usize,
    /// They stop being members.
    pub removed: usize,
    /// They are and stay as they are wanted.
    pub unchanged: usize,
    /// Nothing is done, since unknown labels decide what is wanted, or a partial inventory does
    /// not say whether the device is still there.
    pub undetermined: usize,
}

/// What happens to a device's membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It becomes a member.
    Added,
    /// It stays a member.
    Changed,
    /// It stops being a member.
    Removed,
}

/// What changes on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The device.
    pub device: DeviceId,
    /// What happens to its membership.
    pub kind: ChangeKind,
    /// The resources that change, in the order of their names.
    pub resources: Vec<ResourceChange>,
}

/// What changes of one resource on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChange {
    /// The resource.
    pub name: ResourceName,
    /// What is held; `None` if it is not there.
    pub before: Option<Arc<ResourceState>>,
    /// What is wanted; `None` if it goes.
    pub after: Option<Arc<ResourceState>>,
    /// What is wanted, as it was written: texts may mention labels.
    pub written: Option<Arc<ResourceState>>,
}

/// What is wanted of a target: a resolved fleet, as the target would hold it.
pub struct Desired<'a> {
    /// The resolved fleet.
    pub resolved: &'a Resolved,
    /// What the target holds of a resource (see [`Interpreter::normalise`](crate::Interpreter::normalise)).
    pub normalise: &'a Normalise<'a>,
}

/// What a target holds of a resource; `None` if it holds nothing of it.
pub type Normalise<'a> =
    dyn Fn(&ResourceName, &Arc<ResourceState>) -> Option<Arc<ResourceState>> + 'a;

/// A plan was computed from another state than the present one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan is stale: it was made for {what} {planned}, but now that is {present}")]
pub struct Stale {
    /// What it is: the target's revision, the fleet, or the inventory.
    pub what: &'static str,
    /// What the plan was made for.
    pub planned: String,
    /// What is there now.
    pub present: String,
}

impl Stale {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        "plan again, and look at the new plan"
    }
}

impl Plan {
    /// The plan from `held`, of revision `base`, to `desired`. Devices that share what they
    /// hold and what they are to hold are compared once. Costs O(devices + claims).
    #[must_use]
    pub fn new(target: &str, base: &Revision, held: &Snapshot, desired: &Desired<'_>) -> Self {
        let resolved = desired.resolved;
        let mut plan = Self::empty(target, base, resolved);
        plan.n_members = held.len();
        // Both come in the order of the ids, and so do the changes.
        let mut held = held.iter().peekable();
        let mut comparison = Comparison::new(desired);
        let inventory = resolved.inventory();
        for (row, (id, outcome)) in inventory.ids().zip(resolved.outcomes()).enumerate() {
            while let Some((id, before)) = held.next_if(|(held, _)| held.as_str() < id) {
                plan.unlisted(id, before);
            }
            let before = held.next_if(|(held, _)| held.as_str() == id).map(|(_, before)| before);
            plan.add(Device { inventory, row }, outcome, before, &mut comparison);
        }
        held.for_each(|(id, before)| plan.unlisted(id, before));
        plan
    }

    /// A plan in which no device has a fate yet.
    fn empty(target: &str, base: &Revision, resolved: &Resolved) -> Self {
        Self {
            target: target.to_owned(),
            base: base.clone(),
            fleet: resolved.fleet_digest(),
            inventory: resolved.inventory_digest(),
            coverage: resolved.inventory().coverage(),
            summary: Summary::default(),
            n_members: 0,
            changes: Vec::new(),
        }
    }

    /// The plan made of these parts, as a stored plan gives them.
    #[must_use]
    pub fn from_parts(parts: PlanParts) -> Self {
        let PlanParts { target, base, fleet, inventory, coverage, summary, n_members, mut changes } =
            parts;
        changes.sort_by(|a, b| a.device.cmp(&b.device));
        Self { target, base, fleet, inventory, coverage, summary, n_members, changes }
    }

    fn add(
        &mut self,
        device: Device<'_>,
        outcome: &Outcome,
        before: Option<&Arc<Configuration>>,
        comparison: &mut Comparison<'_>,
    ) {
        let member = match (outcome, before) {
            (Outcome::Undetermined, _) => {
                self.summary.undetermined += 1;
                return;
            }
            (Outcome::NotMember, None) => {
                self.summary.unchanged += 1;
                return;
            }
            (Outcome::NotMember, Some(before)) => {
                if let Some(id) = device.id() {
                    self.remove(&id, before);
                }
                return;
            }
            (Outcome::Member(member), _) => member,
        };
        let resources = comparison.changes(device, member, before);
        let kind = match before {
            None => ChangeKind::Added,
            Some(_) if resources.is_empty() && member.undetermined.is_empty() => {
                self.summary.unchanged += 1;
                return;
            }
            Some(_) if resources.is_empty() => {
                self.summary.undetermined += 1;
                return;
            }
            Some(_) => ChangeKind::Changed,
        };
        self.summary.added += usize::from(kind == ChangeKind::Added);
        self.summary.changed += usize::from(kind == ChangeKind::Changed);
        let change = device.id().map(|device| Change { device, kind, resources });
        self.changes.extend(change);
    }

    /// Adds a member that the inventory does not list.
    fn unlisted(&mut self, id: &DeviceId, before: &Configuration) {
        match self.coverage {
            Coverage::Complete => self.remove(id, before),
            Coverage::Partial => self.summary.undetermined += 1,
        }
    }

    fn remove(&mut self, id: &DeviceId, before: &Configuration) {
        let gone = before.resources().iter().map(|(name, state)| ResourceChange {
            name: name.clone(),
            before: Some(Arc::clone(state)),
            after: None,
            written: None,
        });
        self.summary.removed += 1;
        let change =
            Change { device: id.clone(), kind: ChangeKind::Removed, resources: gone.collect() };
        self.changes.push(change);
    }

    /// Whether this plan may be applied now: to a target of revision `base`, for this fleet and inventory.
    ///
    /// # Errors
    /// [`Stale`] says what is no longer as it was.
    pub fn check(&self, base: &Revision, resolved: &Resolved) -> Result<(), Stale> {
        let stale = |what, planned: String, present: String| Err(Stale { what, planned, present });
        if self.fleet != resolved.fleet_digest() {
            return stale("the fleet", self.fleet.short(), resolved.fleet_digest().short());
        }
        if self.inventory != resolved.inventory_digest() {
            return stale(
                "the inventory",
                self.inventory.short(),
                resolved.inventory_digest().short(),
            );
        }
        self.check_base(base)
    }

    /// Whether the target is still of the revision that this plan was made for.
    ///
    /// # Errors
    /// [`Stale`] if not.
    pub fn check_base(&self, base: &Revision) -> Result<(), Stale> {
        if self.base == *base {
            return Ok(());
        }
        let (planned, present) = (self.base.to_string(), base.to_string());
        Err(Stale { what: "the target's revision", planned, present })
    }

    /// The target, in words.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The revision of the target that this plan was made for.
    #[must_use]
    pub fn base(&self) -> &Revision {
        &self.base
    }

    /// The digest of the fleet that is wanted.
    #[must_use]
    pub fn fleet(&self) -> Digest {
        self.fleet
    }

    /// The digest of the inventory.
    #[must_use]
    pub fn inventory(&self) -> Digest {
        self.inventory
    }

    /// Whether the inventory listed every device.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// How many devices have which fate.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// How many members there are before.
    #[must_use]
    pub fn n_members(&self) -> usize {
        self.n_members
    }

    /// What changes, in the order of the devices' ids.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The devices that stop being members.
    pub fn removed(&self) -> impl Iterator<Item = &DeviceId> {
        self.changes.iter().filter(|c| c.kind == ChangeKind::Removed).map(|c| &c.device)
    }
}

/// The parts of a stored plan; see the accessors of [`Plan`].
#[derive(Clone, Debug)]
pub struct PlanParts {
    /// The target, in words.
    pub target: String,
    /// The revision of the target.
    pub base: Revision,
    /// The digest of the fleet.
    pub fleet: Digest,
    /// The digest of the inventory.
    pub inventory: Digest,
    /// Whether the inventory listed every device.
    pub coverage: Coverage,
    /// How many devices have which fate.
    pub summary: Summary,
    /// How many members there are before.
    pub n_members: usize,
    /// What changes.
    pub changes: Vec<Change>,
}
