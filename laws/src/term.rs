//! Terms and equations: what a law relates.

use std::fmt;

use crate::formula::{Formula, Sort};
use crate::print::{Notation, Printer};

/// How many fleets an equation may name.
pub const MAX_FLEETS: usize = 4;

/// The names of the fleets.
pub const FLEETS: [&str; MAX_FLEETS] = ["a", "b", "c", "d"];

/// One operator of a term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A fleet, by its number: `a`, `b`, `c`, `d`.
    Fleet(usize),
    /// 0: no devices.
    Zero,
    /// 1: all devices, no claims.
    One,
    /// ∪.
    Union,
    /// ⊕.
    Overlay,
    /// ◁.
    Patch,
    /// The first without the paths that the second defines.
    Mask,
    /// The first on the members of the second.
    Within,
    /// The first on the others.
    Without,
    /// s · a.
    Restrict(Formula),
    /// The first where the selector holds, else the second.
    Choose(Formula),
    /// Without the claims in a set of paths and below it.
    Forget(Formula),
    /// With the claims in a set of paths and above it only.
    Keep(Formula),
}

impl Op {
    /// How many operands it takes.
    #[must_use]
    pub fn n_operands(&self) -> usize {
        match self {
            Self::Fleet(_) | Self::Zero | Self::One => 0,
            Self::Restrict(_) | Self::Forget(_) | Self::Keep(_) => 1,
            _ => 2,
        }
    }

    /// Its formula, if it has one.
    #[must_use]
    pub fn formula(&self) -> Option<&Formula> {
        match self {
            Self::Restrict(f) | Self::Choose(f) | Self::Forget(f) | Self::Keep(f) => Some(f),
            _ => None,
        }
    }
}

/// An expression over fleets, selectors and sets of paths that are not given yet.
///
/// It is kept in postfix order, so nothing recurses on its depth.
///
/// ```
/// use escadre_laws::Term;
/// let term = Term::parse("restrict(s, a) overlay (b union 0)")?;
/// assert_eq!(term.to_string(), "(s · a) ⊕ (b ∪ 0)");
/// assert_eq!(format!("{term:#}"), "restrict(s, a) overlay (b union 0)");
/// assert_eq!(Term::parse(&term.to_string())?, term);
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    // INVARIANT: the postfix order of one term; the constructors keep it.
    ops: Vec<Op>,
}

/// The fleets, selectors and sets of paths that something names, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The fleets.
    pub fleets: u8,
    /// The selectors.
    pub selectors: u8,
    /// The sets of paths.
    pub paths: u8,
}

impl Names {
    /// The names in either.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            fleets: self.fleets | other.fleets,
            selectors: self.selectors | other.selectors,
            paths: self.paths | other.paths,
        }
    }
}

/// The numbers whose bits are set.
pub(crate) fn bits(set: u8) -> impl Iterator<Item = usize> {
    (0..8).filter(move |i| set >> i & 1 == 1)
}

impl Term {
    /// The term with these operators, which are in postfix order.
    pub(crate) fn of(ops: Vec<Op>) -> Self {
        Self { ops }
    }

    /// The fleet of number `i`.
    #[must_use]
    pub fn fleet(i: usize) -> Self {
        Self { ops: vec![Op::Fleet(i % MAX_FLEETS)] }
    }

    /// `op` of these operands; operands that it lacks are 0, and others are left out.
    #[must_use]
    pub fn apply(op: Op, operands: impl IntoIterator<Item = Self>) -> Self {
        let zero = || Self { ops: vec![Op::Zero] };
        let n_operands = op.n_operands();
        let operands = operands.into_iter().chain(std::iter::repeat_with(zero));
        let mut ops: Vec<Op> = operands.take(n_operands).flat_map(|term| term.ops).collect();
        ops.push(op);
        Self { ops }
    }

    /// The operators, in postfix order.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The term's value, by those of its operators; `nothing` is the value of no operator at all.
    pub fn fold<T>(&self, nothing: impl Fn() -> T, mut value: impl FnMut(&Op, Vec<T>) -> T) -> T {
        let mut stack: Vec<T> = Vec::new();
        for op in &self.ops {
            let at = stack.len().saturating_sub(op.n_operands());
            let operands = stack.split_off(at);
            stack.push(value(op, operands));
        }
        stack.pop().unwrap_or_else(nothing)
    }

    /// What the term names.
    #[must_use]
    pub fn names(&self) -> Names {
        self.ops.iter().fold(Names::default(), |names, op| {
            let mut own = Names::default();
            match op {
                Op::Fleet(i) => own.fleets = 1 << i,
                _ => match op.formula().map(|f| (f.sort(), f.atoms())) {
                    Some((Sort::Selector, atoms)) => own.selectors = atoms,
                    Some((Sort::Paths, atoms)) => own.paths = atoms,
                    None => {}
                },
            }
            names.and(own)
        })
    }
}

impl fmt::Display for Term {
    /// In symbols; in ASCII words with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notation = if f.alternate() { Notation::Ascii } else { Notation::Symbols };
        f.write_str(&Printer(notation).term(self).text)
    }
}

/// How the sides of an equation are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Both sides are the same fleet.
    Equal,
    /// a ⊑ b, which is a ∪ b = b.
    Below,
}

/// Two terms that are the same fleet for every inventory and all values of their names, or not.
///
/// ```
/// use escadre_laws::Equation;
/// let e: Equation = "a <= a union b".parse()?;
/// assert_eq!(e.to_string(), "a ⊑ a ∪ b");
/// assert_eq!(e.sides().0.to_string(), "a ∪ (a ∪ b)");
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Equation {
    /// The left side.
    pub left: Term,
    /// How the sides are related.
    pub relation: Relation,
    /// The right side.
    pub right: Term,
}

impl Equation {
    /// The two terms that must be the same fleet: a ⊑ b is read as a ∪ b = b.
    #[must_use]
    pub fn sides(&self) -> (Term, Term) {
        let left = match self.relation {
            Relation::Equal => self.left.clone(),
            Relation::Below => Term::apply(Op::Union, [self.left.clone(), self.right.clone()]),
        };
        (left, self.right.clone())
    }

    /// What the equation names.
    #[must_use]
    pub fn names(&self) -> Names {
        self.left.names().and(self.right.names())
    }

    fn has(&self, test: impl Fn(&Op) -> bool) -> bool {
        self.left.ops.iter().chain(&self.right.ops).any(test)
    }

    /// Whether it has ◁, which looks at two paths of a resource.
    #[must_use]
    pub fn has_patch(&self) -> bool {
        self.has(|op| *op == Op::Patch)
    }

    /// Whether it has the complement of a set of paths.
    #[must_use]
    pub fn has_complement(&self) -> bool {
        self.has(|op| op.formula().is_some_and(|f| f.sort() == Sort::Paths && f.has_negation()))
    }
}

impl fmt::Display for Equation {
    /// In symbols; in ASCII words with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (self.relation, f.alternate()) {
            (Relation::Equal, _) => "=",
            (Relation::Below, false) => "⊑",
            (Relation::Below, true) => "<=",
        };
        self.left.fmt(f)?;
        write!(f, " {sign} ")?;
        self.right.fmt(f)
    }
}
