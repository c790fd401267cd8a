//! Exhausting: an equation tried on every fleet of a small universe through `denote`.
//!
//! The universe is one resource with one field, two values, and the sets of paths around them;
//! the devices are all combinations of the two selectors.

use escadre_algebra::{Facts, Fleet, Path, PathSet, label};

use crate::assignment::Assignment;
use crate::condition::{Condition, Sets};
use crate::decide::{Cell, RESOURCES, fleet_of};
use crate::formula::{MAX_ATOMS, Sort};
use crate::implication::{Implication, Statement};
use crate::term::{Equation, MAX_FLEETS, Names, bits};
use crate::trial::{Disagreement, Trial};

/// Whether both sides of `equation` are the same fleet for every assignment of a small universe
/// that satisfies `condition`: nothing claimed, the root, one or two values, and orphans.
///
/// ```
/// use escadre_laws::{Condition, Equation, exhaust};
/// let equation: Equation = "(a overlay b) overlay a = b overlay a".parse()?;
/// assert!(exhaust(&equation, &Condition::default()).agrees());
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
pub fn exhaust(equation: &Equation, condition: &Condition) -> Trial {
    let universe = Universe::new(equation.names(), condition, equation.has_complement());
    let mut n_tried = 0;
    for values in universe.assignments() {
        n_tried += 1;
        if let Some(difference) = values.difference(equation, &universe.devices) {
            let equation = equation.clone();
            return Trial::Differ(Box::new(Disagreement { equation, values, difference }));
        }
    }
    Trial::Agree { n_tried }
}

/// The first assignment of the small universe that satisfies the premises of `implication` on
/// every device, but not its conclusion; else how many satisfied the premises.
///
/// # Errors
/// The assignment, if there is one.
pub fn exhaust_implication(implication: &Implication) -> Result<usize, Box<Assignment>> {
    let universe = Universe::new(implication.names(), &Condition::default(), false);
    let mut n_satisfied = 0;
    for values in universe.assignments() {
        let holds = |s: &Statement| s.holds(&values, &universe.devices);
        if implication.premises.iter().all(holds) {
            n_satisfied += 1;
            if !holds(&implication.conclusion) {
                return Err(Box::new(values));
            }
        }
    }
    Ok(n_satisfied)
}

/// The values that each name may have.
struct Universe {
    names: Names,
    fleets: Vec<Vec<Fleet>>,
    sets: Vec<Vec<PathSet>>,
    resources: Vec<PathSet>,
    devices: Vec<Facts>,
}

impl Universe {
    fn new(names: Names, condition: &Condition, complement: bool) -> Self {
        let fleets = (0..MAX_FLEETS).map(|i| {
            let named = names.fleets >> i & 1 == 1;
            fleets(named, condition.orphan_free >> i & 1 == 1)
        });
        let sets = (0..MAX_ATOMS).map(|k| {
            let kind = if complement { Sets::Whole } else { condition.sets[k] };
            sets(names.paths >> k & 1 == 1, kind)
        });
        let absent = |k: usize| names.selectors >> k & 1 == 0;
        // Where a selector is not named, its label would make no difference.
        let devices = small_world().into_iter().filter(|device| {
            let labels = Sort::Selector.names().into_iter().enumerate();
            labels
                .filter(|(k, _)| absent(*k))
                .all(|(_, name)| device.labels().iter().all(|label| label.key.as_str() != name))
        });
        let resources = RESOURCES.iter().filter_map(|r| PathSet::under(r).ok()).collect();
        Self {
            names,
            fleets: fleets.collect(),
            sets: sets.collect(),
            resources,
            devices: devices.collect(),
        }
    }

    /// Every assignment, the simplest first.
    fn assignments(&self) -> impl Iterator<Item = Assignment> + '_ {
        let sizes: Vec<usize> =
            self.fleets.iter().map(Vec::len).chain(self.sets.iter().map(Vec::len)).collect();
        (0..sizes.iter().product()).map(move |number: usize| {
            let mut rest = number;
            let digits = sizes.iter().map(|size| {
                let digit = rest % size;
                rest /= size;
                digit
            });
            let digits: Vec<usize> = digits.collect();
            let mut values = Assignment::default();
            for i in bits(self.names.fleets).filter(|&i| i < MAX_FLEETS) {
                values.fleets[i] = self.fleets[i][digits[i]].clone();
            }
            for k in bits(self.names.paths).filter(|&k| k < MAX_ATOMS) {
                values.paths[k] = self.sets[k][digits[MAX_FLEETS + k]].clone();
            }
            for (selector, name) in values.selectors.iter_mut().zip(Sort::Selector.names()) {
                *selector = label(name).exists();
            }
            values.resources.clone_from(&self.resources);
            values
        })
    }
}

fn fleets(named: bool, orphan_free: bool) -> Vec<Fleet> {
    let mut cells = vec![Cell::ABSENT];
    if named {
        cells.extend([Cell::BARE, Cell::member(true, 0)]);
        cells.extend((1..4).map(|values| Cell::member(true, values)));
        if !orphan_free {
            cells.push(Cell::member(false, 1));
        }
    }
    cells.into_iter().map(|cell| fleet_of(cell, "p")).collect()
}

fn sets(named: bool, kind: Sets) -> Vec<PathSet> {
    let none = PathSet::none();
    if !named {
        return vec![none];
    }
    let under = |paths: &[&str]| paths.iter().filter_map(|p| PathSet::under(p).ok()).collect();
    let subtrees: Vec<PathSet> = match kind {
        Sets::Whole => under(&["r", "q"]),
        _ => under(&["r.p", "r", "r.p.y", "r.z"]),
    };
    let points: Vec<Path> = match kind {
        Sets::All => ["r", "r.p"].iter().filter_map(|p| Path::parse(p).ok()).collect(),
        _ => Vec::new(),
    };
    [none]
        .into_iter()
        .chain(subtrees)
        .chain(points.into_iter().map(PathSet::point))
        .chain([PathSet::all()])
        .collect()
}

impl Statement {
    /// Whether the statement holds of `values` on all of `devices`.
    #[must_use]
    pub fn holds(&self, values: &Assignment, devices: &[Facts]) -> bool {
        match self {
            Self::Equation(equation) => values.difference(equation, devices).is_none(),
            Self::Resolved(term) => {
                let fleet = values.fleet(term);
                devices.iter().all(|facts| {
                    escadre_algebra::denote::<()>(&fleet, facts).is_none_or(|claims| {
                        claims.listed().iter().all(|(_, candidates)| candidates.len() <= 1)
                    })
                })
            }
        }
    }
}

impl Implication {
    /// Whether `values` satisfy the premises on all of `devices`, but not the conclusion.
    #[must_use]
    pub fn is_refuted_by(&self, values: &Assignment, devices: &[Facts]) -> bool {
        let holds = |statement: &Statement| statement.holds(values, devices);
        self.premises.iter().all(holds) && !holds(&self.conclusion)
    }
}

/// The devices of a small world: every combination of the labels `s` and `t`.
pub(crate) fn small_world() -> Vec<Facts> {
    let labels: [&[(&str, &str)]; 4] =
        [&[], &[("s", "yes")], &[("t", "yes")], &[("s", "yes"), ("t", "yes")]];
    labels.iter().filter_map(|labels| crate::decide::device(labels)).collect()
}
