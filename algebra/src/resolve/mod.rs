//! Resolving: from a fleet and an inventory to one configuration a device, or all that is wrong.

mod check;
mod determine;
mod finding;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::claims::Claims;
use crate::columns::{self, Classes};
use crate::configuration::Configuration;
use crate::denote::{Answers, Evaluator};
use crate::digest::Digest;
use crate::facts::{Facts, Knowledge};
use crate::fleet::Fleet;
use crate::inventory::Inventory;
use crate::names::{LabelKey, ResourceName};
use check::{Checked, Fault, check};
use determine::Completions;
use finding::Collector;
pub use finding::{Devices, Finding, Unresolved};

/// A fleet on an inventory where every path of every device has at most one candidate.
///
/// Only [`Fleet::resolve`] makes one; interpreters accept nothing else. Clones in O(1).
#[derive(Clone)]
pub struct Resolved(Arc<Contents>);

struct Contents {
    fleet: Fleet,
    inventory: Inventory,
    // INVARIANT: one for each device of `inventory`, in its order.
    outcomes: Vec<Outcome>,
    fleet_digest: Digest,
    inventory_digest: Digest,
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
        let evaluator = Evaluator::new(self);
        let mut resolver = Resolver::new(&evaluator);
        resolver.answer(inventory);
        let devices = inventory.devices().iter().enumerate();
        let outcomes: Vec<Outcome> =
            devices.map(|(row, facts)| resolver.outcome(row, facts)).collect();
        let problems = evaluator.problems();
        if !problems.is_empty() || !resolver.faults.is_empty() {
            return Err(resolver.faults.finish(&evaluator, inventory, problems));
        }
        Ok(Resolved(Arc::new(Contents {
            fleet: self.clone(),
            inventory: inventory.clone(),
            outcomes,
            fleet_digest: self.digest(),
            inventory_digest: inventory.digest(),
        })))
    }
}

/// Answers are computed together for at least so many devices and selectors.
const MIN_DEVICES: usize = 256;
const MIN_SELECTORS: usize = 32;

/// What a fleet says of devices one after the other; devices with the same answers share the work.
struct Resolver<'a> {
    evaluator: &'a Evaluator,
    groups: HashMap<Answers, Option<Arc<Group>>>,
    /// The answers of all devices, if they were computed together, and the groups of each.
    classes: Option<Classes>,
    by_class: Vec<Option<Option<Arc<Group>>>>,
    completions: Completions,
    faults: Collector,
}

/// The devices with the same answers.
struct Group {
    claims: Claims<()>,
    checked: Checked,
    /// The labels that the claims mention.
    labels: BTreeSet<LabelKey>,
}

impl<'a> Resolver<'a> {
    fn new(evaluator: &'a Evaluator) -> Self {
        let completions = Completions::new(evaluator);
        Self {
            evaluator,
            groups: HashMap::new(),
            classes: None,
            by_class: Vec::new(),
            completions,
            faults: Collector::default(),
        }
    }

    /// Computes the answers of all devices together, where that costs less than one by one.
    fn answer(&mut self, inventory: &Inventory) {
        let n_selectors = self.evaluator.selectors().len();
        if n_selectors >= MIN_SELECTORS && inventory.len() >= MIN_DEVICES {
            self.classes = columns::classes_of(self.evaluator, inventory);
        }
    }

    /// The group of the device of row `row`, its unknown labels read as absent.
    fn group_of(&mut self, row: usize, facts: &Facts) -> Option<Arc<Group>> {
        let Some(classes) = &self.classes else { return self.group(facts) };
        let Some(&class) = classes.of.get(row) else { return self.group(facts) };
        let class = class as usize;
        if let Some(Some(group)) = self.by_class.get(class) {
            return group.clone();
        }
        let answers = classes.answers[class].clone();
        let n_classes = classes.answers.len();
        let group = self.group_with(answers);
        self.by_class.resize(n_classes, None);
        self.by_class[class] = Some(group.clone());
        group
    }

    fn group(&mut self, facts: &Facts) -> Option<Arc<Group>> {
        self.group_with(self.evaluator.answers(facts))
    }

    fn group_with(&mut self, answers: Answers) -> Option<Arc<Group>> {
        if let Some(group) = self.groups.get(&answers) {
            return group.clone();
        }
        let group = self.evaluator.evaluate::<()>(&answers).map(|claims| {
            let checked = check(&claims, &[]);
            let labels = claims.labels();
            Arc::new(Group { claims, checked, labels })
        });
        self.groups.insert(answers, group.clone());
        group
    }

    fn outcome(&mut self, row: usize, facts: &Facts) -> Outcome {
        if facts.has_unknown() && self.completions.matter(facts) {
            return self.determine(facts);
        }
        let Some(group) = self.group_of(row, facts) else { return Outcome::NotMember };
        if group.checked.varies {
            // Candidates that mention labels may be equal on this device.
            let checked = check(&group.claims.settle(facts), &[]);
            return self.member(&checked, facts, Arc::from([]));
        }
        self.member(&group.checked, facts, Arc::from([]))
    }

    fn member(
        &mut self,
        checked: &Checked,
        facts: &Facts,
        undetermined: Arc<[ResourceName]>,
    ) -> Outcome {
        for fault in &checked.faults {
            self.faults.add(fault, facts.id());
        }
        for (key, mentions) in &checked.mentions {
            if facts.label(key.as_str()) == Knowledge::Absent {
                for (path, value) in mentions {
                    let fault = Fault::MissingLabel {
                        path: path.clone(),
                        key: key.clone(),
                        value: value.clone(),
                    };
                    self.faults.add(&fault, facts.id());
                }
            }
        }
        let configuration = Arc::clone(&checked.configuration);
        Outcome::Member(Member { configuration, undetermined })
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

    /// Each device with its outcome, in the order of the ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Facts, &Outcome)> {
        self.0.inventory.devices().iter().zip(&self.0.outcomes)
    }

    /// The outcome of the device `id`, if it is listed. Costs O(log devices).
    #[must_use]
    pub fn outcome(&self, id: &str) -> Option<&Outcome> {
        self.0.inventory.position(id).map(|at| &self.0.outcomes[at])
    }

    /// The digest of the fleet's expression.
    #[must_use]
    pub fn fleet_digest(&self) -> Digest {
        self.0.fleet_digest
    }

    /// The digest of the inventory.
    #[must_use]
    pub fn inventory_digest(&self) -> Digest {
        self.0.inventory_digest
    }
}

impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resolved({} on {} devices)", self.0.fleet_digest.short(), self.0.outcomes.len())
    }
}
