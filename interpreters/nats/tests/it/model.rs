//! The argument of `docs/adr/0006-nats.md`, explored in every interleaving of two controllers that
//! may die at any point, messages that arrive late, and answers that are lost; on one server, and on a
//! cluster whose leader decides before it stores. Each condition that is left out is found missing.

use std::collections::HashSet;

const N_DEVICES: usize = 2;
/// How often a controller begins: it may die, be refused or lose its fence before.
const N_LIVES: u8 = 2;
/// How often each controller sends a message again whose answer was lost, in each of its lives.
const N_RETRIES: [u8; 2] = [1, 0];
/// More states than there are.
const MAX_STATES: usize = 20_000_000;

/// A condition of the protocol that is left out, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Without {
    Nothing,
    /// The fence is taken whatever was written since the observation.
    Base,
    /// Devices are written whoever has the fence.
    Fence,
    /// The fence is taken without a condition on its own key.
    OwnKey,
    /// A device is written in two batches.
    Batches,
}

#[derive(Clone, Copy, Debug)]
struct Protocol {
    is_cluster: bool,
    without: Without,
}

type Devices = [Device; N_DEVICES];

/// The version of a device's resource, and the one that its manifest names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Device {
    resource: u8,
    manifest: u8,
}

/// A message on its way: who sent it, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Message {
    sender: usize,
    life: u8,
    says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Says {
    /// The fence is taken at `base`, where the fence before is at `before`, to write `planned`.
    Take { base: u8, before: u8, planned: u8 },
    /// A device gets the sender's version, under the fence at `fence`; both halves if not `half`.
    Write { device: u8, fence: u8, half: Option<bool> },
}

/// Where a controller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Idle,
    Observed {
        base: u8,
        before: u8,
        planned: u8,
    },
    Taking {
        planned: u8,
    },
    /// What is sent and what is acknowledged, as sets of batches.
    Writing {
        fence: u8,
        planned: u8,
        sent: u8,
        stored: u8,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Controller {
    phase: Phase,
    life: u8,
    retries: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    last: u8,
    fence: u8,
    /// Whose the fence is, what it is to write, and what of it is stored.
    owner: Option<(usize, u8)>,
    planned: u8,
    stored: u8,
    devices: Devices,
    /// Decided by the leader and not stored yet, the first first.
    proposed: Vec<Message>,
    // In order, so that equal sets are equal.
    on_the_way: Vec<Message>,
    controllers: [Controller; 2],
}

impl State {
    fn start() -> Self {
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
        }
    }

    fn send(&mut self, message: Message) {
        let at = self.on_the_way.partition_point(|other| *other <= message);
        self.on_the_way.insert(at, message);
    }
}

/// The version that a controller wants on every device.
fn version(controller: usize) -> u8 {
    u8::try_from(controller).unwrap() + 1
}

impl Protocol {
    /// Which batches a device takes.
    fn batches(self, device: usize) -> Vec<u8> {
        let bit = |n: usize| 1 << n;
        match self.without {
            Without::Batches => vec![bit(2 * device), bit(2 * device + 1)],
            _ => vec![bit(2 * device)],
        }
    }

    /// Every state that may come next, or what must not happen.
    fn next(self, state: &State) -> Result<Vec<State>, String> {
        let mut next = Vec::new();
        for controller in 0..state.controllers.len() {
            self.act(state, controller, &mut next);
        }
        for at in 0..state.on_the_way.len() {
            self.arrive(state, at, &mut next)?;
        }
        if let Some(&message) = state.proposed.first() {
            let mut after = state.clone();
            after.proposed.remove(0);
            self.store(after, message, &mut next)?;
        }
        Ok(next)
    }

    /// What a controller may do by itself.
    fn act(self, state: &State, at: usize, next: &mut Vec<State>) {
        let controller = state.controllers[at];
        let mut go = |phase: Phase, message: Option<Says>| {
            let mut after = state.clone();
            after.controllers[at].phase = phase;
            if let Some(says) = message {
                after.send(Message { sender: at, life: controller.life, says });
            }
            next.push(after);
        };
        match controller.phase {
            Phase::Idle => {
                let differs = |device: &usize| {
                    let wanted = version(at);
                    state.devices[*device] != Device { resource: wanted, manifest: wanted }
                };
                let planned = (0..N_DEVICES).filter(differs).flat_map(|d| self.batches(d));
                let planned = planned.fold(0, |all, batch| all | batch);
                let (base, before) = (state.last, state.fence);
                match planned {
                    0 => go(Phase::Done, None),
                    planned => go(Phase::Observed { base, before, planned }, None),
                }
            }
            Phase::Observed { base, before, planned } => {
                go(Phase::Taking { planned }, Some(Says::Take { base, before, planned }));
            }
            Phase::Writing { planned, stored, .. } if stored == planned => go(Phase::Done, None),
            Phase::Writing { fence, planned, sent, stored } => {
                for n in (0..8_u8).filter(|n| (planned & !sent) >> n & 1 == 1) {
                    let half = (self.without == Without::Batches).then_some(n % 2 == 1);
                    let sent = sent | 1 << n;
                    let says = Says::Write { device: n / 2, fence, half };
                    go(Phase::Writing { fence, planned, sent, stored }, Some(says));
                }
            }
            Phase::Taking { .. } | Phase::Done => {}
        }
        // It dies, and begins anew; what it sent is still on its way.
        if controller.life < N_LIVES && !matches!(controller.phase, Phase::Idle | Phase::Done) {
            next.push(reborn(state.clone(), at));
        }
    }

    /// A message arrives at the server, which decides its conditions.
    fn arrive(self, state: &State, at: usize, next: &mut Vec<State>) -> Result<(), String> {
        let mut after = state.clone();
        let message = after.on_the_way.remove(at);
        let holds = match message.says {
            Says::Take { base, before, .. } => {
                let on_own_key = self.without != Without::OwnKey;
                if on_own_key && !state.proposed.is_empty() {
                    // Something with a condition on that key is not stored yet: it is sent again.
                    return Ok(());
                }
                (self.without == Without::Base || base == state.last)
                    && (!on_own_key || before == state.fence)
            }
            Says::Write { fence, .. } => {
                if !state.proposed.is_empty() {
                    return Ok(());
                }
                self.without == Without::Fence || fence == state.fence
            }
        };
        if !holds {
            next.push(refused(after, message));
        } else if self.is_cluster {
            after.proposed.push(message);
            next.push(after);
        } else {
            self.store(after, message, next)?;
        }
        Ok(())
    }

    /// A message is stored, and answered; the answer may be lost.
    fn store(
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
                let device = &mut after.devices[usize::from(device)];
                let wanted = version(message.sender);
                match half {
                    Some(true) => device.manifest = wanted,
                    Some(false) => device.resource = wanted,
                    None => *device = Device { resource: wanted, manifest: wanted },
                }
                after.stored |= batch(message.says);
                self.check(&after, message.sender)?;
            }
        }
        // An answer is lost on a controller that will send it again.
        let sender = after.controllers[message.sender];
        if sender.life == message.life && sender.retries > 0 {
            let mut lost = after.clone();
            lost.controllers[message.sender].retries -= 1;
            lost.send(message);
            next.push(lost);
        }
        next.push(answered(after, message));
        Ok(())
    }

    /// What must hold whenever something is stored.
    fn check(self, state: &State, sender: usize) -> Result<(), String> {
        if let Some(mixed) = state.devices.iter().find(|d| d.resource != d.manifest) {
            return Err(format!("{mixed:?} is mixed"));
        }
        // Whoever has written all that it planned has what it wants.
        let wanted = version(sender);
        let is_wanted = state.devices.iter().all(|device| device.manifest == wanted);
        if state.stored == state.planned && !is_wanted {
            return Err(format!("all was written that was planned, and yet: {:?}", state.devices));
        }
        Ok(())
    }
}

fn batch(says: Says) -> u8 {
    match says {
        Says::Write { device, half, .. } => 1 << (2 * device + u8::from(half == Some(true))),
        Says::Take { .. } => 0,
    }
}

/// The controller at `at` begins anew, if it may.
fn reborn(mut state: State, at: usize) -> State {
    let life = state.controllers[at].life;
    let phase = if life < N_LIVES { Phase::Idle } else { Phase::Done };
    state.controllers[at] = Controller { phase, life: life + 1, retries: N_RETRIES[at] };
    state
}

/// The sender of `message` learns that it is stored.
fn answered(mut state: State, message: Message) -> State {
    let fence = state.fence;
    let controller = &mut state.controllers[message.sender];
    if controller.life != message.life {
        return state;
    }
    controller.phase = match (controller.phase, message.says) {
        (Phase::Taking { planned }, Says::Take { .. }) => {
            Phase::Writing { fence, planned, sent: 0, stored: 0 }
        }
        (Phase::Writing { fence, planned, sent, stored }, says @ Says::Write { .. }) => {
            Phase::Writing { fence, planned, sent, stored: stored | batch(says) }
        }
        (phase, _) => phase,
    };
    state
}

/// The sender of `message` learns that its conditions do not hold.
fn refused(state: State, message: Message) -> State {
    let controller = state.controllers[message.sender];
    if controller.life != message.life {
        return state;
    }
    // The fence is read: it may be the sender's own, of an attempt whose answer was lost.
    let is_own = state.owner == Some((message.sender, message.life));
    match message.says {
        Says::Take { .. } if is_own && matches!(controller.phase, Phase::Taking { .. }) => {
            answered(state, message)
        }
        _ => reborn(state, message.sender),
    }
}

/// Looks at every state; how many there are, and in how many both controllers are done.
fn explore(protocol: Protocol) -> Result<(usize, usize), String> {
    let mut seen = HashSet::from([State::start()]);
    let mut open = vec![State::start()];
    let mut n_done = 0;
    while let Some(state) = open.pop() {
        let is_done = |controller: &Controller| controller.phase == Phase::Done;
        n_done += usize::from(state.controllers.iter().all(is_done));
        for next in protocol.next(&state)? {
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
        assert!(seen.len() < MAX_STATES, "there are more states than that");
    }
    Ok((seen.len(), n_done))
}

fn holds(is_cluster: bool) {
    let explored = explore(Protocol { is_cluster, without: Without::Nothing });
    let (n_states, n_done) = explored.unwrap_or_else(|why| panic!("{why}"));
    println!("cluster: {is_cluster}, {n_states} states, {n_done} of them with both done");
    assert!(n_states > 10_000 && n_done > 100);
}

#[test]
fn no_interleaving_on_one_server_mixes_a_device_or_lets_a_stale_controller_write() {
    holds(false);
}

#[test]
fn no_interleaving_on_a_cluster_mixes_a_device_or_lets_a_stale_controller_write() {
    holds(true);
}

#[test]
fn every_condition_of_the_protocol_is_missed_where_it_is_left_out() {
    let cases = [
        (false, Without::Base),
        (true, Without::Base),
        (false, Without::Fence),
        (true, Without::Fence),
        (false, Without::Batches),
        (true, Without::OwnKey),
    ];
    for (is_cluster, without) in cases {
        let explored = explore(Protocol { is_cluster, without });
        let why = explored.expect_err("nothing is missed");
        println!("cluster: {is_cluster}, without {without:?}: {why}");
    }
}
