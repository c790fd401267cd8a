//! What the server does: it decides, and stores at once, or proposes and stores later.

use super::controllers::version;
use super::state::{Message, Says, State};
use super::{Protocol, Without};

impl Protocol {
    /// A message arrives at the server, which decides its conditions.
    pub(super) fn arrive(
        self,
        state: &State,
        at: usize,
        next: &mut Vec<State>,
    ) -> Result<(), String> {
        let message = state.on_the_way[at];
        let is_busy = !state.proposed.is_empty();
        let holds = match message.says {
            Says::Take { base, before, .. } => {
                let on_own_key = self.without != Without::OwnKey;
                if on_own_key && is_busy {
                    // Something with a condition on that key is not stored yet: it is sent again.
                    return Ok(());
                }
                (self.without == Without::Base || base == state.last)
                    && (!on_own_key || before == state.fence)
            }
            Says::Write { .. } if is_busy => return Ok(()),
            Says::Write { fence, .. } => self.without == Without::Fence || fence == state.fence,
        };
        let mut after = state.clone();
        after.on_the_way.remove(at);
        if !holds {
            next.push(self.refused(after, message));
        } else if self.is_cluster {
            after.proposed.push(message);
            next.push(after);
        } else {
            self.store(after, message, next)?;
        }
        Ok(())
    }

    /// A message is stored, and answered; the answer may be lost.
    pub(super) fn store(
        self,
        mut after: State,
        message: Message,
        next: &mut Vec<State>,
    ) -> Result<(), String> {
        after.last += 1;
        match message.says {
            Says::Take { planned, .. } => {
                after.fence = after.last;
                after.owner = Some((message.sender, message.life));
                (after.planned, after.stored) = (planned, 0);
            }
            Says::Write { device, fence, half } => {
                if fence != after.fence {
                    return Err(format!("{message:?} was stored under the fence {}", after.fence));
                }
                let written = &mut after.devices[usize::from(device)];
                let wanted = version(message.sender);
                if half != Some(true) {
                    written.resource = wanted;
                }
                if half != Some(false) {
                    written.manifest = wanted;
                }
                after.stored |= message.says.batch();
                if self.reads && device == 0 {
                    after.past.push((fence, after.devices[0]));
                }
                self.check(&after, message.sender)?;
            }
        }
        // An answer is lost on a controller that will send it again.
        next.extend(after.resent(message));
        next.push(self.answered(after, message));
        Ok(())
    }

    /// What must hold whenever something is stored.
    fn check(self, state: &State, sender: usize) -> Result<(), String> {
        let devices = &state.devices[..self.n_devices];
        if let Some(mixed) = devices.iter().find(|d| d.resource != d.manifest) {
            return Err(format!("{mixed:?} is mixed"));
        }
        // Whoever has written all that it planned has what it wants.
        let wanted = version(sender);
        let is_wanted = devices.iter().all(|device| device.manifest == wanted);
        if state.stored == state.planned && !is_wanted {
            return Err(format!("all was written that was planned, and yet: {devices:?}"));
        }
        Ok(())
    }
}

/// Another server leads, and what was proposed last is gone, since no majority has it. What is left of it the new
/// leader stores before it decides anything.
pub(super) fn lose(state: &State, next: &mut Vec<State>) {
    let mut after = state.clone();
    if let Some(lost) = after.proposed.pop() {
        next.extend(after.resent(lost));
        next.push(after);
    }
}
