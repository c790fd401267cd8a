//! Values for the names of an equation, and what its sides are under them.

use escadre_algebra::{Claims, Facts, Fleet, PathSet, Selector, choose, denote};

use crate::formula::{Formula, MAX_ATOMS, Step};
use crate::term::{Equation, MAX_FLEETS, Op, Term};

/// A fleet for each of a, b, c, d, a selector for s and t, a set of paths for P and Q.
///
/// ```
/// use escadre_algebra::{Facts, Fleet, denote};
/// use escadre_laws::{Assignment, Term};
/// let mut values = Assignment::default();
/// values.fleets[1] = Fleet::all();
/// let fleet = values.fleet(&Term::parse("a overlay b")?);
/// assert!(denote::<()>(&fleet, &Facts::of("d", [])?).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The fleets.
    pub fleets: [Fleet; MAX_FLEETS],
    /// The selectors.
    pub selectors: [Selector; MAX_ATOMS],
    /// The sets of paths.
    pub paths: [PathSet; MAX_ATOMS],
    /// All resources there are: the complement of a set of paths is taken among them.
    pub resources: Vec<PathSet>,
}

impl Default for Assignment {
    /// Every fleet is empty, every selector holds nowhere, and every set holds no path.
    fn default() -> Self {
        Self {
            fleets: std::array::from_fn(|_| Fleet::empty()),
            selectors: std::array::from_fn(|_| Selector::none()),
            paths: std::array::from_fn(|_| PathSet::none()),
            resources: Vec::new(),
        }
    }
}

/// A device's meaning of both sides of an equation, where they differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The device.
    pub facts: Facts,
    /// What the left side says of it.
    pub left: Option<Claims>,
    /// What the right side says of it.
    pub right: Option<Claims>,
}

impl Assignment {
    /// The fleet that `term` is under these values. Costs O(operators).
    #[must_use]
    pub fn fleet(&self, term: &Term) -> Fleet {
        term.fold(Fleet::empty, |op, of| self.apply(op, of))
    }

    /// `op` of these operands.
    pub(crate) fn apply(&self, op: &Op, of: Vec<Fleet>) -> Fleet {
        let mut of = of.into_iter();
        let mut next = || of.next().unwrap_or_else(Fleet::empty);
        match op {
            Op::Fleet(i) => self.fleets.get(*i).cloned().unwrap_or_else(Fleet::empty),
            Op::Zero => Fleet::empty(),
            Op::One => Fleet::all(),
            Op::Union => next().union(next()),
            Op::Overlay => next().overlay(next()),
            Op::Patch => next().patch(next()),
            Op::Mask => next().mask(next()),
            Op::Within => next().within(next()),
            Op::Without => next().without(next()),
            Op::Restrict(s) => next().restrict(self.selector(s)),
            Op::Choose(s) => choose(self.selector(s), next(), next()),
            Op::Forget(p) => next().forget(self.path_set(p)),
            Op::Keep(p) => next().keep(self.path_set(p)),
        }
    }

    /// The selector that `formula` is under these values.
    #[must_use]
    pub fn selector(&self, formula: &Formula) -> Selector {
        formula.fold(Selector::none, |step, of| {
            let mut of = of.into_iter();
            let mut next = || of.next().unwrap_or_else(Selector::none);
            match step {
                Step::Atom(k) => self.selectors.get(k).cloned().unwrap_or_else(Selector::none),
                Step::True => Selector::all(),
                Step::False => Selector::none(),
                Step::Not => !next(),
                Step::And => next() & next(),
                Step::Or => next() | next(),
            }
        })
    }

    /// The set of paths that `formula` is under these values.
    #[must_use]
    pub fn path_set(&self, formula: &Formula) -> PathSet {
        formula.fold(PathSet::none, |step, of| match (step, of.as_slice()) {
            (Step::Atom(k), _) => self.paths.get(k).cloned().unwrap_or_default(),
            (Step::True, _) => PathSet::all(),
            (Step::Not, [x]) => self.complement(x),
            (Step::And, [x, y]) => x.intersection(y),
            (Step::Or, [x, y]) => x.union(y),
            _ => PathSet::none(),
        })
    }

    /// The resources that `paths`, which holds whole resources, does not hold.
    fn complement(&self, paths: &PathSet) -> PathSet {
        if *paths == PathSet::none() {
            return PathSet::all();
        }
        let held = |resource: &PathSet| resource.subtrees().all(|root| paths.contains(root));
        self.resources
            .iter()
            .filter(|resource| !held(resource))
            .fold(PathSet::none(), |rest, resource| rest.union(resource))
    }

    /// The first of `devices` on which the sides of `equation` differ under these values.
    #[must_use]
    pub fn difference(&self, equation: &Equation, devices: &[Facts]) -> Option<Difference> {
        let (left, right) = equation.sides();
        let (left, right) = (self.fleet(&left), self.fleet(&right));
        devices.iter().find_map(|facts| {
            let (left, right) = (denote::<()>(&left, facts), denote::<()>(&right, facts));
            (left != right).then(|| Difference { facts: facts.clone(), left, right })
        })
    }
}
