//! The conformance suite: the contract of interpreters, for their authors to run on their own target.
//!
//! Give the suite a [`Bench`], which makes empty targets and declares what else can be done to
//! them, and [`run`] it: each [`Case`] is one law of
//! [`Interpreter`](escadre_interpreter::Interpreter), tried with small fleets of every kind of
//! resource and with generated ones. What a target cannot do is declared, and the [`Report`] says
//! what was not run, and why.
//!
//! ```
//! use escadre_laws::conformance::{Options, ReferenceBench, drive, run};
//! let report = drive(run(&mut ReferenceBench::new(), &Options::default()))?;
//! assert!(report.is_conforming(), "{report}");
//! # Ok::<(), escadre_laws::conformance::Trouble>(())
//! ```
//!
//! The suite itself is tested by interpreters with one bug each: [`matrix`] tells which case
//! finds which [`Bug`].

mod bench;
mod case;
mod checks;
mod drive;
mod failure;
mod inputs;
mod matrix;
mod model;
mod reference;
mod report;
mod run;
mod stand;

pub use bench::{Bench, Hook, Trouble};
pub use case::Case;
pub use checks::cases;
pub use drive::drive;
pub use failure::{Failure, Tried};
pub use matrix::{Matrix, Row, matrix};
pub use reference::{Bug, Objects, Reference, ReferenceBench, ReferenceError, State};
pub use report::{Entry, RefusedInput, Report, Verdict};
pub use run::{Options, run};
