//! The simulator itself: the only part that reads and writes.

mod apply;
mod drift;
mod open;
mod status;
mod step;
mod store;

use std::path::PathBuf;
use std::sync::Arc;

use escadre_algebra::{Digest, Resolved};
use escadre_interpreter::{
    Applied, Capabilities, Consent, Interpreter, Observation, Plan, Progress, Snapshot,
};

use crate::clock::Clock;
use crate::error::{ApplyError, LiftError, LowerError, StoreError};
use crate::fault::Faults;
use crate::lower::Objects;
use crate::world::{Entry, Fence, World};
pub use drift::{Drift, DriftKind};
pub use open::Open;
pub use status::Status;
pub use step::Stepped;
use store::Store;

/// A controller of one simulated world. Clones in O(1): a clone is another controller of the same world.
#[derive(Clone, Debug)]
pub struct Simulator {
    store: Store,
    place: Place,
    faults: Faults,
}

/// Where a world is.
#[derive(Clone, Debug)]
enum Place {
    Memory(Arc<str>),
    Folder(PathBuf),
}

impl Simulator {
    /// This controller, with `faults` in its next calls. They are not stored, but told in the history.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The world's virtual time.
    ///
    /// # Errors
    /// The store fails.
    pub fn clock(&self) -> Result<Clock, StoreError> {
        Ok(Clock::at(self.store.head()?.clock_ms))
    }

    /// The fence as the last apply left it; `None` before the first.
    ///
    /// # Errors
    /// The store fails.
    pub fn fence(&self) -> Result<Option<Fence>, StoreError> {
        self.store.fence()
    }

    /// The last 1000 writes, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub fn history(&self) -> Result<Vec<Entry>, StoreError> {
        self.store.history()
    }

    /// The content named `digest`, if the world holds it.
    ///
    /// # Errors
    /// The store fails.
    pub fn content(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.content(digest)
    }
}

impl Interpreter for Simulator {
    type Objects = Objects;
    type State = World;
    type LowerError = LowerError;
    type ObserveError = StoreError;
    type LiftError = LiftError;
    type ApplyError = ApplyError;

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            membership_marker: true,
            fenced: true,
            reports: true,
            exact: true,
            contents: true,
        }
    }

    fn target(&self) -> String {
        match &self.place {
            Place::Memory(name) => format!("sim:memory/{name}"),
            Place::Folder(dir) => format!("sim:{}", dir.display()),
        }
    }

    fn lower(&self, resolved: &Resolved) -> Result<Objects, LowerError> {
        crate::lower::lower(resolved)
    }

    async fn observe(&mut self) -> Result<Observation<World>, StoreError> {
        let (state, head) = self.store.world()?;
        Ok(Observation { state, revision: head.revision() })
    }

    fn lift(&self, state: &World) -> Result<Snapshot, LiftError> {
        crate::lift::lift(state)
    }

    async fn apply(
        &mut self,
        plan: &Plan,
        objects: &Objects,
        consent: &Consent,
        dry_run: bool,
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ApplyError> {
        apply::apply(
            &self.store,
            &self.faults,
            &apply::Asked { plan, objects, consent, dry_run },
            progress,
        )
    }
}
