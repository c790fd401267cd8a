//! What a term is at one point: a device, a path, and the root of the path's resource.

use super::pointwise::Pointwise;
use crate::formula::{Sort, Table};
use crate::term::{Op, Term};

/// A fleet at one point, in one word: whether the device is a member, whether the root is
/// claimed, and which candidates the path has, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(u16);

const MEMBER: u16 = 1 << 15;
const ROOT: u16 = 1 << 14;
const CANDIDATES: u16 = ROOT - 1;

impl Cell {
    /// No member.
    pub const ABSENT: Self = Self(0);
    /// A member; neither root nor path is claimed.
    pub const BARE: Self = Self(MEMBER);

    /// A member, with these candidates at the path.
    #[must_use]
    pub fn member(claims_root: bool, candidates: u16) -> Self {
        Self(MEMBER | u16::from(claims_root) << 14 | candidates & CANDIDATES)
    }

    /// Whether the device is a member.
    #[must_use]
    pub fn is_member(self) -> bool {
        self.0 & MEMBER != 0
    }

    /// Whether the root of the resource is claimed.
    #[must_use]
    pub fn claims_root(self) -> bool {
        self.0 & ROOT != 0
    }

    /// The candidates at the path, a bit each.
    #[must_use]
    pub fn candidates(self) -> u16 {
        self.0 & CANDIDATES
    }

    /// The cell without what is said of the root.
    pub(crate) fn at_path(self) -> Self {
        Self(self.0 & !ROOT)
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn overlay(self, other: Self) -> Self {
        let shown = if other.candidates() == 0 { self } else { other };
        Self((self.0 | other.0) & !CANDIDATES | shown.candidates())
    }

    pub(super) fn patch(self, other: Self) -> Self {
        if self.claims_root() && other.is_member() { self.overlay(other) } else { self }
    }

    pub(super) fn mask(self, other: Self) -> Self {
        self.forget(other.claims_root(), other.candidates() != 0)
    }

    pub(super) fn forget(self, root: bool, path: bool) -> Self {
        let root = if root { ROOT } else { 0 };
        let path = if path { CANDIDATES } else { 0 };
        Self(self.0 & !(root | path))
    }

    pub(super) fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::ABSENT }
    }
}

/// What an operator sees of a set of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// Whether it is `keep` that looks: at the paths below, too; `forget` looks at those above.
    pub(crate) keeps: bool,
    /// The formula that makes the set from the named ones.
    pub(crate) table: Table,
}

/// What all operators of an equation see of the sets of paths: of each observation, in order,
/// whether the root is in the set as it is read, and whether the path is.
pub(crate) type Signature = u64;

enum Code {
    Fleet(usize),
    Constant(Cell),
    Binary(fn(Cell, Cell) -> Cell),
    Restrict(Table, fn(Cell, bool) -> Cell),
    Choose(Table, fn(bool, Cell, Cell) -> Cell),
    Observe { keeps: bool, at: usize, forget: fn(Cell, bool, bool) -> Cell },
}

/// A term made ready to be evaluated many times.
pub(crate) struct Program(Vec<Code>);

impl Program {
    /// The program of `term`; what it sees of sets of paths is added to `observations`.
    pub(crate) fn new(term: &Term, observations: &mut Vec<Observation>) -> Self {
        let meaning = Pointwise::meaning();
        let code = |op: &Op| match op {
            Op::Fleet(i) => Code::Fleet(*i),
            Op::Zero => Code::Constant(Cell::ABSENT),
            Op::One => Code::Constant(Cell::BARE),
            Op::Union => Code::Binary(meaning.union),
            Op::Overlay => Code::Binary(meaning.overlay),
            Op::Patch => Code::Binary(meaning.patch),
            Op::Mask => Code::Binary(meaning.mask),
            Op::Within => Code::Binary(meaning.within),
            Op::Without => Code::Binary(meaning.without),
            Op::Restrict(s) => Code::Restrict(s.table(), meaning.restrict),
            Op::Choose(s) => Code::Choose(s.table(), meaning.choose),
            Op::Forget(p) | Op::Keep(p) => {
                debug_assert_eq!(p.sort(), Sort::Paths, "the parser keeps sorts apart");
                let keeps = matches!(op, Op::Keep(_)) && !mutant!(KeepForgets);
                let new = Observation { keeps, table: p.table() };
                let at = observations.iter().position(|o| *o == new).unwrap_or_else(|| {
                    observations.push(new);
                    observations.len() - 1
                });
                let forget = if keeps { meaning.keep } else { meaning.forget };
                Code::Observe { keeps, at, forget }
            }
        };
        Self(term.ops().iter().map(code).collect())
    }

    /// The term at one point. `selectors` is the number of an assignment.
    pub(crate) fn run(
        &self,
        stack: &mut Vec<Cell>,
        fleets: &[Cell],
        selectors: usize,
        signature: Signature,
    ) -> Cell {
        stack.clear();
        for code in &self.0 {
            let mut pop = || stack.pop().unwrap_or_default();
            let cell = match code {
                Code::Fleet(i) => fleets.get(*i).copied().unwrap_or_default(),
                Code::Constant(cell) => *cell,
                Code::Binary(op) => {
                    let second = pop();
                    op(pop(), second)
                }
                Code::Restrict(table, restrict) => restrict(pop(), table >> selectors & 1 == 1),
                Code::Choose(table, choose) => {
                    let otherwise = pop();
                    choose(table >> selectors & 1 == 1, pop(), otherwise)
                }
                Code::Observe { keeps, at, forget } => {
                    let seen = |bit: usize| signature >> (2 * at + bit) & 1 == 1;
                    forget(pop(), seen(0) != *keeps, seen(1) != *keeps)
                }
            };
            stack.push(cell);
        }
        stack.pop().unwrap_or_default()
    }
}
