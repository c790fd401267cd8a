//! Explaining: why a device gets what it gets, and why a layer does not reach it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::annotation::{History, Sources};
use crate::dag::Dag;
use crate::denote::{Answers, Evaluator};
use crate::facts::Facts;
use crate::fleet::{Fleet, Op};
use crate::names::ResourceName;
use crate::origin::Origin;
use crate::path::Path;
use crate::selector::Selector;
use crate::value::Value;

/// Why one device gets what it gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Whether the device is a member; `None` if unknown labels decide it.
    pub member: Option<bool>,
    /// Each claimed path, in order (paths that are only `Unset` below a leaf aside).
    pub fields: Vec<ExplainedField>,
    /// The parts of the fleet that do not reach the device.
    pub unreached: Vec<Unreached>,
    /// The labels that are unknown on this device and that the fleet tests; what is said above
    /// reads them as absent.
    pub unknown: Vec<String>,
}

/// One path and why it holds what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedField {
    /// The path.
    pub path: Path,
    /// Its candidates; more than one is a conflict.
    pub candidates: Vec<ExplainedValue>,
}

/// One candidate of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedValue {
    /// The value on this device.
    pub value: Value,
    /// The value as it was written, if that differs.
    pub written: Value,
    /// Who wrote it.
    pub sources: Sources,
    /// What it shadowed, the last first, as written.
    pub shadowed: Vec<(Value, Sources)>,
}

/// A part of the fleet that does not reach the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Where the condition was written.
    pub origin: Origin,
    /// The names of the layers in and around it, innermost first.
    pub layers: Vec<Arc<str>>,
    /// The resources that it would have claimed.
    pub resources: BTreeSet<ResourceName>,
    /// The tests that failed, in words.
    pub reasons: Vec<String>,
}

impl Fleet {
    /// Why the device with `facts` gets what it gets, everywhere or at `path` and below it.
    ///
    /// Unknown labels are read as absent, and listed. Costs O(nodes + claims), and for each part
    /// that does not reach the device the size of that part.
    ///
    /// ```
    /// use escadre_algebra::{Facts, Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let fleet = motd("hello")
    ///     .overlay(motd("salut").restrict(label("country").eq("FR")).named("french"))
    ///     .overlay(motd("hi").named("casual"));
    /// let why = fleet.explain(&Facts::of("d", [("country", "CA")])?, None);
    /// assert_eq!(why.fields[1].candidates[0].shadowed[0].0.to_string(), r#""hello""#);
    /// assert_eq!(&*why.unreached[0].layers[0], "french");
    /// assert!(why.unreached[0].reasons[0].contains("country"));
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    #[must_use]
    pub fn explain(&self, facts: &Facts, path: Option<&Path>) -> Explanation {
        let evaluator = Evaluator::new(self);
        let answers = evaluator.answers(facts);
        let claims = evaluator.evaluate::<History>(&answers);
        let fields = claims.iter().flat_map(crate::Claims::listed);
        let wanted = |at: &Path| path.is_none_or(|path| path.is_above(at));
        let fields = fields.filter(|(at, _)| wanted(at)).map(|(path, candidates)| {
            let candidates = candidates.into_iter().map(|(written, history)| ExplainedValue {
                value: written.instantiate(facts),
                written,
                sources: history.sources,
                shadowed: history.shadowed,
            });
            ExplainedField { path, candidates: candidates.collect() }
        });
        let mut unknown: Vec<String> = unknown_labels(&evaluator, facts);
        unknown.dedup();
        Explanation {
            member: if unknown.is_empty() {
                Some(claims.is_some())
            } else {
                self.membership(facts)
            },
            fields: fields.collect(),
            unreached: Reach::new(&evaluator, &answers, facts).unreached(path),
            unknown,
        }
    }

    /// Whether the device with `facts` is a member; `None` if unknown labels decide it.
    #[must_use]
    pub fn membership(&self, facts: &Facts) -> Option<bool> {
        use crate::{Coverage, Inventory, Outcome};
        // Claims are set aside, so that nothing but membership is resolved.
        let bare = self.clone().forget(crate::PathSet::all());
        let inventory = Inventory::new([facts.clone()], Coverage::Partial).ok()?;
        let resolved = bare.resolve(&inventory).ok()?;
        match resolved.outcome(facts.id().as_str())? {
            Outcome::Member(_) => Some(true),
            Outcome::NotMember => Some(false),
            Outcome::Undetermined => None,
        }
    }
}

fn unknown_labels(evaluator: &Evaluator, facts: &Facts) -> Vec<String> {
    let keys = evaluator.selectors().iter().flat_map(|s| s.atoms()).filter_map(|test| test.key());
    let keys: BTreeSet<&crate::LabelKey> = keys.collect();
    let unknown = |key: &&&crate::LabelKey| facts.label(key.as_str()) == crate::Knowledge::Unknown;
    keys.iter().filter(unknown).map(ToString::to_string).collect()
}

/// A walk from the root down to what reaches one device.
struct Reach<'a> {
    dag: &'a Dag,
    evaluator: &'a Evaluator,
    answers: &'a Answers,
    facts: &'a Facts,
    members: Vec<bool>,
}

impl<'a> Reach<'a> {
    fn new(evaluator: &'a Evaluator, answers: &'a Answers, facts: &'a Facts) -> Self {
        let members = evaluator.members(answers);
        Self { dag: evaluator.dag(), evaluator, answers, facts, members }
    }

    fn unreached(&self, path: Option<&Path>) -> Vec<Unreached> {
        let mut around: Vec<Option<Vec<Arc<str>>>> = vec![None; self.dag.len()];
        around[self.dag.root()] = Some(Vec::new());
        let mut unreached = Vec::new();
        // Users come after their operands, so a node's names are known when it is met.
        for at in (0..self.dag.len()).rev() {
            let Some(names) = around[at].take() else { continue };
            let (reached, stopped) = self.step(at);
            for (operand, reasons) in stopped {
                if let Some(found) = self.stopped(at, operand, &names, reasons, path) {
                    unreached.push(found);
                }
            }
            let mut inside = names;
            if let Op::Named(name) = &self.dag.nodes[at].0.op {
                inside.insert(0, Arc::clone(name));
            }
            for operand in reached {
                around[operand].get_or_insert_with(|| inside.clone());
            }
        }
        unreached.sort_by(|a, b| a.origin.cmp(&b.origin).then_with(|| a.layers.cmp(&b.layers)));
        unreached
    }

    /// The operands that a node passes on to the device, and those that it stops, with the reasons.
    fn step(&self, at: usize) -> (Vec<usize>, Vec<(usize, Vec<String>)>) {
        let of = &self.dag.operands[at];
        let holds = self.evaluator.holds(at, self.answers);
        match &self.dag.nodes[at].0.op {
            Op::Restrict(s) if !holds => (Vec::new(), vec![(of[0], self.failing(s))]),
            Op::Choose(s) => {
                let (taken, left) = if holds { (of[0], of[1]) } else { (of[1], of[0]) };
                let why = if holds { vec![format!("`{s}` holds")] } else { self.failing(s) };
                (vec![taken], vec![(left, why)])
            }
            Op::Within if !self.members[of[1]] => {
                let origin = &self.dag.nodes[of[1]].0.origin;
                (
                    vec![of[1]],
                    vec![(of[0], vec![format!("not a member of the fleet written at {origin}")])],
                )
            }
            Op::Without if self.members[of[1]] => {
                let origin = &self.dag.nodes[of[1]].0.origin;
                (
                    Vec::new(),
                    vec![(of[0], vec![format!("a member of the fleet written at {origin}")])],
                )
            }
            Op::Within | Op::Without => (vec![of[0]], Vec::new()),
            Op::Patch if !self.members[of[0]] => {
                let why = "patches members only, and the device is no member of what is patched";
                (vec![of[0]], vec![(of[1], vec![why.to_owned()])])
            }
            _ => (of.clone(), Vec::new()),
        }
    }

    fn failing(&self, selector: &Selector) -> Vec<String> {
        selector.failing(self.facts)
    }

    fn stopped(
        &self,
        at: usize,
        operand: usize,
        around: &[Arc<str>],
        reasons: Vec<String>,
        path: Option<&Path>,
    ) -> Option<Unreached> {
        let inside = Dag::of(&self.dag.nodes[operand]);
        let mut layers: Vec<Arc<str>> = Vec::new();
        let mut resources = BTreeSet::new();
        for fleet in &inside.nodes {
            match &fleet.0.op {
                Op::Named(name) => layers.push(Arc::clone(name)),
                Op::Deploy(deployed) => {
                    let at = |fields: &[crate::Field]| {
                        Path::new(deployed.resource.clone(), fields.to_vec())
                    };
                    let touches = |path: &Path| {
                        deployed.leaves.iter().filter_map(|leaf| at(&leaf.fields).ok()).any(
                            |leaf| {
                                path.is_above(&leaf)
                                    || (!leaf.fields().is_empty() && leaf.is_above(path))
                            },
                        )
                    };
                    if path.is_none_or(touches) {
                        resources.insert(deployed.resource.clone());
                    }
                }
                _ => {}
            }
        }
        layers.extend(around.iter().cloned());
        let origin = self.dag.nodes[at].0.origin.clone();
        (!resources.is_empty()).then_some(Unreached { origin, layers, resources, reasons })
    }
}
