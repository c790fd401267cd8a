//! What controllers do by themselves, and on what they are answered.

use super::state::{Device, Message, Phase, Says, State};
use super::{N_LIVES, Protocol, Without};

/// The version that a controller wants on every device.
pub(super) fn version(controller: usize) -> u8 {
    u8::try_from(controller).unwrap() + 1
}

impl Protocol {
    /// Which batches a device takes, as a set.
    fn batches(self, device: usize) -> u8 {
        match self.without {
            Without::Batches => 0b11 << (2 * device),
            _ => 0b01 << (2 * device),
        }
    }

    /// What the controller at `at` may do by itself.
    pub(super) fn act(self, state: &State, at: usize, next: &mut Vec<State>) {
        let controller = state.controllers[at];
        let mut go = |phase: Phase, says: Option<Says>| {
            let mut after = state.clone();
            after.controllers[at].phase = phase;
            if let Some(says) = says {
                after.send(Message { sender: at, life: controller.life, says });
            }
            next.push(after);
        };
        match controller.phase {
            Phase::Idle => {
                let wanted = version(at);
                let wanted = Device { resource: wanted, manifest: wanted };
                let differs = |device: &usize| state.devices[*device] != wanted;
                let planned = (0..self.n_devices).filter(differs).map(|d| self.batches(d));
                let planned = planned.fold(0, |all, batches| all | batches);
                let (base, before) = (state.last, state.fence);
                match planned {
                    0 => go(Phase::Done, None),
                    planned => {
                        go(Phase::Taking { planned }, Some(Says::Take { base, before, planned }));
                    }
                }
            }
            Phase::Writing { planned, stored } if stored == planned => go(Phase::Done, None),
            Phase::Taking { .. } | Phase::Writing { .. } | Phase::Done => {}
        }
        // It dies; what it sent is still on its way.
        if controller.life < N_LIVES && !matches!(controller.phase, Phase::Idle | Phase::Done) {
            next.push(state.clone().reborn(at));
        }
        // It has waited long enough: the same message is on its way twice.
        let own = state.on_the_way.iter().filter(|message| self.is_rough && message.sender == at);
        next.extend(own.filter_map(|message| state.resent(*message)));
    }

    /// The sender of `message` learns that it is stored.
    pub(super) fn answered(self, mut state: State, message: Message) -> State {
        if !state.is_waiting(message) {
            return state;
        }
        let fence = state.fence;
        let phase = &mut state.controllers[message.sender].phase;
        match *phase {
            Phase::Taking { planned } => {
                *phase = Phase::Writing { planned, stored: 0 };
                for n in (0..8_u8).filter(|n| planned >> n & 1 == 1) {
                    let half = (self.without == Without::Batches).then_some(n % 2 == 1);
                    let says = Says::Write { device: n / 2, fence, half };
                    state.send(Message { says, ..message });
                }
            }
            Phase::Writing { planned, stored } => {
                *phase = Phase::Writing { planned, stored: stored | message.says.batch() };
            }
            Phase::Idle | Phase::Done => {}
        }
        state
    }

    /// The sender of `message` learns that its conditions do not hold.
    pub(super) fn refused(self, state: State, message: Message) -> State {
        // What was answered before is not heard again.
        if !state.is_waiting(message) {
            return state;
        }
        // The fence is read: it may be the sender's own, of an attempt whose answer was lost.
        let is_own = state.owner == Some((message.sender, message.life));
        match message.says {
            Says::Take { .. } if is_own => self.answered(state, message),
            _ => state.reborn(message.sender),
        }
    }
}
