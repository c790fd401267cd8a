//! How plans, explanations and findings are read: as text, as Markdown and as JSON.
//!
//! Pure functions from what was computed to strings and documents. They know nothing of terminals:
//! width and colour are given ([`TextOptions`]), so the same call gives the same text everywhere.
//!
//! In reading order: [`text`] and [`markdown`] show a plan to people, [`document`] stores it,
//! [`drift`] reads it the other way, [`explanation`] says why a device gets what it gets, and
//! [`findings`] what is wrong with a fleet. [`Review`] shows a change of a fleet for every device that
//! could exist, [`Check`] what was proven of one.

mod checks;
mod difference;
mod document;
mod drift;
mod explanation;
mod field;
mod findings;
mod items;
mod lab;
mod markdown;
mod place;
mod reasons;
mod refutation;
mod sarif;
mod style;
mod text;
mod value;
mod warning;
mod words;

pub use checks::{Check, CheckFinding, Verdict, check_json, check_sarif, check_text, finding_of};
pub use difference::{
    Review, SarifOptions, Side, difference_json, difference_markdown, difference_sarif,
    difference_text, undecided_sarif,
};
#[cfg(feature = "schema")]
pub use document::plan_schema;
pub use document::{PLAN_VERSION, PlanDocument, PlanFileError, StoredPlan, document};
pub use drift::{drift, drift_json, drift_of, drift_of_json};
pub use explanation::{explanation, explanation_json};
pub use findings::findings;
pub use lab::lab_json;
pub use markdown::{MAX_COMMENT, markdown};
pub use refutation::{refutation, refutation_json};
pub use style::{TextOptions, is_hidden, visible};
pub use text::text;
pub use words::number;
