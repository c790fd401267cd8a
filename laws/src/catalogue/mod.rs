//! The catalogue: every law, non-law and implication as a value.

mod read;
mod tsv;

use std::sync::OnceLock;

use crate::condition::Condition;
use crate::implication::Implication;
use crate::term::Equation;

pub use read::CatalogueError;
pub use tsv::tsv;

/// An equation that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law {
    /// Its name, a noun.
    pub name: &'static str,
    /// Its identifier, which is also that of the theorem in Coq.
    pub id: &'static str,
    /// The group to which it belongs.
    pub group: &'static str,
    /// Both sides.
    pub equation: Equation,
    /// The equation as it is best read: with parentheses where they are the point.
    pub text: &'static str,
    /// What it asks of the names.
    pub condition: Condition,
    /// Whether it is one of the eight axioms of {0, ∪, ⊕}, from which all equations there follow.
    pub is_axiom: bool,
    /// What it means for a fleet, in one sentence.
    pub meaning: &'static str,
}

/// An equation that does not hold, though one might think so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonLaw {
    /// Its name, a noun.
    pub name: &'static str,
    /// Its identifier.
    pub id: &'static str,
    /// Both sides.
    pub equation: Equation,
    /// The smallest counterexample, as [`Counterexample`](crate::Counterexample) shows it.
    pub counterexample: &'static str,
    /// Why not, in one sentence.
    pub meaning: &'static str,
}

/// An implication that holds, or that one might think holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// Its name, a noun.
    pub name: &'static str,
    /// Its identifier.
    pub id: &'static str,
    /// Premises and conclusion.
    pub implication: Implication,
    /// The smallest counterexample, if it does not hold.
    pub counterexample: Option<&'static str>,
    /// What it means for a fleet, in one sentence.
    pub meaning: &'static str,
}

/// A property of the meaning that is no equation between fleets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name, a noun.
    pub name: &'static str,
    /// Its identifier.
    pub id: &'static str,
    /// The theorem in Coq that says it of the model, if there is one.
    pub theorem: Option<&'static str>,
    /// What holds, in one sentence.
    pub meaning: &'static str,
}

/// A heading over some laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: &'static str,
    /// What the group's operators do.
    pub about: &'static str,
}

/// All that is known to hold and not to hold.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// The groups of laws, in reading order.
    pub groups: Vec<Group>,
    /// What holds.
    pub laws: Vec<Law>,
    /// What does not hold.
    pub non_laws: Vec<NonLaw>,
    /// What follows from what.
    pub consequences: Vec<Consequence>,
    /// What holds beside equations: of unknown labels, buckets, texts, rendering, the wire form.
    pub properties: Vec<Property>,
}

impl Law {
    /// The theorem in Coq that proves it.
    #[must_use]
    pub fn theorem(&self) -> String {
        self.id.to_owned()
    }
}

impl NonLaw {
    /// The theorem in Coq that refutes it.
    #[must_use]
    pub fn theorem(&self) -> String {
        format!("not_{}", self.id)
    }
}

impl Consequence {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counterexample.is_none()
    }

    /// The theorem in Coq that proves or refutes it.
    #[must_use]
    pub fn theorem(&self) -> String {
        if self.holds() { self.id.to_owned() } else { format!("not_{}", self.id) }
    }
}

impl Catalogue {
    /// The catalogue that this crate was built with, unless its text is broken.
    ///
    /// # Errors
    /// [`CatalogueError`] says which row cannot be read; the tests of this crate exclude it.
    pub fn read() -> Result<Self, CatalogueError> {
        read::read()
    }
}

/// The catalogue: every law, non-law and implication.
///
/// ```
/// use escadre_laws::{catalogue, decide};
/// let law = catalogue().laws.iter().find(|law| law.id == "overlay_last_wins").unwrap();
/// assert_eq!(law.equation.to_string(), "a ⊕ b ⊕ a = b ⊕ a");
/// assert!(decide(&law.equation, &law.condition).holds());
/// ```
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    // A broken text gives an empty catalogue, which no test would pass.
    CATALOGUE.get_or_init(|| Catalogue::read().unwrap_or_default())
}
