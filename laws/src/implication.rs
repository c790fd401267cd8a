//! Implications: what follows from what for fleets.

use std::fmt;

use crate::parse::ParseError;
use crate::term::{Equation, Names, Term};

/// A property of fleets: an equation, or that a fleet is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// The equation holds of these fleets.
    Equation(Equation),
    /// Every path has at most one candidate on every device.
    Resolved(Term),
}

/// For all fleets, selectors and inventories: if the premises hold, so does the conclusion.
///
/// ```
/// use escadre_laws::{Implication, decide_implication};
/// let i = Implication::parse("resolved(a); resolved(b)", "resolved(a overlay b)")?;
/// assert!(decide_implication(&i).holds());
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Implication {
    /// What is assumed.
    pub premises: Vec<Statement>,
    /// What follows, or does not.
    pub conclusion: Statement,
}

impl Statement {
    /// The statement spelled `input`: an equation, or `resolved(term)`.
    ///
    /// # Errors
    /// [`ParseError`] points at the first character that is wrong.
    pub fn parse(input: &str) -> Result<Self, ParseError> {
        let inner = input.trim().strip_prefix("resolved(").and_then(|rest| rest.strip_suffix(')'));
        match inner {
            Some(term) => Term::parse(term).map(Self::Resolved),
            None => Equation::parse(input).map(Self::Equation),
        }
    }

    /// What the statement names.
    #[must_use]
    pub fn names(&self) -> Names {
        match self {
            Self::Equation(equation) => equation.names(),
            Self::Resolved(term) => term.names(),
        }
    }
}

impl Implication {
    /// The implication of `conclusion` from `premises`, which have `;` between.
    ///
    /// # Errors
    /// [`ParseError`] points at the first character that is wrong.
    pub fn parse(premises: &str, conclusion: &str) -> Result<Self, ParseError> {
        let premises = premises.split(';').map(Statement::parse).collect::<Result<_, _>>()?;
        Ok(Self { premises, conclusion: Statement::parse(conclusion)? })
    }

    /// What the implication names.
    #[must_use]
    pub fn names(&self) -> Names {
        let premises = self.premises.iter().map(Statement::names);
        premises.fold(self.conclusion.names(), Names::and)
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equation(equation) => equation.fmt(f),
            Self::Resolved(term) if f.alternate() => write!(f, "resolved({term:#})"),
            Self::Resolved(term) => write!(f, "resolved({term})"),
        }
    }
}

impl fmt::Display for Implication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let premises: Vec<String> = self.premises.iter().map(ToString::to_string).collect();
        write!(f, "{} ⇒ {}", premises.join("; "), self.conclusion)
    }
}
