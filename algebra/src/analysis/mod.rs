//! Deciding: what holds of fleets on every device that could exist.
//!
//! An [`Analysis`] makes decision diagrams of the fleets that it is asked about; see
//! `docs/adr/0004-diagrams.md`. Reading order: `space` (what can be told apart), `arena`
//! (diagrams), `guard` (selectors), `expression` (fleets), `table` (paths), `candidates` (what a
//! fleet says at a path), `walk` (searching), and the questions.

mod answer;
mod apart;
mod apply;
mod arena;
mod assumptions;
mod candidates;
mod chain;
mod compare;
mod conflicts;
mod difference;
mod drawing;
mod expression;
mod guard;
mod ids;
mod lab;
mod layers;

mod membership;
mod merge;
mod mutations;
mod order;
mod predicates;
mod region;
mod space;
mod support;
mod table;
mod transform;
mod unlike;
mod users;
mod verification;
mod walk;
mod witness;

use std::collections::BTreeSet;

use crate::fleet::{Fleet, Op};
use crate::map::Map;
use crate::names::{DeviceId, ResourceName};
use crate::selector::Selector;
use crate::word::{Part, Word};
use arena::{Arena, Ref};
use candidates::{Candidates, Making};
use expression::{ExprId, Expressions};
use guard::Guards;
use space::{Space, Var};
use table::{ShapeId, Table};
use walk::Readings;

pub use answer::{Answer, TooLarge};
pub use assumptions::Assumptions;
pub use conflicts::Conflict;
pub use difference::{Change, Difference, Kind, Membership};
pub use lab::Setup;
pub use layers::{DeadLayer, Layer};
pub use merge::{Clash, Merged};
pub use mutations::{Mutation, mutations};
pub use order::OrderedLayers;
pub use support::{Dependence, Factor};
pub use verification::{NotProven, Verification};
pub use witness::{ID_BUDGET, Witness};

/// How many steps an analysis takes before it gives up, unless told otherwise.
pub const BUDGET: usize = 2_000_000;

/// Answers questions about fleets, for every device that could exist.
///
/// It owns diagrams of the fleets it has been asked about. Give it all fleets and selectors of
/// interest at once: others may be asked about later, but then it starts anew.
/// Answers are proven, refuted with a witness, or undecided when the budget is spent.
///
/// ```
/// use escadre_algebra::analysis::Analysis;
/// use escadre_algebra::{Resource, deploy, label};
/// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
/// let base = motd("hello");
/// let french = motd("salut").restrict(label("country").eq("FR"));
/// let f = base.clone().overlay(french.clone());
/// let g = base.restrict(!label("country").eq("FR")).union(french);
/// let mut analysis = Analysis::of([&f, &g]);
/// assert!(analysis.equivalent(&f, &g).is_proven());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Analysis {
    fleets: Vec<Fleet>,
    selectors: Vec<Selector>,
    assumptions: Assumptions,
    budget: usize,
    made: Option<Made>,
}

/// What is made of the fleets: nothing of it outlives a new fleet.
struct Made {
    space: Space,
    arena: Arena,
    guards: Guards,
    expressions: Expressions,
    roots: Map<usize, ExprId>,
    /// Made when it is asked for, and of some resources only where those are all that matter.
    table: Table,
    /// Whether the table has all resources.
    has_table: bool,
    candidates: Candidates,
    care: Ref,
    readings: Readings,
    /// The variables that the words of each shape mention.
    mentioned: Map<ShapeId, BTreeSet<Var>>,
}

impl Analysis {
    /// An analysis of `fleets`.
    #[must_use]
    pub fn of<'a>(fleets: impl IntoIterator<Item = &'a Fleet>) -> Self {
        Self {
            fleets: fleets.into_iter().cloned().collect(),
            selectors: Vec::new(),
            assumptions: Assumptions::default(),
            budget: BUDGET,
            made: None,
        }
    }

    /// This analysis, which also tells apart what `selectors` do.
    #[must_use]
    pub fn reading<'a>(mut self, selectors: impl IntoIterator<Item = &'a Selector>) -> Self {
        self.selectors.extend(selectors.into_iter().cloned());
        self.made = None;
        self
    }

    /// This analysis, of the devices only for which `assumptions` hold.
    #[must_use]
    pub fn assuming(mut self, assumptions: Assumptions) -> Self {
        self.assumptions = assumptions;
        self.made = None;
        self
    }

    /// This analysis, where each question takes at most `steps`: one for each child of a node that is made.
    #[must_use]
    pub fn with_budget(mut self, steps: usize) -> Self {
        self.budget = steps;
        self.made = None;
        self
    }

    /// How many steps were taken since the analysis last started anew.
    #[must_use]
    pub fn n_steps(&self) -> usize {
        self.made.as_ref().map_or(0, |made| made.arena.spent())
    }

    /// Whether the diagrams made so far are what they must be: reduced, ordered, each one once,
    /// and no leaf outside of membership. For tests; costs the nodes.
    ///
    /// # Errors
    /// What is broken.
    #[doc(hidden)]
    pub fn check_invariants(&mut self) -> Result<(), String> {
        let Some(made) = &mut self.made else { return Ok(()) };
        made.complete();
        made.arena.check_invariants()?;
        let roots: Vec<ExprId> = made.roots.values().copied().collect();
        for root in roots {
            let members = made.membership(root).map_err(|e| e.to_string())?;
            for shape in 0..made.table.shapes.len() {
                let all = made.candidates(root, shape).map_err(|e| e.to_string())?;
                let outside = made.arena.apply(arena::Op::Unless, members, all);
                if outside.map_err(|e| e.to_string())? != Ref::EMPTY {
                    return Err(format!(
                        "shape {shape} of {root} has claims outside of membership"
                    ));
                }
            }
        }
        made.arena.check_invariants()
    }

    /// What was made of all fleets and selectors, these among them.
    fn made(&mut self, fleets: &[&Fleet], selectors: &[&Selector]) -> Result<&mut Made, TooLarge> {
        let made = self.without_table(fleets, selectors)?;
        made.complete();
        Ok(made)
    }

    /// The same; it may have no table of paths yet.
    fn without_table(
        &mut self,
        fleets: &[&Fleet],
        selectors: &[&Selector],
    ) -> Result<&mut Made, TooLarge> {
        let known = |made: &Made| {
            fleets.iter().all(|fleet| made.roots.contains_key(&fleet.address()))
                && selectors
                    .iter()
                    .all(|s| self.selectors.iter().any(|k| k.address() == s.address()))
        };
        let budget = self.budget;
        let made = match self.made.take().filter(known) {
            Some(made) => made,
            None => {
                let is_new = |fleet: &&&Fleet| {
                    self.fleets.iter().all(|known| known.address() != fleet.address())
                };
                let new: Vec<Fleet> = fleets.iter().filter(is_new).map(|f| (*f).clone()).collect();
                self.fleets.extend(new);
                self.selectors.extend(selectors.iter().map(|s| (*s).clone()));
                Made::new(&self.fleets, &self.selectors, &self.assumptions, budget)?
            }
        };
        let made = self.made.insert(made);
        // Each question has the whole budget.
        made.arena.set_budget(budget);
        Ok(made)
    }
}

impl Made {
    fn new(
        fleets: &[Fleet],
        selectors: &[Selector],
        assumptions: &Assumptions,
        budget: usize,
    ) -> Result<Self, TooLarge> {
        let dags: Vec<crate::dag::Dag> = fleets.iter().map(crate::dag::Dag::of).collect();
        let nodes = || dags.iter().flat_map(|dag| dag.nodes.iter());
        let own = nodes().filter_map(|fleet| match &fleet.0.op {
            Op::Restrict(selector) | Op::Choose(selector) => Some(selector),
            _ => None,
        });
        let mut labels = BTreeSet::new();
        let mut literals = String::new();
        for fleet in nodes() {
            if let Op::Deploy(deployed) = &fleet.0.op {
                labels.extend(deployed.labels.iter().cloned());
                if !deployed.is_ascii {
                    let words = deployed.leaves.iter().flat_map(|leaf| leaf.value.words());
                    literals.extend(words.flat_map(Word::parts).filter_map(private_use));
                }
            }
        }
        let told_apart = assumptions.told_apart();
        let space = Space::new(own.chain(selectors), &told_apart, &labels);
        let mut arena = Arena::new(budget);
        let mut guards = Guards::default();
        let mut expressions = Expressions::default();
        let mut roots = Map::default();
        for (fleet, dag) in fleets.iter().zip(&dags) {
            let root = expressions.add(dag, &mut guards, &space, &mut arena)?;
            roots.insert(fleet.address(), root);
        }
        let care = assumptions.care(&space, &mut arena)?;
        Ok(Self {
            space,
            arena,
            guards,
            expressions,
            roots,
            table: Table::default(),
            has_table: false,
            candidates: Candidates::default(),
            care,
            readings: Readings::new(placeholder(&literals)),
            mentioned: Map::default(),
        })
    }

    /// Makes the table of paths, once.
    fn complete(&mut self) {
        if !self.has_table {
            self.tabulate(|_| true);
            self.has_table = true;
        }
    }

    /// Makes a table of the resources in which `a` and `b` may differ, unless there is one of all.
    fn complete_where_unlike(&mut self, a: ExprId, b: ExprId) {
        if !self.has_table {
            let resources = self.expressions.unlike(a, b);
            self.tabulate(|resource| resources.contains(resource));
        }
    }

    fn tabulate(&mut self, wanted: impl Fn(&ResourceName) -> bool) {
        let roots: Vec<ExprId> = self.roots.values().copied().collect();
        self.table = Table::new(&self.expressions, &roots, wanted);
        // What is known of shapes goes by their numbers.
        self.candidates = Candidates::default();
        self.mentioned.clear();
    }

    fn root(&self, fleet: &Fleet) -> ExprId {
        // `Analysis::made` has seen to it that the fleet is known.
        self.roots.get(&fleet.address()).copied().unwrap_or_default()
    }

    fn candidates(&mut self, root: ExprId, shape: ShapeId) -> Result<Ref, TooLarge> {
        let Self { expressions, table, arena, candidates, .. } = self;
        candidates.of(root, shape, &mut Making { expressions, table, arena })
    }

    fn membership(&mut self, root: ExprId) -> Result<Ref, TooLarge> {
        self.expressions.membership(root, &mut self.arena)
    }

    /// The variables that words of `shape` mention.
    fn mentioned(&mut self, shape: ShapeId) -> BTreeSet<Var> {
        if let Some(known) = self.mentioned.get(&shape) {
            return known.clone();
        }
        let shape_of = &self.table.shapes[shape];
        let mut values = BTreeSet::new();
        for point in &shape_of.points {
            values.extend(self.table.values_at(&shape_of.slots, *point));
        }
        let vars = self.mentioned_by(values.iter());
        self.mentioned.insert(shape, vars.clone());
        vars
    }
}

/// The private-use characters of a literal.
fn private_use(part: &Part) -> Option<String> {
    match part {
        Part::Literal(text) if !text.is_ascii() => {
            Some(text.chars().filter(|c| ('\u{E000}'..='\u{F8FF}').contains(c)).collect())
        }
        _ => None,
    }
}

/// An id with a character that no literal has, so that it is no part of any word.
fn placeholder(literals: &str) -> DeviceId {
    let free = ('\u{E000}'..='\u{F8FF}').find(|c| !literals.contains(*c)).unwrap_or('\u{F8FF}');
    DeviceId::placeholder(free)
}
