//! Unknown labels: what is the same under every completion of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::check;
use super::{Outcome, Resolver};
use crate::claims::Claims;
use crate::denote::Evaluator;
use crate::facts::{Attestation, Facts, Knowledge, Label};
use crate::fleet::Op;
use crate::names::{LabelKey, ResourceName};
use crate::selector::{COMPLETION_BUDGET, Partition, Test};
use crate::tree::Tree;

/// For each label that a fleet looks at, enough values to see every answer that it can give.
///
/// Two strings of one class of the label's partition answer every test alike. A class without
/// end has two representatives, so that a value which mentions the label is seen to vary.
pub(super) struct Completions(BTreeMap<LabelKey, Vec<Option<Arc<str>>>>);

impl Completions {
    pub(super) fn new(evaluator: &Evaluator) -> Self {
        let mut tests: BTreeMap<LabelKey, Vec<&Test>> = BTreeMap::new();
        for test in evaluator.selectors().iter().flat_map(|selector| selector.atoms()) {
            if let Some(key) = test.key() {
                tests.entry(key.clone()).or_default().push(test);
            }
        }
        for fleet in &evaluator.dag().nodes {
            let Op::Deploy(deployed) = &fleet.0.op else { continue };
            let words = deployed.leaves.iter().flat_map(|leaf| leaf.value.words());
            words.flat_map(crate::Word::labels).for_each(|key| {
                tests.entry(key.clone()).or_default();
            });
        }
        let values = |tests: Vec<&Test>| Partition::of(tests).representatives();
        Self(tests.into_iter().map(|(key, tests)| (key, values(tests))).collect())
    }

    fn unknown<'a>(
        &'a self,
        facts: &'a Facts,
    ) -> impl Iterator<Item = (&'a LabelKey, &'a [Option<Arc<str>>])> {
        let unknown = |key: &LabelKey| facts.label(key.as_str()) == Knowledge::Unknown;
        self.0.iter().filter(move |(key, _)| unknown(key)).map(|(key, values)| (key, &values[..]))
    }

    /// Whether the fleet looks at an unknown label of this device.
    pub(super) fn are_several(&self, facts: &Facts) -> bool {
        self.unknown(facts).next().is_some()
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
    /// What is the same under every completion of the unknown labels of `facts`.
    pub(super) fn determine(&mut self, facts: &Facts) -> Outcome {
        let Some(completed) = self.completions.of(facts) else { return Outcome::Undetermined };
        let mut agreed: Option<Agreed> = None;
        for (n, facts) in completed.iter().enumerate() {
            let claims = self.group(facts).map(|group| group.claims.clone());
            match (&mut agreed, claims) {
                (None, None) => {}
                (Some(agreed), Some(claims)) => agreed.meet(&claims, facts),
                (agreed @ None, Some(claims)) if n == 0 => {
                    *agreed = Some(Agreed::new(&claims, facts));
                }
                (_, _) => return Outcome::Undetermined,
            }
        }
        let Some(agreed) = agreed else { return Outcome::NotMember };
        let undetermined: Arc<[ResourceName]> = agreed.undetermined.iter().cloned().collect();
        let checked = check(&agreed.claims(facts), &undetermined);
        self.member(&checked, facts, undetermined)
    }
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
                _ => false,
            };
            if !same && !self.undetermined.contains(name) {
                self.undetermined.insert(name.clone());
            }
        }
    }

    /// The claims of the determined resources: as written, unless they mention an unknown label
    /// (which is then without effect) or have to be compared.
    fn claims(&self, facts: &Facts) -> Claims<()> {
        let determined =
            self.first.roots.iter().filter(|(name, _)| !self.undetermined.contains(*name));
        let roots = determined.map(|(name, first)| {
            let written = self.written.roots.get(name).filter(|written| {
                let mut plain = true;
                written.walk(&mut Vec::new(), &mut |_, node| {
                    let words = node.own.iter().flat_map(|(value, ())| value.words());
                    let known = |key: &LabelKey| facts.label(key.as_str()) != Knowledge::Unknown;
                    plain &= node.own.len() < 2 && words.flat_map(crate::Word::labels).all(known);
                    plain
                });
                plain
            });
            (name.clone(), Arc::clone(written.unwrap_or(first)))
        });
        Claims { roots: roots.collect() }
    }
}
