//! What every interpreter of fleets has in common.
//!
//! ```text
//!             lower                        observe + lift
//! Fleet ─────────────▶ target's objects ─────────────────────▶ Snapshot ≅ Fleet
//! ```
//!
//! An [`Interpreter`] executes a [`Resolved`](escadre_algebra::Resolved) fleet on one kind of
//! target. What a target holds is lifted to a [`Snapshot`], which is itself a fleet; a [`Plan`] is
//! the difference between that and what is wanted, and `apply` makes it so.
//!
//! In reading order: [`inventory`] reads what devices there are, [`Snapshot`] is what a target
//! holds, [`Plan`] what would change, [`Consent`] what the user agreed to, [`Interpreter`] the trait, and
//! [`present`] is how all of it is read.

mod consent;
mod content;
mod interpreter;
pub mod inventory;
mod plan;
pub mod present;
mod snapshot;
mod stored;

pub use consent::{Consent, Refused, Share, ShareError};
pub use content::named_content;
pub use interpreter::{
    Applied, Capabilities, Interpreter, Observation, PROGRESS, Progress, Revision, Silent,
};
pub use plan::{
    Change, ChangeKind, Desired, FieldChange, Group, Normalise, Plan, PlanParts, ResourceChange,
    Stale, Subject, Summary,
};
pub use snapshot::Snapshot;
pub use stored::{Ended, digest_text};
