//! Formulas: Boolean combinations of selectors, or of sets of paths.

use std::fmt;

use crate::print::{Notation, Printer};

/// How many selectors, and how many sets of paths, an equation may name.
pub const MAX_ATOMS: usize = 2;

/// What the atoms of a formula stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Selectors: `s` and `t`.
    Selector,
    /// Sets of paths: `P` and `Q`.
    Paths,
}

impl Sort {
    /// The names of the atoms.
    #[must_use]
    pub fn names(self) -> [&'static str; MAX_ATOMS] {
        match self {
            Self::Selector => ["s", "t"],
            Self::Paths => ["P", "Q"],
        }
    }
}

/// A Boolean combination of atoms; it denotes a truth table over them.
///
/// It is kept in postfix order, so nothing recurses on its depth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Formula {
    sort: Sort,
    // INVARIANT: the postfix order of one formula; the constructors keep it.
    steps: Vec<Step>,
}

/// One step of a formula in postfix order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// An atom, by its number.
    Atom(usize),
    /// ⊤.
    True,
    /// ⊥.
    False,
    /// The negation of the last.
    Not,
    /// The conjunction of the last two.
    And,
    /// The disjunction of the last two.
    Or,
}

/// The value of each assignment to the atoms, a bit each: bit i is that of the assignment whose
/// atom k is bit k of i.
pub(crate) type Table = u8;

/// How many assignments there are.
pub(crate) const N_ASSIGNMENTS: usize = 1 << MAX_ATOMS;

impl Formula {
    /// The formula with these steps, which are in postfix order.
    pub(crate) fn of(sort: Sort, steps: Vec<Step>) -> Self {
        Self { sort, steps }
    }

    /// What the atoms stand for.
    #[must_use]
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The steps, in postfix order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The formula's value, by those of its steps; `nothing` is the value of no step at all.
    pub fn fold<T>(&self, nothing: impl Fn() -> T, mut value: impl FnMut(Step, Vec<T>) -> T) -> T {
        let mut stack: Vec<T> = Vec::new();
        for &step in &self.steps {
            let at = stack.len().saturating_sub(step.n_operands());
            let operands = stack.split_off(at);
            stack.push(value(step, operands));
        }
        stack.pop().unwrap_or_else(nothing)
    }

    /// Whether the formula negates something.
    #[must_use]
    pub fn has_negation(&self) -> bool {
        self.steps.contains(&Step::Not)
    }

    /// The truth table.
    pub(crate) fn table(&self) -> Table {
        let all: Table = (1 << N_ASSIGNMENTS) - 1;
        let selects = self.sort == Sort::Selector;
        self.fold(
            || 0,
            |step, of| match (step, of.as_slice()) {
                (Step::And, [x, y]) if selects && mutant!(AndAsOr) => x | y,
                (Step::Or, [x, _]) if selects && mutant!(OrFirstOnly) => *x,
                (Step::Not, [x]) if selects && mutant!(NotIgnored) => *x,
                (Step::And, [x, y]) if !selects && mutant!(PathsMeetAsUnion) => x | y,
                (Step::Atom(k), _) => (0..N_ASSIGNMENTS)
                    .filter(|i| i >> k & 1 == 1)
                    .fold(0, |table, i| table | 1 << i),
                (Step::True, _) => all,
                (Step::Not, [x]) => all & !x,
                (Step::And, [x, y]) => x & y,
                (Step::Or, [x, y]) => x | y,
                _ => 0,
            },
        )
    }

    /// The numbers of the atoms, a bit each.
    pub(crate) fn atoms(&self) -> u8 {
        self.steps.iter().fold(0, |found, step| match step {
            Step::Atom(k) => found | 1 << k,
            _ => found,
        })
    }
}

impl Step {
    fn n_operands(self) -> usize {
        match self {
            Self::Atom(_) | Self::True | Self::False => 0,
            Self::Not => 1,
            Self::And | Self::Or => 2,
        }
    }
}

impl fmt::Display for Formula {
    /// In symbols; in ASCII words with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notation = if f.alternate() { Notation::Ascii } else { Notation::Symbols };
        f.write_str(&Printer(notation).formula(self).text)
    }
}
