//! What a fleet says of the devices of an inventory, one after the other.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use super::check::{Checked, Fault, Piece, Shared, check, settled};
use super::determine::Completions;
use super::finding::Collector;
use super::rows::Rows;
use super::{Member, Outcome};
use crate::claims::Claims;
use crate::columns::{self, Classes};
use crate::denote::{Answers, Evaluator};
use crate::facts::Facts;
use crate::inventory::Inventory;
use crate::names::{LabelKey, ResourceName};
use crate::parts::Parts;

/// Answers are computed together for at least so many devices and selectors.
const MIN_DEVICES: usize = 256;
const MIN_SELECTORS: usize = 32;
/// Classes are looked at resource by resource if there are so many.
const MIN_CLASSES: usize = 8;

/// What a fleet says of devices one after the other; devices with the same answers share the work.
pub(super) struct Resolver<'a> {
    pub(super) evaluator: &'a Evaluator,
    pub(super) rows: Rows<'a>,
    pub(super) groups: HashMap<Answers, Option<Arc<Group>>>,
    /// The answers of all devices, if they were computed together, and what is known of each.
    classes: Option<Classes>,
    by_class: Vec<Class>,
    /// What classes get by resource, if there are so many that it saves work.
    parts: Option<Parts<'a, Piece>>,
    pub(super) completions: Completions,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) shared: Shared,
    pub(super) faults: Collector,
}

/// The place of the outcome of a device that is no member.
pub(super) const NOT_MEMBER: u32 = 0;

/// What is known of the devices with the same answers.
#[derive(Clone)]
enum Class {
    Unmet,
    /// All have the outcome of this place.
    Alike(u32),
    Group(Arc<Group>),
}

/// The devices with the same answers.
pub(super) struct Group {
    pub(super) claims: Claims<()>,
    checked: Checked,
    /// The place of what a device gets on which nothing varies.
    outcome: OnceLock<u32>,
    /// The labels that the claims mention.
    labels: OnceLock<BTreeSet<LabelKey>>,
}

impl Group {
    pub(super) fn labels(&self) -> &BTreeSet<LabelKey> {
        self.labels.get_or_init(|| self.claims.labels())
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn new(evaluator: &'a Evaluator, inventory: &'a Inventory) -> Self {
        let completions = Completions::new(evaluator);
        let rows = Rows::of(inventory, completions.asked());
        Self {
            evaluator,
            rows,
            groups: HashMap::new(),
            classes: None,
            by_class: Vec::new(),
            parts: None,
            completions,
            outcomes: vec![Outcome::NotMember],
            shared: Shared::default(),
            faults: Collector::default(),
        }
    }

    /// Computes the answers of all devices together, where that costs less than one by one.
    pub(super) fn answer(&mut self, inventory: &Inventory) {
        let n_selectors = self.evaluator.selectors().len();
        let many = n_selectors >= MIN_SELECTORS && inventory.len() >= MIN_DEVICES;
        self.classes = match self.rows.columns() {
            Some(columns) => Some(columns::classes_in(self.evaluator, columns)),
            None if many => columns::classes_of(self.evaluator, inventory),
            None => None,
        };
        let n_classes = self.classes.as_ref().map_or(0, |classes| classes.answers.len());
        self.by_class = vec![Class::Unmet; n_classes];
        self.parts = (n_classes >= MIN_CLASSES).then(|| Parts::of(self.evaluator)).flatten();
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
        if let Some(known) = self.by_parts(class) {
            return known;
        }
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

    /// What is known of a class where nothing is wrong or varies with any resource of its own.
    fn by_parts(&mut self, class: usize) -> Option<Class> {
        let (parts, classes) = (self.parts.as_mut()?, self.classes.as_ref()?);
        let answers = classes.answers.get(class)?;
        if !parts.is_member(answers) {
            return Some(Class::Alike(NOT_MEMBER));
        }
        let mut numbers = Vec::with_capacity(parts.resources().len());
        let shared = &mut self.shared;
        let mut make = |name: &ResourceName, claims: Option<Claims<()>>| {
            let tree = claims.as_ref().and_then(|claims| claims.roots.get(name));
            tree.map_or_else(Piece::default, |tree| Piece::of(name, tree, shared))
        };
        parts.numbers(answers, &mut make, &mut numbers);
        let pieces = parts
            .resources()
            .zip(&numbers)
            .enumerate()
            .map(|(at, (name, &number))| parts.get(at, number).map(|piece| (name, piece)));
        let configuration = settled(pieces, &mut self.shared)?;
        let member = Member { configuration, undetermined: Arc::from([]) };
        Some(Class::Alike(self.add_outcome(Outcome::Member(member))))
    }

    pub(super) fn group(&mut self, facts: &Facts) -> Option<Arc<Group>> {
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
    pub(super) fn outcome_of(&mut self, group: &Group) -> u32 {
        // Groups that only completions are in have none.
        if let Some(outcome) = group.outcome.get() {
            return *outcome;
        }
        let outcome = self.add(&group.checked, Arc::from([]));
        *group.outcome.get_or_init(|| outcome)
    }

    /// The place of the outcome of the device of row `row`.
    pub(super) fn outcome(&mut self, row: usize) -> u32 {
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
    pub(super) fn blame(&mut self, checked: &Checked, row: usize) {
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
    pub(super) fn add(&mut self, checked: &Checked, undetermined: Arc<[ResourceName]>) -> u32 {
        let configuration = Arc::clone(&checked.configuration);
        self.add_outcome(Outcome::Member(Member { configuration, undetermined }))
    }

    pub(super) fn add_outcome(&mut self, outcome: Outcome) -> u32 {
        self.outcomes.push(outcome);
        // An inventory has fewer than 2³² devices, and there are fewer classes.
        u32::try_from(self.outcomes.len() - 1).unwrap_or(NOT_MEMBER)
    }
}
