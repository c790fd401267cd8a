//! Which parts of a fleet reach one device, and what stops the others.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Unreached;
use super::summary::{Summary, summaries};
use crate::annotation::MAX_LAYERS;
use crate::denote::{Answers, Evaluator};
use crate::facts::Facts;
use crate::fleet::{Fleet, Op};
use crate::names::ResourceName;
use crate::path::Path;
use crate::selector::Selector;

/// For each node, what it leaves out on the device; nodes that leave out nothing are not listed.
pub(super) type Losses = HashMap<usize, BTreeSet<ResourceName>>;

/// A walk from the root down to what reaches one device.
pub(super) struct Reach<'a> {
    evaluator: &'a Evaluator,
    answers: &'a Answers,
    facts: &'a Facts,
    losses: Losses,
    members: Vec<bool>,
    summaries: Vec<Summary>,
    /// For each node that was met, the nearest named node around it.
    around: Vec<Option<Option<usize>>>,
    /// Why selectors do not hold, by address.
    failing: HashMap<usize, Vec<String>>,
}

/// Why an operand does not reach the device.
enum Why<'a> {
    Fails(&'a Selector),
    Holds(&'a Selector),
    NotMemberOf(&'a Fleet),
    MemberOf(&'a Fleet),
    NothingToPatch,
}

impl<'a> Reach<'a> {
    pub(super) fn new(
        evaluator: &'a Evaluator,
        answers: &'a Answers,
        facts: &'a Facts,
        losses: Losses,
        path: Option<&Path>,
    ) -> Self {
        Self {
            evaluator,
            answers,
            facts,
            losses,
            members: evaluator.members(answers),
            summaries: summaries(evaluator.dag(), path),
            around: vec![None; evaluator.dag().len()],
            failing: HashMap::new(),
        }
    }

    /// The parts that do not reach the device, in the order in which they were written.
    pub(super) fn unreached(mut self) -> Vec<Unreached> {
        let dag = self.evaluator.dag();
        self.around[dag.root()] = Some(None);
        let mut unreached = Vec::new();
        // Users come after their operands, so what is around a node is known when it is met.
        for at in (0..dag.len()).rev() {
            let Some(outer) = self.around[at] else { continue };
            let (reached, stopped) = self.step(at);
            if let Some((operand, why)) = stopped {
                unreached.extend(self.stopped(at, operand, &why));
            }
            unreached.extend(self.lost(at));
            let inner = if let Op::Named(_) = &dag.nodes[at].0.op { Some(at) } else { outer };
            for &operand in reached {
                self.around[operand].get_or_insert(inner);
            }
        }
        unreached.sort_by(|a, b| a.origin.cmp(&b.origin).then_with(|| a.layers.cmp(&b.layers)));
        unreached
    }

    /// The operands whose claims a node passes on to the device, and the one that it stops.
    fn step(&self, at: usize) -> (&'a [usize], Option<(usize, Why<'a>)>) {
        let dag = self.evaluator.dag();
        let of = &dag.operands[at][..];
        let holds = self.evaluator.holds(at, self.answers);
        match &dag.nodes[at].0.op {
            Op::Restrict(s) if !holds => (&[], Some((of[0], Why::Fails(s)))),
            Op::Choose(s) if holds => (&of[..1], Some((of[1], Why::Holds(s)))),
            Op::Choose(s) => (&of[1..], Some((of[0], Why::Fails(s)))),
            Op::Within if !self.members[of[1]] => {
                (&[], Some((of[0], Why::NotMemberOf(&dag.nodes[of[1]]))))
            }
            Op::Without if self.members[of[1]] => {
                (&[], Some((of[0], Why::MemberOf(&dag.nodes[of[1]]))))
            }
            Op::Patch if !self.members[of[0]] => (&of[..1], Some((of[1], Why::NothingToPatch))),
            // Of a mask only paths matter, of the others only members.
            Op::Within | Op::Without | Op::Mask => (&of[..1], None),
            _ => (of, None),
        }
    }

    /// What `operand` would have claimed, had node `at` not stopped it.
    fn stopped(&mut self, at: usize, operand: usize, why: &Why<'_>) -> Option<Unreached> {
        let Summary { resources, layers } = self.summaries[operand].clone();
        if resources.is_empty() {
            return None;
        }
        Some(Unreached {
            origin: self.evaluator.dag().nodes[at].0.origin.clone(),
            layers: self.layers(at, &layers),
            resources: BTreeSet::clone(&resources),
            reasons: self.reasons(why),
        })
    }

    /// What node `at` was given and left out.
    fn lost(&mut self, at: usize) -> Option<Unreached> {
        let resources = self.losses.remove(&at)?;
        let dag = self.evaluator.dag();
        let Fleet(node) = &dag.nodes[at];
        let origin = node.origin.clone();
        let (inside, reason) = match &node.op {
            Op::Patch => {
                let inside = Arc::clone(&self.summaries[dag.operands[at][1]].layers);
                let there = "patches resources that are there; the device has no";
                (inside, format!("{there} {}", listed(&resources)))
            }
            Op::Mask => {
                let mask = &dag.nodes[dag.operands[at][1]].0.origin;
                (Arc::default(), format!("masked at {origin} by the fleet written at {mask}"))
            }
            Op::Keep(_) => (Arc::default(), format!("not among what is kept at {origin}")),
            _ => (Arc::default(), format!("forgotten at {origin}")),
        };
        let layers = self.layers(at, &inside);
        Some(Unreached { origin, layers, resources, reasons: vec![reason] })
    }

    /// The names `inside` a node and those around it, innermost first.
    fn layers(&self, at: usize, inside: &[Arc<str>]) -> Vec<Arc<str>> {
        let dag = self.evaluator.dag();
        let around =
            std::iter::successors(self.around[at].flatten(), |&n| self.around[n].flatten());
        let around = around.filter_map(|named| match &dag.nodes[named].0.op {
            Op::Named(name) => Some(name),
            _ => None,
        });
        inside.iter().chain(around).take(MAX_LAYERS).cloned().collect()
    }

    fn reasons(&mut self, why: &Why<'_>) -> Vec<String> {
        match why {
            Why::Fails(s) => self.failing(s),
            Why::Holds(s) => vec![format!("`{s}` holds")],
            Why::NotMemberOf(fleet) => {
                let origin = &fleet.0.origin;
                let mut reasons = vec![format!("not a member of the fleet written at {origin}")];
                if let Op::Restrict(s) = &fleet.0.op {
                    reasons.extend(self.failing(s));
                }
                reasons
            }
            Why::MemberOf(fleet) => {
                vec![format!("a member of the fleet written at {}", fleet.0.origin)]
            }
            Why::NothingToPatch => {
                let why = "patches members only, and the device is no member of what is patched";
                vec![why.to_owned()]
            }
        }
    }

    fn failing(&mut self, selector: &Selector) -> Vec<String> {
        let facts = self.facts;
        let failing = self.failing.entry(selector.address());
        failing.or_insert_with(|| selector.failing(facts)).clone()
    }
}

/// Some names in backticks.
fn listed(resources: &BTreeSet<ResourceName>) -> String {
    const MAX_LISTED: usize = 4;
    let names: Vec<String> =
        resources.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    match resources.len().saturating_sub(MAX_LISTED) {
        0 => names.join(", "),
        n_more => format!("{} and {n_more} more", names.join(", ")),
    }
}
