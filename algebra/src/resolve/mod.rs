//! Resolving: from a fleet and an inventory to one configuration a device, or all that is wrong.

mod check;
mod determine;
mod finding;
mod rows;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use crate::claims::Claims;
use crate::columns::{self, Classes};
use crate::configuration::Configuration;
use crate::denote::{Answers, Evaluator};
use crate::digest::Digest;
use crate::facts::Facts;
use crate::fleet::Fleet;
use crate::inventory::Inventory;
use crate::names::{LabelKey, ResourceName};
use check::{Checked, Fault, Shared, check};
use determine::Completions;
use finding::Collector;
pub use finding::{Devices, Finding, Unresolved};
use rows::Rows;

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
        let evaluator = Evaluator::new(self);
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

/// Answers are computed together for at least so many devices and selectors.
const MIN_DEVICES: usize = 256;
const MIN_SELECTORS: usize = 32;

/// What a fleet says of devices one after the other; devices with the same answers share the work.
struct Resolver<'a> {
    evaluator: &'a Evaluator,
    rows: Rows<'a>,
    groups: HashMap<Answers, Option<Arc<Group>>>,
    /// The answers of all devices, if they were computed together, and what is known of each.
    classes: Option<Classes>,
    by_class: Vec<Class>,
    completions: Completions,
    outcomes: Vec<Outcome>,
    shared: Shared,
    faults: Collector,
}

/// The place of the outcome of a device that is no member.
const NOT_MEMBER: u32 = 0;

/// What is known of the devices with the same answers.
#[derive(Clone)]
enum Class {
    Unmet,
    /// All have the outcome of this place.
    Alike(u32),
    Group(Arc<Group>),
}

/// The devices with the same answers.
struct Group {
    claims: Claims<()>,
    checked: Checked,
    /// The place of what a device gets on which nothing varies.
    outcome: OnceLock<u32>,
    /// The labels that the claims mention.
    labels: OnceLock<BTreeSet<LabelKey>>,
}

impl Group {
    fn labels(&self) -> &BTreeSet<LabelKey> {
        self.labels.get_or_init(|| self.claims.labels())
    }
}

impl<'a> Resolver<'a> {
    fn new(evaluator: &'a Evaluator, inventory: &'a Inventory) -> Self {
        let completions = Completions::new(evaluator);
        let rows = Rows::of(inventory, completions.asked());
        Self {
            evaluator,
            rows,
            groups: HashMap::new(),
            classes: None,
            by_class: Vec::new(),
            completions,
            outcomes: vec![Outcome::NotMember],
            shared: Shared::default(),
            faults: Collector::default(),
        }
    }

    /// Computes the answers of all devices together, where that costs less than one by one.
    fn answer(&mut self, inventory: &Inventory) {
        let n_selectors = self.evaluator.selectors().len();
        let many = n_selectors >= MIN_SELECTORS && inventory.len() >= MIN_DEVICES;
        self.classes = match self.rows.columns() {
            Some(columns) => Some(columns::classes_in(self.evaluator, columns)),
            None if many => columns::classes_of(self.evaluator, inventory),
            None => None,
        };
        let n_classes = self.classes.as_ref().map_or(0, |classes| classes.answers.len());
        self.by_class = vec![Class::Unmet; n_classes];
    }

    /// The class of the device of row `row`, its unknown labels read as absent.
    fn class(&mut self, row: usize) -> Class {
        let met = self.classes.as_ref().and_then(|classes| classes.of.get(row)).copied();
        let Some(class) = met.map(|class| class as usize) else {
            let Some(facts) = self.rows.facts(row) else { return Class::Alike(NOT_MEMBER) };
            return self.group(&facts).map_or(Class::Alike(NOT_MEMBER), Class::Group);
        };
        if let Class::Unmet = self.by_class[class] {
            self.by_class[class] = self.new_class(class);
        }
        self.by_class[class].clone()
    }

    fn new_class(&mut self, class: usize) -> Class {
        let answers = self.classes.as_ref().map(|classes| classes.answers[class].clone());
        // Each class is asked once, so its group is not kept for another; some completion of
        // unknown labels may have met it, though.
        let group = answers.and_then(|answers| match self.groups.get(&answers) {
            Some(known) => known.clone(),
            None => self.new_group(&answers),
        });
        match group {
            None => Class::Alike(NOT_MEMBER),
            Some(group) if group.checked.is_settled() => Class::Alike(self.outcome_of(&group)),
            Some(group) => Class::Group(group),
        }
    }

    fn group(&mut self, facts: &Facts) -> Option<Arc<Group>> {
        let answers = self.evaluator.answers(facts);
        if let Some(group) = self.groups.get(&answers) {
            return group.clone();
        }
        let group = self.new_group(&answers);
        self.groups.insert(answers, group.clone());
        group
    }

    fn new_group(&mut self, answers: &Answers) -> Option<Arc<Group>> {
        let claims = self.evaluator.evaluate::<()>(answers)?;
        let checked = check(&claims, &[], &mut self.shared);
        let (outcome, labels) = (OnceLock::new(), OnceLock::new());
        Some(Arc::new(Group { claims, checked, outcome, labels }))
    }

    /// The place of what the devices of `group` get, if nothing varies.
    fn outcome_of(&mut self, group: &Group) -> u32 {
        // Groups that only completions are in have none.
        if let Some(outcome) = group.outcome.get() {
            return *outcome;
        }
        let outcome = self.add(&group.checked, Arc::from([]));
        *group.outcome.get_or_init(|| outcome)
    }

    /// The place of the outcome of the device of row `row`.
    fn outcome(&mut self, row: usize) -> u32 {
        if self.rows.may_have_unknown(row)
            && let Some(facts) = self.rows.facts(row)
            && self.completions.matter(&facts)
        {
            return self.determine(row, &facts);
        }
        let group = match self.class(row) {
            Class::Unmet => return NOT_MEMBER,
            Class::Alike(outcome) => return outcome,
            Class::Group(group) => group,
        };
        if group.checked.varies
            && let Some(facts) = self.rows.facts(row)
        {
            // Candidates that mention labels may be equal on this device.
            let checked = check(&group.claims.settle(&facts), &[], &mut self.shared);
            self.blame(&checked, row);
            return self.add(&checked, Arc::from([]));
        }
        self.blame(&group.checked, row);
        self.outcome_of(&group)
    }

    /// Notes what is wrong on the device of row `row`.
    fn blame(&mut self, checked: &Checked, row: usize) {
        let lacking = checked.mentions.iter().filter(|(key, _)| self.rows.lacks(row, key));
        let missing: Vec<Fault> = lacking
            .flat_map(|(key, mentions)| {
                mentions.iter().map(|(path, value)| {
                    let (path, key, value) = (path.clone(), key.clone(), value.clone());
                    Fault::MissingLabel { path, key, value }
                })
            })
            .collect();
        if checked.faults.is_empty() && missing.is_empty() {
            return;
        }
        let Some(id) = self.rows.id(row) else { return };
        checked.faults.iter().chain(&missing).for_each(|fault| self.faults.add(fault, &id));
    }

    /// A place for what a member gets.
    fn add(&mut self, checked: &Checked, undetermined: Arc<[ResourceName]>) -> u32 {
        let configuration = Arc::clone(&checked.configuration);
        self.add_outcome(Outcome::Member(Member { configuration, undetermined }))
    }

    fn add_outcome(&mut self, outcome: Outcome) -> u32 {
        self.outcomes.push(outcome);
        // An inventory has fewer than 2³² devices, and there are fewer classes.
        u32::try_from(self.outcomes.len() - 1).unwrap_or(NOT_MEMBER)
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
