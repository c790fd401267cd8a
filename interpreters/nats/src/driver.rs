//! The interpreter itself: the only part that reads and writes.

mod admit;
mod apply;
mod decode;
mod guarded;
mod listing;
mod looking;
mod open;
mod pull;
mod read;
mod reports;
mod request;
mod whole;
mod write;

use std::sync::Arc;

use async_nats::Client;
use async_nats::jetstream::stream::Stream;
use escadre_algebra::{Coverage, DeviceId, Digest, Resolved};
use escadre_interpreter::{
    Applied, Capabilities, Consent, Interpreter, Observation, Plan, Progress, Revision, Snapshot,
};

use crate::error::{ApplyError, LiftError, LowerError, ServerError};
use crate::lower::{Limits, Objects};
use crate::permissions::Buckets;
use crate::status::Status;
use crate::world::World;
pub use listing::{Listed, read_inventory, write_inventory, write_inventory_until};
pub(crate) use open::{DESIRED_STATE, is_bucket_name};
pub use open::{Options, make_report_buckets};
pub(crate) use pull::is_deletion;
pub use reports::read_reported;

/// A controller of the fleet in one bucket. Clones cheaply: a clone is another controller.
#[derive(Clone, Debug)]
pub struct Nats {
    client: Client,
    stream: Stream<()>,
    options: Options,
    /// The place in words, without credentials.
    place: String,
    /// What tells this bucket from another of the same name, made before or after it.
    stamp: String,
    limits: Limits,
    /// Whether the bucket keeps more than the last entry of each key.
    keeps_history: bool,
    /// What was observed last, so that a plan of it can be applied without reading it again.
    last: Option<Arc<World>>,
    die_after: Option<u64>,
}

impl Nats {
    /// Lets the next applies end after `n_messages` messages, as if the controller was killed there;
    /// `None` lets them live. For tests of what controllers leave behind.
    pub fn die_after(&mut self, n_messages: Option<u64>) {
        self.die_after = n_messages;
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.options.bucket
    }

    /// Lets `devices` follow their keys: makes the consumer of each that has none yet.
    ///
    /// # Errors
    /// The server does not make one; those before it are there.
    pub async fn admit(&self, devices: &[DeviceId]) -> Result<(), ServerError> {
        admit::admit(self, devices).await
    }

    /// Takes back what [`Nats::admit`] made, where it is there; of how many devices it was.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn dismiss(&self, devices: &[DeviceId]) -> Result<usize, ServerError> {
        admit::dismiss(self, devices).await
    }

    /// The content named `digest`, if the bucket holds it whole.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn content(&self, digest: Digest) -> Result<Option<Vec<u8>>, ServerError> {
        read::content(self, digest).await
    }

    /// What devices tell of themselves, beside what `world` wants of them.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn status(&self, world: &World, buckets: &Buckets) -> Result<Status, ServerError> {
        reports::status(self, world, buckets).await
    }

    /// The revision of the bucket whose last sequence is `sequence`.
    fn revision(&self, sequence: u64) -> Revision {
        Revision(format!("{sequence}-{}", self.stamp).into())
    }

    /// The subject of `key`.
    fn subject(&self, key: impl std::fmt::Display) -> String {
        crate::names::subject(&self.options.bucket, key)
    }
}

impl Interpreter for Nats {
    type Objects = Objects;
    type State = Arc<World>;
    type LowerError = LowerError;
    type ObserveError = ServerError;
    type LiftError = LiftError;
    type ApplyError = ApplyError;

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            membership_marker: true,
            fenced: true,
            reports: false,
            exact: true,
            contents: true,
        }
    }

    fn target(&self) -> String {
        self.place.clone()
    }

    fn lower(&self, resolved: &Resolved) -> Result<Objects, LowerError> {
        crate::lower::lower(resolved, self.limits)
    }

    async fn observe(&mut self) -> Result<Observation<Arc<World>>, ServerError> {
        // Both together would take twice the memory.
        let before = self.last.take();
        let state = Arc::new(read::world(self, before).await?);
        self.last = Some(Arc::clone(&state));
        let revision = self.revision(state.sequence);
        Ok(Observation { state, revision })
    }

    fn lift(&self, state: &Arc<World>) -> Result<Snapshot, LiftError> {
        Ok(crate::lift::lift(state))
    }

    fn anomalies(&self, state: &Arc<World>) -> Vec<String> {
        state.anomalies().iter().map(|it| format!("`{}`: {}", it.key, it.why)).collect()
    }

    fn is_settled(&self, state: &Arc<World>, _: Coverage) -> bool {
        crate::lower::is_settled(state)
    }

    async fn apply(
        &mut self,
        plan: &Plan,
        objects: &Objects,
        consent: &Consent,
        dry_run: bool,
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ApplyError> {
        let asked = apply::Asked { plan, objects, consent, dry_run };
        apply::apply(self, &asked, progress).await
    }
}
