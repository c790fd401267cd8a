//! What a trial of an equation on whole fleets found.

use std::fmt;

use escadre_algebra::{Claims, Facts, denote};

use crate::assignment::{Assignment, Difference};
use crate::formula::Sort;
use crate::term::{Equation, FLEETS, bits};

/// The outcome of trying an equation on real fleets through `denote`.
#[derive(Clone, Debug)]
#[must_use]
pub enum Trial {
    /// Both sides were the same fleet each time.
    Agree {
        /// How many assignments were tried.
        n_tried: usize,
    },
    /// They differed.
    Differ(Box<Disagreement>),
    /// Nothing is known: the trial ended before all assignments were tried.
    GivenUp {
        /// Why.
        reason: String,
    },
}

impl Trial {
    /// Whether both sides were the same fleet each time.
    #[must_use]
    pub fn agrees(&self) -> bool {
        matches!(self, Self::Agree { .. })
    }

    /// Where they differed.
    #[must_use]
    pub fn disagreement(&self) -> Option<&Disagreement> {
        match self {
            Self::Agree { .. } | Self::GivenUp { .. } => None,
            Self::Differ(disagreement) => Some(disagreement),
        }
    }
}

impl fmt::Display for Trial {
    /// How many assignments agreed, or where the sides differ, or why nothing is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agree { n_tried } => write!(f, "both sides are the same {n_tried} times"),
            Self::Differ(disagreement) => disagreement.fmt(f),
            Self::GivenUp { reason } => write!(f, "given up: {reason}"),
        }
    }
}

/// Values for the names of an equation under which its sides differ on a device.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The equation.
    pub equation: Equation,
    /// The values.
    pub values: Assignment,
    /// The device, and what both sides are there.
    pub difference: Difference,
}

impl fmt::Display for Disagreement {
    /// The device, every name's value there, and both sides.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} does not hold:", self.equation)?;
        let facts = &self.difference.facts;
        writeln!(f, "  on {}", device(facts))?;
        let names = self.equation.names();
        for (i, name) in bits(names.fleets).filter_map(|i| Some((i, FLEETS.get(i)?))) {
            let claims = self.values.fleets.get(i).and_then(|fleet| denote::<()>(fleet, facts));
            writeln!(f, "  {name} = {}", picture(claims.as_ref()))?;
        }
        let selectors = Sort::Selector.names();
        for (k, name) in bits(names.selectors).filter_map(|k| Some((k, selectors.get(k)?))) {
            if let Some(selector) = self.values.selectors.get(k) {
                writeln!(f, "  {name} = {selector}")?;
            }
        }
        let sets = Sort::Paths.names();
        for (k, name) in bits(names.paths).filter_map(|k| Some((k, sets.get(k)?))) {
            if let Some(paths) = self.values.paths.get(k) {
                writeln!(f, "  {name} = {paths:?}")?;
            }
        }
        writeln!(f, "  left:  {}", picture(self.difference.left.as_ref()))?;
        write!(f, "  right: {}", picture(self.difference.right.as_ref()))
    }
}

/// A device on one line.
pub(crate) fn device(facts: &Facts) -> String {
    let labels = facts
        .labels()
        .iter()
        .map(|label| format!("{}={}", label.key, label.value.as_deref().unwrap_or("(unknown)")));
    let labels: Vec<String> = labels.collect();
    if labels.is_empty() {
        format!("{} without labels", facts.id())
    } else {
        format!("{} with {}", facts.id(), labels.join(", "))
    }
}

/// Claims on one line: `-` is no member, `{}` a member without claims.
pub(crate) fn picture(claims: Option<&Claims>) -> String {
    let Some(claims) = claims else { return "-".to_owned() };
    let paths = claims.listed().into_iter().map(|(path, candidates)| {
        let values: Vec<String> = candidates.iter().map(|(value, ())| value.to_string()).collect();
        format!("{path}: {}", values.join(" | "))
    });
    format!("{{{}}}", paths.collect::<Vec<_>>().join(", "))
}
