//! Unknown labels: what is the same under every completion of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::check::check;
use super::resolver::{NOT_MEMBER, Resolver};
use super::{Member, Outcome};
use crate::claims::Claims;
use crate::denote::Evaluator;
use crate::facts::{Attestation, Facts, Knowledge, Label};
use crate::fleet::Op;
use crate::names::{LabelKey, ResourceName};
use crate::selector::{COMPLETION_BUDGET, Partition, Test};
use crate::tree::Tree;

/// For each label that a fleet tests, enough values to see every answer that it can give.
///
/// Two strings of one class of the label's partition answer every test alike. A class without
/// end has two representatives, so that a value which mentions the label is seen to vary.
pub(super) struct Completions {
    tested: BTreeMap<LabelKey, Vec<Option<Arc<str>>>>,
    /// The labels that texts mention. A text that mentions an unknown label is undetermined
    /// without trying values for it.
    mentioned: BTreeSet<LabelKey>,
    /// The resources that the fleet deploys somewhere.
    resources: BTreeSet<ResourceName>,
}

impl Completions {
    pub(super) fn new(evaluator: &Evaluator) -> Self {
        let mut tests: BTreeMap<LabelKey, Vec<&Test>> = BTreeMap::new();
        for test in evaluator.selectors().iter().flat_map(|selector| selector.atoms()) {
            if let Some(key) = test.key() {
                tests.entry(key.clone()).or_default().push(test);
            }
        }
        let mentioned = evaluator.mentioned();
        let resources = evaluator.dag().nodes.iter().filter_map(|fleet| match &fleet.0.op {
            Op::Deploy(deployed) => Some(deployed.resource.clone()),
            _ => None,
        });
        let resources = resources.collect();
        let values = |tests: Vec<&Test>| Partition::of(tests).representatives();
        let tested = tests.into_iter().map(|(key, tests)| (key, values(tests))).collect();
        Self { tested, mentioned, resources }
    }

    /// The labels that the fleet asks for.
    pub(super) fn asked(&self) -> impl Iterator<Item = &LabelKey> {
        self.tested.keys().chain(&self.mentioned)
    }

    fn unknown<'a>(
        &'a self,
        facts: &'a Facts,
    ) -> impl Iterator<Item = (&'a LabelKey, &'a [Option<Arc<str>>])> {
        let known = |key: &LabelKey| facts.label(key.as_str()) != Knowledge::Unknown;
        self.tested
            .iter()
            .filter(move |(key, _)| !known(key))
            .map(|(key, values)| (key, &values[..]))
    }

    /// Whether the fleet looks at an unknown label of this device.
    pub(super) fn matter(&self, facts: &Facts) -> bool {
        let unknown = |key: &LabelKey| facts.label(key.as_str()) == Knowledge::Unknown;
        self.asked().any(unknown)
    }

    /// A device for each combination of representatives; `None` past the budget.
    fn of(&self, facts: &Facts) -> Option<Vec<Facts>> {
        let mut completed = vec![facts.clone()];
        for (key, values) in self.unknown(facts) {
            if completed.len() * values.len() > COMPLETION_BUDGET {
                return None;
            }
            let complete = |facts: &Facts| -> Vec<Facts> {
                values.iter().map(|value| with(facts, key, value.clone())).collect()
            };
            completed = completed.iter().flat_map(complete).collect();
        }
        Some(completed)
    }
}

fn with(facts: &Facts, key: &LabelKey, value: Option<Arc<str>>) -> Facts {
    let mut facts = facts.clone();
    match value {
        Some(value) => {
            let label =
                Label { key: key.clone(), value: Some(value), attestation: Attestation::Asserted };
            facts.set(label);
        }
        None => facts.set_absent(key.clone()),
    }
    facts
}

impl Resolver<'_> {
    /// The place of what is the same under every completion of the unknown labels of `facts`, those
    /// of row `row`.
    pub(super) fn determine(&mut self, row: usize, facts: &Facts) -> u32 {
        let Some(completed) = self.completions.of(facts) else {
            return match self.membership(facts) {
                Outcome::NotMember => NOT_MEMBER,
                outcome => self.add_outcome(outcome),
            };
        };
        let mut agreed: Option<Agreed> = None;
        let mut seen = HashSet::new();
        for (n, completed) in completed.iter().enumerate() {
            let group = self.group(completed);
            match (&mut agreed, group) {
                (None, None) => {}
                (Some(agreed), Some(group)) => {
                    // The same claims again say the same, unless they mention what is unknown.
                    let is_new = seen.insert(Arc::as_ptr(&group));
                    if is_new || group.labels().iter().any(|key| is_unknown(key, facts)) {
                        agreed.meet(&group.claims, completed);
                    }
                }
                (agreed @ None, Some(group)) if n == 0 => {
                    *agreed = Some(Agreed::new(&group.claims, completed));
                }
                (_, _) if mutant!(UnknownFirstMembership) => {}
                (_, _) => return self.add_outcome(Outcome::Undetermined),
            }
        }
        let Some(mut agreed) = agreed else { return NOT_MEMBER };
        agreed.leave_what_mentions_unknown(facts);
        let undetermined: Arc<[ResourceName]> = agreed.undetermined.iter().cloned().collect();
        let checked = check(&agreed.claims(facts), &undetermined, &mut self.shared);
        self.blame(&checked, row);
        self.add(&checked, undetermined)
    }

    /// The membership alone, as far as it can be decided; every resource is left.
    fn membership(&self, facts: &Facts) -> Outcome {
        match crate::explain::members(self.evaluator).matches(facts) {
            Some(false) => Outcome::NotMember,
            None => Outcome::Undetermined,
            Some(true) => {
                let undetermined = self.completions.resources.iter().cloned().collect();
                Outcome::Member(Member { configuration: Arc::default(), undetermined })
            }
        }
    }
}

fn is_unknown(key: &LabelKey, facts: &Facts) -> bool {
    facts.label(key.as_str()) == Knowledge::Unknown
}

/// What the completions seen so far agree on.
struct Agreed {
    /// The claims as written in the first completion, and as they are there.
    written: Claims<()>,
    first: Claims<()>,
    undetermined: BTreeSet<ResourceName>,
}

impl Agreed {
    fn new(claims: &Claims<()>, facts: &Facts) -> Self {
        Self {
            written: claims.clone(),
            first: claims.instantiate(facts),
            undetermined: BTreeSet::new(),
        }
    }

    fn meet(&mut self, claims: &Claims<()>, facts: &Facts) {
        let claims = claims.instantiate(facts);
        let names: BTreeSet<&ResourceName> =
            self.first.roots.keys().chain(claims.roots.keys()).collect();
        for name in names {
            let same = match (self.first.roots.get(name), claims.roots.get(name)) {
                (Some(a), Some(b)) => Tree::same_claims(a, b),
                _ => mutant!(UnknownNewResource),
            };
            if !same && !self.undetermined.contains(name) {
                self.undetermined.insert(name.clone());
            }
        }
    }

    /// A text that still mentions an unknown label varies with it, so its resource is undetermined.
    fn leave_what_mentions_unknown(&mut self, facts: &Facts) {
        if mutant!(UnknownMentionKept) {
            return;
        }
        for (name, tree) in &self.first.roots {
            if !self.undetermined.contains(name) && mentions_unknown(tree, facts) {
                self.undetermined.insert(name.clone());
            }
        }
    }

    /// The claims of the determined resources: as written, unless they mention an unknown label
    /// there (which is then without effect); candidates that say the same are one.
    fn claims(&self, facts: &Facts) -> Claims<()> {
        let determined =
            self.first.roots.iter().filter(|(name, _)| !self.undetermined.contains(*name));
        let roots = determined.map(|(name, first)| {
            let written =
                self.written.roots.get(name).filter(|tree| !mentions_unknown(tree, facts));
            (name.clone(), Arc::clone(written.unwrap_or(first)))
        });
        Claims { roots: roots.collect() }.settle(facts)
    }
}

fn mentions_unknown(tree: &Tree<()>, facts: &Facts) -> bool {
    let mut found = false;
    tree.walk(&mut Vec::new(), &mut |_, node| {
        let words = node.own.iter().flat_map(|(value, ())| value.words());
        found |= words.flat_map(crate::Word::labels).any(|key| is_unknown(key, facts));
        !found
    });
    found
}
