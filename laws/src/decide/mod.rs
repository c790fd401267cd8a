//! The decision procedure: an equation is decided at one device and one path.
//!
//! Note [One device, one path] Every operator is pointwise: what a term is on a device at a path
//! depends only on what its operands are there, and (for ◁) on whether they claim the root of the
//! path's resource. No operator looks at candidates, only at whether there are any. So a term's
//! candidates at the path are a union of those of some fleets, and which ones depends only on the
//! fleets' *states*: absent; a member that claims neither root nor path; the root only; both; or
//! the path only (an orphan). Where no ◁ occurs the root does not matter, and three states are
//! left. With each selector true or false, and the sets of paths as far as they can be seen (Note
//! [Sets of paths]), there are finitely many cases. If both sides name the same fleets in every
//! case, they are equal for every inventory, path and value. If they differ in one, that case is
//! real: one device, fleets that claim different values, and sets of a few paths make it
//! ([`Counterexample::to_fleets`]). So the procedure is sound and complete.

mod counterexample;
mod evaluate;
mod implication;
mod pointwise;
mod rust;
mod signatures;

pub use counterexample::Counterexample;
pub(crate) use counterexample::{RESOURCES, device, fleet_of};
pub use evaluate::Cell;
pub use implication::{Judgement, Premises, decide_implication};
#[cfg(feature = "mutants")]
pub(crate) use pointwise::Sees;
pub(crate) use signatures::Nodes;

use crate::condition::{Condition, Sets};
use crate::formula::{MAX_ATOMS, N_ASSIGNMENTS};
use crate::term::{Equation, MAX_FLEETS, Term, bits};
use evaluate::{Observation, Program, Signature};

/// The answer to an equation.
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict {
    /// Both sides are the same fleet, whatever the inventory and the values of the names.
    Proved {
        /// How many cases there are.
        n_cases: usize,
    },
    /// They are not: here is the smallest case in which they differ.
    Refuted(Box<Counterexample>),
}

impl Verdict {
    /// Whether the equation holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Proved { .. })
    }

    /// The case in which the sides differ.
    #[must_use]
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Proved { .. } => None,
            Self::Refuted(counterexample) => Some(counterexample),
        }
    }
}

/// Whether `equation` holds for every inventory and all values of its names that satisfy `condition`.
///
/// Costs at most 5ⁿ·2ᵏ evaluations for n fleets and k selectors, times what can be seen of the
/// sets of paths. Where the complement of a set of paths occurs, all of them hold whole resources.
///
/// ```
/// use escadre_laws::{Condition, Equation, decide};
/// let absorption: Equation = "a overlay (b union a) = b union a".parse()?;
/// assert!(decide(&absorption, &Condition::default()).holds());
/// let commutativity: Equation = "a overlay b = b overlay a".parse()?;
/// let verdict = decide(&commutativity, &Condition::default());
/// assert_eq!(verdict.counterexample().unwrap().to_string(), "a={p:1} b={p:2}");
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
pub fn decide(equation: &Equation, condition: &Condition) -> Verdict {
    let (cases, left, right) = Cases::new(equation, condition, None);
    cases.decide(equation, &left, &right)
}

/// A condition under which `equation` holds, none weaker of which suffices, if there is one.
///
/// ```
/// use escadre_laws::{Equation, sufficient};
/// let e: Equation = "keep(P, a) union forget(P, a) = a".parse()?;
/// assert_eq!(sufficient(&e).unwrap().to_string(), "subtrees P");
/// assert!(sufficient(&"a overlay b = b overlay a".parse()?).is_none());
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
#[must_use]
pub fn sufficient(equation: &Equation) -> Option<Condition> {
    let names = equation.names();
    let holds = |condition: &Condition| decide(equation, condition).holds();
    // All sets alike first, so that what can be said of all of them is.
    let alike = [Sets::All, Sets::Subtrees, Sets::Whole].map(|kind| {
        let mut condition = Condition { orphan_free: names.fleets, ..Condition::default() };
        for k in bits(names.paths).filter(|&k| k < MAX_ATOMS) {
            condition.sets[k] = kind;
        }
        condition
    });
    let mut condition = alike.into_iter().find(holds)?;
    while let Some(weaker) = condition.weaker().into_iter().find(holds) {
        condition = weaker;
    }
    Some(condition)
}

/// Which types of root and path go together, where sets are predicates that are read as they are.
pub(crate) type Allowed<'a> = &'a dyn Fn(usize, usize) -> bool;

/// As [`decide`], where sets of paths are predicates that are read as they are, closed or not.
pub(crate) fn decide_pointwise(
    equation: &Equation,
    condition: &Condition,
    allowed: Allowed<'_>,
) -> Verdict {
    let (cases, left, right) = Cases::new(equation, condition, Some(allowed));
    cases.decide(equation, &left, &right)
}

/// `term` at one point, where `types` are the sets that hold the root and those that hold the path.
pub(crate) fn evaluate_pointwise(
    term: &Term,
    fleets: &[Cell],
    selectors: usize,
    (root, path): (usize, usize),
) -> Cell {
    let mut observations = Vec::new();
    let program = Program::new(term, &mut observations);
    let signature = signatures::pointwise_signature(&observations, root, path);
    program.run(&mut Vec::new(), fleets, selectors, signature)
}

/// A cell that a fleet may be, and how much there is to read.
type Choice = (Cell, usize);

/// All cases of an equation.
struct Cases {
    fleets: Vec<(usize, Vec<Choice>)>,
    selectors: Vec<usize>,
    sets: Vec<(Signature, Nodes)>,
    sees_roots: bool,
}

/// The sets of paths that an equation's names stand for: complements are of whole resources.
fn sets_of(equation: &Equation, condition: &Condition) -> [Sets; MAX_ATOMS] {
    if equation.has_complement() { [Sets::Whole; MAX_ATOMS] } else { condition.sets }
}

impl Cases {
    fn new(
        equation: &Equation,
        condition: &Condition,
        pointwise: Option<Allowed<'_>>,
    ) -> (Self, Program, Program) {
        let (left, right) = equation.sides();
        let mut observations: Vec<Observation> = Vec::new();
        let left = Program::new(&left, &mut observations);
        let right = Program::new(&right, &mut observations);
        let names = equation.names();
        let roots = equation.has_patch();
        let fleets = bits(names.fleets)
            .map(|i| (i, choices(i, roots, condition.orphan_free >> i & 1 == 1)))
            .collect();
        let selectors = (0..N_ASSIGNMENTS).filter(|i| i & !usize::from(names.selectors) == 0);
        let sets = match pointwise {
            Some(allowed) => signatures::pointwise(&observations, names.paths, allowed),
            None => {
                let sets = sets_of(equation, condition);
                signatures::signatures(&observations, names.paths, sets, roots)
            }
        };
        (Self { fleets, selectors: selectors.collect(), sets, sees_roots: roots }, left, right)
    }

    fn decide(&self, equation: &Equation, left: &Program, right: &Program) -> Verdict {
        let mut best: Option<(usize, Counterexample)> = None;
        let mut n_cases = 0;
        let mut stack = Vec::new();
        for (fleets, weight) in self.fleet_cases() {
            for &selectors in &self.selectors {
                for (signature, nodes) in &self.sets {
                    n_cases += 1;
                    let mut run = |program: &Program| {
                        let cell = program.run(&mut stack, &fleets, selectors, *signature);
                        if self.sees_roots { cell } else { cell.at_path() }
                    };
                    let (l, r) = (run(left), run(right));
                    if l == r {
                        continue;
                    }
                    let weight = weight + nodes.weight() + selectors.count_ones() as usize;
                    if best.as_ref().is_none_or(|(least, _)| weight < *least) {
                        let cells = (fleets, selectors, nodes.clone());
                        best = Some((weight, Counterexample::new(equation, cells, (l, r))));
                    }
                }
            }
        }
        match best {
            None => Verdict::Proved { n_cases },
            Some((_, counterexample)) => Verdict::Refuted(Box::new(counterexample)),
        }
    }

    /// Every choice of a cell for each fleet, with how much there is to read.
    fn fleet_cases(&self) -> Vec<([Cell; MAX_FLEETS], usize)> {
        let mut cases = vec![([Cell::ABSENT; MAX_FLEETS], 0)];
        for (i, choices) in &self.fleets {
            let extended = cases.iter().flat_map(|(cells, weight)| {
                choices.iter().map(move |(cell, more)| {
                    let mut cells = *cells;
                    cells[*i] = *cell;
                    (cells, weight + more)
                })
            });
            cases = extended.collect();
        }
        cases
    }
}

/// The cells that fleet `i` may be.
fn choices(i: usize, roots: bool, orphan_free: bool) -> Vec<Choice> {
    let mut choices = vec![(Cell::ABSENT, 0), (Cell::BARE, 1), (Cell::member(true, 1 << i), 3)];
    if roots {
        choices.push((Cell::member(true, 0), 2));
        if !orphan_free {
            choices.push((Cell::member(false, 1 << i), 5));
        }
    }
    choices
}
