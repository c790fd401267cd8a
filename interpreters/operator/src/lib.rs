//! The operator of fleets: `Fleet` objects of a Kubernetes cluster, carried out continuously.
//!
//! ```text
//! Fleet object ──▶ look ──▶ resolve ── lower ── plan ── consent ── apply ──▶ this cluster, or NATS ──▶ devices
//!      ▲                                                             │
//!      └────────────── status and events ────────────────────────────┘
//! ```
//!
//! An object names a fleet in its wire form, an inventory and a target. The operator looks at it when
//! it changes, when labels of nodes change, and at its interval; a look does what `plan` and `apply`
//! do. `docs/adr/0008-operator.md` says what is applied when, and why two operators do not write
//! past each other.
//!
//! In reading order: [`FleetSpec`] is what an object says, [`FleetStatus`] what it tells,
//! [`definition`] its definition, [`Operator`] what carries it out, with its [`Options`], [`rbac`] the
//! rights that it needs, [`RunError`] why it does not run.
//!
//! ```no_run
//! # async fn run(client: kube::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use escadre_operator::{Operator, Options};
//! let (stop, stopped) = tokio::sync::watch::channel(false);
//! let operator = Operator::new(client, Options::default());
//! operator.run(stopped).await?;
//! # drop(stop);
//! # Ok(())
//! # }
//! ```

mod carry_out;
mod claim;
mod error;
mod leader;
mod look;
#[cfg(feature = "nats")]
mod nats;
mod object;
pub mod rbac;
mod read;
mod reconcile;
mod run;
mod status;
mod verdict;

pub use error::{RunError, RunErrorKind};
pub use object::{
    ConsentSpec, Entry, FleetObject, FleetSource, FleetSpec, InventorySource, NatsTarget,
    SecretName, Target, definition,
};
pub use run::{Looked, Operator, Options};
pub use status::{Condition, Counts, FleetStatus, LastApplied};
