//! The laws of the fleet algebra, as values: to be read, decided, tried, and asked about.
//!
//! A law is a pure value that gives both sides of an equation ([`catalogue`]); what tests it is
//! apart from it. [`decide`] is a complete procedure: it proves an equation for every inventory,
//! or finds the smallest counterexample. `sample`, [`exhaust`] and [`replay`] try it on real
//! fleets through [`denote`](escadre_algebra::denote), and on a corpus that Coq computed.
//! [`answer`] takes an equation as text. `Schema` (feature `strategies`, on by default) makes
//! strategies for proptest, to test properties of one's own fleets.
//!
//! ```
//! use escadre_laws::{answer, catalogue};
//! assert!(answer("a overlay b overlay a = b overlay a")?.holds());
//! assert!(!answer("a overlay b = b overlay a")?.holds());
//! assert_eq!(catalogue().laws.iter().filter(|law| law.is_axiom).count(), 8);
//! # Ok::<(), escadre_laws::ParseError>(())
//! ```

// First, since its macro marks what a mutant changes.
#[macro_use]
mod mutant;

mod assignment;
mod catalogue;
mod check;
mod condition;
#[cfg(feature = "conformance")]
pub mod conformance;
mod decide;
mod docs;
mod exhaust;
mod formula;
mod implication;
#[cfg(feature = "mutants")]
mod kills;
mod parse;
mod print;
#[cfg(feature = "strategies")]
mod properties;
mod replay;
#[cfg(feature = "strategies")]
mod sample;
#[cfg(feature = "strategies")]
mod strategies;
mod term;
mod trial;

// What a law is.
pub use catalogue::{
    Catalogue, CatalogueError, Consequence, Group, Law, NonLaw, Property, catalogue, tsv,
};
pub use condition::{Condition, ConditionError, Sets};
pub use formula::{Formula, MAX_ATOMS, Sort, Step};
pub use implication::{Implication, Statement};
pub use parse::{MAX_NESTING, ParseError};
pub use term::{Equation, FLEETS, MAX_FLEETS, Names, Op, Relation, Term};

// What tests it.
pub use assignment::{Assignment, Difference};
pub use decide::{
    Cell, Counterexample, Judgement, Premises, Verdict, decide, decide_implication, sufficient,
};
pub use exhaust::{exhaust, exhaust_implication};
#[cfg(feature = "mutants")]
pub use kills::{Driver, KillError, KillMatrix, control, kill_matrix, kill_sampling};
#[cfg(feature = "strategies")]
pub use properties::{Broken, sample_property};
pub use replay::{ReplayError, Replayed, replay};
#[cfg(feature = "strategies")]
pub use sample::{Sampling, sample};
pub use trial::{Disagreement, Trial};

// What a reader sees.
pub use check::{Answer, answer, answer_given};
pub use docs::markdown;

// What users test their own fleets with.
#[cfg(feature = "strategies")]
pub use strategies::{LabelSchema, Schema};
