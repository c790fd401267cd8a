//! Implications, decided at one device and one path.
//!
//! Note [Values of implications] Premises can make candidates equal, so the fleets' candidates are
//! not generic here: each is any set of values of a small universe. An equation between terms
//! holds at a point iff it holds of each value, once it is known which fleets have candidates at
//! all. So a violation needs one value in which the conclusion differs (two, where it says that
//! something is resolved), and one value for each fleet that has candidates; more values add
//! nothing. A universe of n + 2 values for n fleets is therefore enough. A device and a path where
//! the premises hold and the conclusion does not is, alone, a counterexample. Without ◁ the
//! procedure is complete; with ◁ it is sound.

use crate::assignment::Assignment;
use crate::decide::counterexample::{bits16, device, fleet_of};
use crate::decide::evaluate::{Cell, Program};
use crate::formula::{N_ASSIGNMENTS, Sort};
use crate::implication::{Implication, Statement};
use crate::term::{FLEETS, MAX_FLEETS, Op, bits};

/// The answer to an implication.
#[derive(Clone, Debug)]
#[must_use]
pub enum Judgement {
    /// It holds for all fleets.
    Proved {
        /// How many cases there are.
        n_cases: usize,
    },
    /// It does not hold of these fleets, which satisfy the premises.
    Refuted(Premises),
}

impl Judgement {
    /// Whether the implication holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Proved { .. })
    }
}

/// Fleets that satisfy the premises of an implication but not its conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Premises {
    fleets: u8,
    cells: [Cell; MAX_FLEETS],
    selectors: usize,
    shows_roots: bool,
}

impl Premises {
    /// Real values for the names, and the devices, of which there is one, on which the conclusion fails.
    #[must_use]
    pub fn to_fleets(&self) -> (Assignment, Vec<escadre_algebra::Facts>) {
        let mut values = Assignment::default();
        for (fleet, cell) in values.fleets.iter_mut().zip(self.cells) {
            *fleet = fleet_of(cell, "p");
        }
        let names = Sort::Selector.names();
        for (selector, name) in values.selectors.iter_mut().zip(names) {
            *selector = escadre_algebra::label(name).exists();
        }
        let holds = bits(u8::try_from(self.selectors).unwrap_or(0)).filter_map(|k| names.get(k));
        let labels: Vec<_> = holds.map(|name| (*name, "yes")).collect();
        (values, device(&labels).into_iter().collect())
    }
}

impl std::fmt::Display for Premises {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = bits(self.fleets).filter_map(|i| Some((FLEETS.get(i)?, self.cells.get(i)?)));
        let shown = shown.map(|(name, cell)| {
            let values: Vec<String> =
                bits16(cell.candidates()).map(|v| (v + 1).to_string()).collect();
            let root = self.shows_roots && cell.claims_root();
            let parts = root.then(|| "root".to_owned()).into_iter();
            let parts =
                parts.chain((!values.is_empty()).then(|| format!("p:{}", values.join("|"))));
            match cell.is_member() {
                true => format!("{name}={{{}}}", parts.collect::<Vec<_>>().join(", ")),
                false => format!("{name}=-"),
            }
        });
        f.write_str(&shown.collect::<Vec<_>>().join(" "))
    }
}

enum Checked {
    Equal(Program, Program),
    Resolved(Program),
}

impl Checked {
    fn new(statement: &Statement) -> Self {
        // Implications have no sets of paths: nothing is observed.
        let mut none = Vec::new();
        match statement {
            Statement::Equation(equation) => {
                let (left, right) = equation.sides();
                Self::Equal(Program::new(&left, &mut none), Program::new(&right, &mut none))
            }
            Statement::Resolved(term) => Self::Resolved(Program::new(term, &mut none)),
        }
    }

    fn holds(&self, stack: &mut Vec<Cell>, cells: &[Cell], selectors: usize, roots: bool) -> bool {
        let mut run = |program: &Program| {
            let cell = program.run(stack, cells, selectors, 0);
            if roots { cell } else { cell.at_path() }
        };
        match self {
            Self::Equal(left, right) => run(left) == run(right),
            Self::Resolved(term) => run(term).candidates().count_ones() <= 1,
        }
    }
}

/// Whether `implication` holds for all fleets and selectors. It must name no sets of paths.
///
/// Costs (2ⁿ⁺² + 1)ⁿ evaluations for n fleets, and 2ⁿ times as many where ◁ occurs.
pub fn decide_implication(implication: &Implication) -> Judgement {
    let names = implication.names();
    let statements = implication.premises.iter().chain([&implication.conclusion]);
    let roots = statements.clone().any(has_patch);
    let premises: Vec<Checked> = implication.premises.iter().map(Checked::new).collect();
    let conclusion = Checked::new(&implication.conclusion);
    let choices = choices(names.fleets.count_ones() as usize + 2, roots);
    let fleets: Vec<usize> = bits(names.fleets).collect();
    let selectors: Vec<usize> =
        (0..N_ASSIGNMENTS).filter(|i| i & !usize::from(names.selectors) == 0).collect();
    let n_choices = choices.len().pow(u32::try_from(fleets.len()).unwrap_or(0));
    let mut best: Option<((u32, [Cell; MAX_FLEETS]), Premises)> = None;
    let mut stack = Vec::new();
    for number in 0..n_choices {
        let mut cells = [Cell::ABSENT; MAX_FLEETS];
        let mut rest = number;
        for &i in &fleets {
            cells[i] = choices[rest % choices.len()];
            rest /= choices.len();
        }
        for &selectors in &selectors {
            let mut holds = |s: &Checked| s.holds(&mut stack, &cells, selectors, roots);
            if !premises.iter().all(&mut holds) || holds(&conclusion) {
                continue;
            }
            let weight = (cells.iter().map(|&cell| weight(cell)).sum(), cells);
            if best.as_ref().is_none_or(|(least, _)| weight < *least) {
                let fleets = names.fleets;
                best = Some((weight, Premises { fleets, cells, selectors, shows_roots: roots }));
            }
        }
    }
    match best {
        None => Judgement::Proved { n_cases: n_choices * selectors.len() },
        Some((_, premises)) => Judgement::Refuted(premises),
    }
}

/// How much there is to read: a member, its candidates, and the numbers of those.
fn weight(cell: Cell) -> u32 {
    let candidates: u32 =
        bits16(cell.candidates()).map(|v| 10 + u32::try_from(v).unwrap_or(0)).sum();
    u32::from(cell.is_member()) + candidates
}

fn choices(n_values: usize, roots: bool) -> Vec<Cell> {
    let mut choices = vec![Cell::ABSENT];
    for candidates in 0..1u16 << n_values {
        choices.push(Cell::member(true, candidates));
        if roots || candidates == 0 {
            choices.push(Cell::member(false, candidates));
        }
    }
    if !roots {
        // Where no ◁ occurs, the root is not looked at.
        choices.retain(|cell| *cell != Cell::member(true, 0));
    }
    choices
}

fn has_patch(statement: &Statement) -> bool {
    let has = |term: &crate::term::Term| term.ops().contains(&Op::Patch);
    match statement {
        Statement::Equation(equation) => equation.has_patch(),
        Statement::Resolved(term) => has(term),
    }
}
