//! Explaining: why a device gets what it gets, and why a layer does not reach it.

mod losses;
mod reach;
mod summary;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::annotation::{History, Sources};
use crate::claims::Claims;
use crate::denote::Evaluator;
use crate::facts::{Facts, Knowledge};
use crate::fleet::{Fleet, Op};
use crate::names::{LabelKey, ResourceName};
use crate::origin::Origin;
use crate::path::Path;
use crate::problem::Problem;
use crate::selector::{Selector, View};
use crate::value::Value;

use losses::losses;
use reach::{Losses, Reach};

/// Why one device gets what it gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// Whether the device is a member; `None` if unknown labels decide it.
    pub member: Option<bool>,
    /// Each claimed path, in order (paths that are only `Unset` below a leaf aside). If the path
    /// asked for is such a one, the nearest listed path above it comes first: it tells who removed it.
    pub fields: Vec<ExplainedField>,
    /// The parts of the fleet that do not reach the device, and what reached it and was left out
    /// by a patch, mask, forget or keep.
    pub unreached: Vec<Unreached>,
    /// What was written in the whole fleet but means nothing; what is said above leaves it out.
    pub problems: Vec<Problem>,
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
    /// What it shadowed, the last first, as written, at most 64.
    pub shadowed: Vec<(Value, Sources)>,
    /// How many layers were shadowed before those in `shadowed`.
    pub n_more_shadowed: usize,
}

/// A part of the fleet that does not reach the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Where the condition was written.
    pub origin: Origin,
    /// The names of the layers in and around it, innermost first, at most sixteen.
    pub layers: Vec<Arc<str>>,
    /// The resources that it would have claimed, at most 32.
    pub resources: BTreeSet<ResourceName>,
    /// The tests that failed, or what else left it out, in words.
    pub reasons: Vec<String>,
}

impl Fleet {
    /// Why the device with `facts` gets what it gets, everywhere or at `path` and below it.
    ///
    /// Unknown labels are read as absent, and listed. Costs O(nodes + claims).
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
        let mut lost = Losses::new();
        let claims = evaluator.evaluate_watched::<History>(&answers, &mut |at, ours, theirs| {
            let resources = losses(&evaluator.dag().nodes[at].0.op, ours, theirs, path);
            if !resources.is_empty() {
                lost.entry(at).or_default().extend(resources);
            }
        });
        let unknown = unknown_labels(&evaluator, facts);
        let member = match unknown.is_empty() {
            true => Some(claims.is_some()),
            false => members(&evaluator).matches(facts),
        };
        let fields = claims.map(|claims| explained(&claims, facts, path)).unwrap_or_default();
        let unreached = Reach::new(&evaluator, &answers, facts, lost, path).unreached();
        Explanation { member, fields, unreached, problems: evaluator.problems(), unknown }
    }

    /// Whether the device with `facts` is a member; `None` if unknown labels decide it, or if
    /// that takes more than [`COMPLETION_BUDGET`](crate::COMPLETION_BUDGET) completions to see.
    ///
    /// Parts that are invalid mean [`Fleet::empty`]. Costs O(nodes + selectors), and for a device
    /// on which unknown labels are tested that for each completion.
    #[must_use]
    pub fn membership(&self, facts: &Facts) -> Option<bool> {
        members(&Evaluator::new(self)).matches(facts)
    }
}

/// The claims at `path` and below, or everywhere, as explained fields.
fn explained(claims: &Claims<History>, facts: &Facts, path: Option<&Path>) -> Vec<ExplainedField> {
    let listed = claims.listed();
    // What is claimed at the path but not listed is `Unset` because of a claim above.
    let above = path.filter(|path| {
        listed.binary_search_by(|(at, _)| at.cmp(path)).is_err() && !claims.at(path).is_empty()
    });
    let nearest = above.and_then(|path| listed.iter().rposition(|(at, _)| at.is_above(path)));
    let wanted = |at: &Path| path.is_none_or(|path| path.is_above(at));
    let fields = listed.into_iter().enumerate();
    let fields = fields.filter(|(n, (at, _))| Some(*n) == nearest || wanted(at));
    let fields = fields.map(|(_, (path, candidates))| {
        let candidates = candidates.into_iter().map(|(written, history)| ExplainedValue {
            value: written.instantiate(facts),
            written,
            shadowed: history.shadowed().map(|(value, by)| (value.clone(), by.clone())).collect(),
            n_more_shadowed: history.n_more(),
            sources: history.sources,
        });
        ExplainedField { path, candidates: candidates.collect() }
    });
    fields.collect()
}

/// The labels that are unknown on a device and that the fleet tests, in order.
fn unknown_labels(evaluator: &Evaluator, facts: &Facts) -> Vec<String> {
    let keys = evaluator.selectors().iter().flat_map(|s| s.atoms()).filter_map(|test| test.key());
    let keys: BTreeSet<&LabelKey> = keys.collect();
    let unknown = |key: &&&LabelKey| facts.label(key.as_str()) == Knowledge::Unknown;
    keys.iter().filter(unknown).map(ToString::to_string).collect()
}

/// Holds on the members of the fleet, and nowhere else. Costs O(nodes).
pub(crate) fn members(evaluator: &Evaluator) -> Selector {
    let dag = evaluator.dag();
    let mut members: Vec<Selector> = Vec::with_capacity(dag.len());
    for (fleet, of) in dag.nodes.iter().zip(dag.operands.iter()) {
        let is_all = |&of: &usize| matches!(members[of].view(), View::All);
        let of_operand = |n: usize| members[of[n]].clone();
        let member = match &fleet.0.op {
            Op::Empty | Op::Invalid(_) | Op::Foreign(_) => Selector::none(),
            Op::All | Op::Deploy(_) => Selector::all(),
            Op::Union | Op::Overlay if of.iter().any(is_all) => Selector::all(),
            Op::Union | Op::Overlay => Selector::any_of(of.iter().map(|&of| members[of].clone())),
            Op::Patch | Op::Mask | Op::Forget(_) | Op::Keep(_) | Op::Named(_) => of_operand(0),
            Op::Within => Selector::all_of([of_operand(0), of_operand(1)]),
            Op::Without => Selector::all_of([of_operand(0), !of_operand(1)]),
            Op::Restrict(s) => Selector::all_of([s.clone(), of_operand(0)]),
            Op::Choose(_) if of.iter().all(is_all) => Selector::all(),
            Op::Choose(s) => Selector::any_of([
                Selector::all_of([s.clone(), of_operand(0)]),
                Selector::all_of([!s.clone(), of_operand(1)]),
            ]),
        };
        members.push(member);
    }
    members.pop().unwrap_or_else(Selector::none)
}
