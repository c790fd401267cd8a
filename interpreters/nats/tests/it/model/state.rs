//! What there is at one moment: the server's, the controllers', the reader's, and what is on its way.

use super::{N_LIVES, N_RETRIES};

/// The most devices that there are.
const N_DEVICES: usize = 2;

/// The version of a device's resource, and the one that its manifest names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Device {
    pub(super) resource: u8,
    pub(super) manifest: u8,
}

/// A message on its way: who sent it, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) sender: usize,
    pub(super) life: u8,
    pub(super) says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Says {
    /// The fence is taken at `base`, where the fence before is at `before`, to write `planned`.
    Take { base: u8, before: u8, planned: u8 },
    /// A device gets the sender's version, under the fence at `fence`; both halves if not `half`.
    Write { device: u8, fence: u8, half: Option<bool> },
}

impl Says {
    /// The batch that it is, as a set of one; none if it takes the fence.
    pub(super) fn batch(self) -> u8 {
        match self {
            Self::Write { device, half, .. } => 1 << (2 * device + u8::from(half == Some(true))),
            Self::Take { .. } => 0,
        }
    }
}

/// Where a controller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Idle,
    Taking {
        planned: u8,
    },
    /// What is planned and what is acknowledged, as sets of batches.
    Writing {
        planned: u8,
        stored: u8,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Controller {
    pub(super) phase: Phase,
    pub(super) life: u8,
    pub(super) retries: u8,
}

/// Who follows the first device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    /// The generation that it accepted last; 0 if none.
    pub(super) accepted: u8,
    /// The generation and the version of the manifest that it has read and not acted on yet.
    pub(super) manifest: Option<(u8, u8)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) last: u8,
    pub(super) fence: u8,
    /// Whose the fence is, what it is to write, and what of it is stored.
    pub(super) owner: Option<(usize, u8)>,
    pub(super) planned: u8,
    pub(super) stored: u8,
    pub(super) devices: [Device; N_DEVICES],
    /// Decided by the leader and not stored yet, the first first.
    pub(super) proposed: Vec<Message>,
    // In order, so that equal sets are equal.
    pub(super) on_the_way: Vec<Message>,
    pub(super) controllers: [Controller; 2],
    pub(super) reader: Reader,
    /// What the first device was, each with its generation: what a replica that lags behind has.
    pub(super) past: Vec<(u8, Device)>,
}

impl State {
    pub(super) fn start() -> Self {
        let controller = |retries| Controller { phase: Phase::Idle, life: 1, retries };
        Self {
            last: 1,
            fence: 1,
            owner: None,
            planned: 0,
            stored: 0,
            devices: [Device::default(); N_DEVICES],
            proposed: Vec::new(),
            on_the_way: Vec::new(),
            controllers: N_RETRIES.map(controller),
            reader: Reader::default(),
            past: Vec::new(),
        }
    }

    pub(super) fn send(&mut self, message: Message) {
        let at = self.on_the_way.partition_point(|other| *other <= message);
        self.on_the_way.insert(at, message);
    }

    /// Whether the sender of `message` still has no answer to it.
    pub(super) fn is_waiting(&self, message: Message) -> bool {
        let Controller { phase, life, .. } = self.controllers[message.sender];
        life == message.life
            && match (phase, message.says) {
                (Phase::Taking { .. }, Says::Take { .. }) => true,
                (Phase::Writing { stored, .. }, says @ Says::Write { .. }) => {
                    stored & says.batch() == 0
                }
                _ => false,
            }
    }

    /// The sender of `message` sends it again, if it waits and may.
    pub(super) fn resent(&self, message: Message) -> Option<Self> {
        let mut after = self.clone();
        let controller = &mut after.controllers[message.sender];
        controller.retries = controller.retries.checked_sub(1)?;
        after.send(message);
        self.is_waiting(message).then_some(after)
    }

    /// The controller at `at` begins anew, if it may; what it sent is still on its way.
    pub(super) fn reborn(mut self, at: usize) -> Self {
        let life = self.controllers[at].life;
        let phase = if life < N_LIVES { Phase::Idle } else { Phase::Done };
        self.controllers[at] = Controller { phase, life: life + 1, retries: N_RETRIES[at] };
        self
    }
}
