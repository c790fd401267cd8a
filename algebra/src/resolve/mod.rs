//! Resolving: from a fleet and an inventory to one configuration a device, or all that is wrong.

mod check;
mod determine;
mod finding;
mod resolver;
mod rows;

use std::sync::Arc;

use crate::configuration::Configuration;
use crate::denote::Evaluator;
use crate::digest::Digest;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::inventory::Inventory;
use crate::names::ResourceName;
pub use finding::{Devices, Finding, Unresolved};
use resolver::Resolver;

/// A fleet on an inventory where every path of every device has at most one candidate.
///
/// Only [`Fleet::resolve`] makes one; interpreters accept nothing else. Clones in O(1).
#[derive(Clone)]
pub struct Resolved(Arc<Contents>);

struct Contents {
    fleet: Fleet,
    inventory: Inventory,
    // INVARIANT: for each device of `inventory`, in its order, the place of its outcome.
    of: Vec<u32>,
    outcomes: Vec<Outcome>,
    fleet_digest: Digest,
}

/// What a resolved fleet says of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The device is no member.
    NotMember,
    /// The device is a member.
    Member(Member),
    /// Unknown labels decide whether the device is a member: it is left alone.
    Undetermined,
}

/// What a member gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The resources whose every path is determined, as they were written.
    pub configuration: Arc<Configuration>,
    /// The resources of which unknown labels decide some path: they are left as they are.
    pub undetermined: Arc<[ResourceName]>,
}

impl Fleet {
    /// One configuration for each device of `inventory`, or all that is wrong.
    ///
    /// With unknown labels an answer is determined iff it is the same under every completion of
    /// them. A device whose membership is undetermined is left alone; a resource with an
    /// undetermined path is left as it is on that device. Past
    /// [`COMPLETION_BUDGET`](crate::COMPLETION_BUDGET) completions only the membership is decided,
    /// where it can be, and every resource is left as it is.
    ///
    /// Costs O(devices · selectors + different answers · claims), without unknown labels.
    ///
    /// # Errors
    /// [`Unresolved`]: every conflict, missing label, missing required field, bad dependency and
    /// invalid part, in groups, each with where it was written and a witness.
    ///
    /// ```
    /// use escadre_algebra::{Coverage, Facts, Inventory, Resource, deploy};
    /// let devices = [Facts::of("cam-1", [])?, Facts::of("cam-2", [])?];
    /// let inventory = Inventory::new(devices, Coverage::Complete)?;
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// assert!(motd("hello").resolve(&inventory).is_ok());
    /// let wrong = (motd("hello") | motd("goodbye")).resolve(&inventory).unwrap_err();
    /// assert!(wrong.to_string().contains("conflict at motd.text on 2 devices, such as `cam-1`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(&self, inventory: &Inventory) -> Result<Resolved, Unresolved> {
        let evaluator = Evaluator::new(self).by_resource();
        let mut resolver = Resolver::new(&evaluator, inventory);
        resolver.answer(inventory);
        let of = (0..inventory.len()).map(|row| resolver.outcome(row)).collect();
        let problems = evaluator.problems();
        if !problems.is_empty() || !resolver.faults.is_empty() {
            return Err(resolver.faults.finish(&evaluator, inventory, problems));
        }
        let (fleet, inventory) = (self.clone(), inventory.clone());
        let (outcomes, fleet_digest) = (resolver.outcomes, self.digest());
        Ok(Resolved(Arc::new(Contents { fleet, inventory, of, outcomes, fleet_digest })))
    }
}

impl Resolved {
    /// The fleet that was resolved.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.0.fleet
    }

    /// The inventory that it was resolved on.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.0.inventory
    }

    /// Each device with its outcome, in the order of the ids. Costs what
    /// [`Inventory::devices`] does.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Facts, &Outcome)> {
        self.0.inventory.devices().iter().zip(self.outcomes())
    }

    /// The outcomes of all devices, in the order of the ids. Devices of which the fleet says the
    /// same share one.
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = &Outcome> {
        self.0.of.iter().map(|&place| &self.0.outcomes[place as usize])
    }

    /// The outcome of the device at the position `at` of the inventory, if there is one.
    #[must_use]
    pub fn outcome_at(&self, at: usize) -> Option<&Outcome> {
        self.0.of.get(at).and_then(|&place| self.0.outcomes.get(place as usize))
    }

    /// The outcome of the device `id`, if it is listed. Costs O(log devices).
    #[must_use]
    pub fn outcome(&self, id: &str) -> Option<&Outcome> {
        self.0.inventory.position(id).and_then(|at| self.outcome_at(at))
    }

    /// The digest of the fleet's expression.
    #[must_use]
    pub fn fleet_digest(&self) -> Digest {
        self.0.fleet_digest
    }

    /// The digest of the inventory. Costs O(inventory) when first asked for.
    #[must_use]
    pub fn inventory_digest(&self) -> Digest {
        self.0.inventory.digest()
    }
}

impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resolved({} on {} devices)", self.0.fleet_digest.short(), self.0.of.len())
    }
}
