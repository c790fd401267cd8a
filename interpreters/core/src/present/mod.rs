//! How plans, explanations and findings are read: as text, as Markdown and as JSON.
//!
//! Pure functions from what was computed to strings and documents. They know nothing of terminals:
//! width and colour are given ([`TextOptions`]), so the same call gives the same text everywhere.
//!
//! In reading order: [`text`] and [`markdown`] show a plan to people, [`document`] stores it,
//! [`drift`] reads it the other way, [`explanation`] says why a device gets what it gets, and
//! [`findings`] what is wrong with a fleet.

mod document;
mod drift;
mod explanation;
mod field;
mod findings;
mod items;
mod markdown;
mod reasons;
mod style;
mod text;
mod value;
mod warning;
mod words;

#[cfg(feature = "schema")]
pub use document::plan_schema;
pub use document::{PLAN_VERSION, PlanDocument, PlanFileError, StoredPlan, document};
pub use drift::{drift, drift_json};
pub use explanation::{explanation, explanation_json};
pub use findings::findings;
pub use markdown::{MAX_COMMENT, markdown};
pub use style::{TextOptions, is_hidden, visible};
pub use text::text;
pub use words::number;
