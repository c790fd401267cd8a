//! How a world is.

use serde::Serialize;

use super::Simulator;
use crate::error::StoreError;
use crate::lift::Lifter;
use crate::world::Fence;

/// How a world is: what is written beside what devices report. Its JSON has these fields as keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The members: devices for which something is written.
    pub members: usize,
    /// The devices that were reached at the end of the last step.
    pub online: usize,
    /// The other devices that are members or once reported.
    pub offline: usize,
    /// The members that run what is written for them, wholly.
    pub up_to_date: usize,
    /// The other members.
    pub behind: usize,
    /// The devices whose last pull failed.
    pub failing: usize,
    /// The devices that are no members, but still run something.
    pub leaving: usize,
    /// The virtual time, in milliseconds.
    pub clock_ms: u64,
    /// The world's revision.
    pub revision: String,
    /// The fence, as the last apply left it.
    pub fence: Option<Fence>,
}

impl Simulator {
    /// How the world is now. Costs O(devices).
    ///
    /// # Errors
    /// The store fails, or holds what it must not.
    pub fn status(&self) -> Result<Status, StoreError> {
        let (world, head) = self.store.world()?;
        let mut running = self.store.running()?;
        let mut status = Status {
            members: world.len(),
            online: running.values().filter(|r| r.online).count(),
            offline: 0,
            up_to_date: 0,
            behind: 0,
            failing: running.values().filter(|r| r.failing.is_some()).count(),
            leaving: 0,
            clock_ms: head.clock_ms,
            revision: head.revision().to_string(),
            fence: self.store.fence()?,
        };
        let mut lifter = Lifter::new(&world);
        for row in &world.rows {
            let lifted = lifter.row(&row.device, &row.resources);
            let lifted = lifted.map_err(|e| StoreError::corrupt("written", &e))?;
            match running.remove(&row.device) {
                Some(running) if running.installed == lifted.resources => status.up_to_date += 1,
                _ => status.behind += 1,
            }
        }
        status.leaving = running.values().filter(|r| !r.installed.is_empty()).count();
        status.offline = status.members + running.len() - status.online;
        Ok(status)
    }
}
