//! The bench of the reference interpreter: an example with every hook.

use std::collections::BTreeMap;
use std::sync::Arc;

use escadre_algebra::{DeviceId, Digest, Fleet, Inventory, Resource, deploy};

use super::bug::Bug;
use super::{MAX_TEXT_BYTES, Reference};
use crate::conformance::bench::{Bench, Hook, Trouble};

/// Makes worlds in memory, whose controllers may have a [`Bug`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ReferenceBench {
    bug: Option<Bug>,
}

impl ReferenceBench {
    /// The bench of controllers that keep the contract.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The bench of controllers with this bug.
    #[must_use]
    pub fn broken(bug: Bug) -> Self {
        Self { bug: Some(bug) }
    }
}

impl Bench for ReferenceBench {
    type I = Reference;

    fn offers(&self) -> &'static [Hook] {
        use Hook::{Contents, Drift, Drive, Kills, SecondController, Stamps, Writes};
        &[SecondController, Kills, Drift, Stamps, Writes, Drive, Contents]
    }

    async fn fresh(&mut self, _: &Inventory) -> Result<Reference, Trouble> {
        Ok(Reference::with(self.bug))
    }

    async fn reopen(&mut self, first: &Reference) -> Result<Reference, Trouble> {
        Ok(Reference { world: Arc::clone(&first.world), ..Reference::with(self.bug) })
    }

    async fn kill_after(
        &mut self,
        target: &mut Reference,
        n_writes: Option<usize>,
    ) -> Result<(), Trouble> {
        target.kill_after = n_writes;
        Ok(())
    }

    async fn drift(&mut self, target: &mut Reference, n: usize) -> Result<Vec<DeviceId>, Trouble> {
        let mut world = target.lock();
        let members: Vec<DeviceId> = world.rows.keys().take(n).cloned().collect();
        for (i, id) in members.iter().enumerate() {
            world.n_writes += 1;
            if !target.has(Bug::RevisesOwnWrites) {
                world.bump();
            }
            let stamp = world.n_writes;
            let Some(row) = world.rows.get_mut(id) else { continue };
            row.stamp = stamp;
            let changed = serde_json::json!({"writer": "another"});
            match (i % 3, row.resources.first_entry()) {
                (0, Some(mut first)) => {
                    first.insert(changed);
                }
                (1, Some(first)) => {
                    first.remove();
                }
                _ => {
                    world.rows.remove(id);
                }
            }
        }
        Ok(members)
    }

    async fn stamps(
        &mut self,
        target: &mut Reference,
    ) -> Result<BTreeMap<DeviceId, String>, Trouble> {
        let world = target.lock();
        Ok(world.rows.iter().map(|(id, row)| (id.clone(), row.stamp.to_string())).collect())
    }

    async fn writes(&mut self, target: &mut Reference) -> Result<u64, Trouble> {
        Ok(target.lock().n_writes)
    }

    async fn content(
        &mut self,
        target: &mut Reference,
        digest: Digest,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(target.lock().contents.get(&digest).map(|bytes| bytes.to_vec()))
    }

    fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
        Some(crate::conformance::drive(future))
    }

    fn inexpressible(&self) -> Option<Fleet> {
        let text = "x".repeat(MAX_TEXT_BYTES + 1);
        Some(deploy(Resource::new("essay").set("body.text", text)))
    }
}
