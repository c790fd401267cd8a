//! Answers to equations that somebody types.

use std::fmt;

use escadre_algebra::{Fleet, denote};

use crate::condition::Condition;
use crate::decide::{Counterexample, Verdict, decide, sufficient};
use crate::parse::ParseError;
use crate::term::{Equation, FLEETS, bits};
use crate::trial::picture;

/// The answer to an equation: proved, or the smallest counterexample.
///
/// Its text is what a reader sees: one line if it is proved, else the counterexample drawn as
/// fleets, and a program in Rust to paste.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The equation as it was read.
    pub equation: Equation,
    /// What it was asked of its names.
    pub condition: Condition,
    /// What was found.
    pub verdict: Verdict,
}

impl Answer {
    /// Whether the equation holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.verdict.holds()
    }

    /// The counterexample as a program in Rust, if the equation does not hold.
    #[must_use]
    pub fn rust(&self) -> Option<String> {
        self.verdict.counterexample().map(Counterexample::rust)
    }
}

/// Decides the equation that `text` spells, for all fleets, selectors and sets of paths.
///
/// # Errors
/// [`ParseError`] points at the first character that is wrong.
///
/// ```
/// let answer = escadre_laws::answer("a overlay (b union a) = b union a")?;
/// assert_eq!(answer.to_string(), "a ⊕ (b ∪ a) = b ∪ a holds (9 cases)\n");
/// let answer = escadre_laws::answer("a patch b = a overlay b")?;
/// assert!(answer.to_string().starts_with("\
/// a ◁ b = a ⊕ b does not hold: a=- b={}
///
///   a      -
///   b      {}
///   left   -
///   right  {}
/// "));
/// assert!(answer.rust().unwrap().contains("let b = Fleet::all();"));
/// # Ok::<(), escadre_laws::ParseError>(())
/// ```
pub fn answer(text: &str) -> Result<Answer, ParseError> {
    answer_given(text, &Condition::default())
}

/// Decides the equation that `text` spells, for all values of its names that satisfy `condition`.
///
/// # Errors
/// [`ParseError`] points at the first character that is wrong.
pub fn answer_given(text: &str, condition: &Condition) -> Result<Answer, ParseError> {
    let equation = Equation::parse(text)?;
    let verdict = decide(&equation, condition);
    Ok(Answer { equation, condition: *condition, verdict })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.equation)?;
        if !self.condition.is_empty() {
            write!(f, " ({})", self.condition)?;
        }
        match &self.verdict {
            Verdict::Proved { n_cases: 1 } => writeln!(f, " holds (1 case)"),
            Verdict::Proved { n_cases } => writeln!(f, " holds ({n_cases} cases)"),
            Verdict::Refuted(counterexample) => {
                writeln!(f, " does not hold: {counterexample}\n")?;
                draw(f, counterexample)?;
                if let Some(sufficient) = sufficient(&self.equation) {
                    writeln!(f, "\nIt holds for fleets and sets of paths that are: {sufficient}")?;
                }
                write!(f, "\nIn Rust:\n\n{}", counterexample.rust())
            }
        }
    }
}

/// Each name's value on the device, and both sides.
fn draw(f: &mut fmt::Formatter<'_>, counterexample: &Counterexample) -> fmt::Result {
    let equation = counterexample.equation();
    let (values, devices) = counterexample.to_fleets();
    let claims = |fleet: &Fleet| devices.iter().find_map(|facts| denote::<()>(fleet, facts));
    for (name, holds) in counterexample.selectors() {
        writeln!(f, "  {name:<6} {}", if holds { "holds" } else { "does not hold" })?;
    }
    for (name, paths) in counterexample.path_sets() {
        let subtrees = paths.subtrees().map(|path| format!("{path} and below"));
        let all: Vec<String> = subtrees.chain(paths.points().map(ToString::to_string)).collect();
        let shown = if all.is_empty() { "no path".to_owned() } else { all.join(", ") };
        writeln!(f, "  {name:<6} {shown}")?;
    }
    for (i, name) in bits(equation.names().fleets).filter_map(|i| Some((i, FLEETS.get(i)?))) {
        let value = values.fleets.get(i).and_then(claims);
        writeln!(f, "  {name:<6} {}", picture(value.as_ref()))?;
    }
    let (left, right) = equation.sides();
    for (name, side) in [("left", &left), ("right", &right)] {
        let value = claims(&values.fleet(side));
        writeln!(f, "  {name:<6} {}", picture(value.as_ref()))?;
    }
    Ok(())
}
