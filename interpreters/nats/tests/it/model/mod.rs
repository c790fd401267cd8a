//! The argument of `docs/adr/0006-nats.md`, explored in every interleaving of two controllers that
//! may die at any point, messages that arrive late or never, are sent twice and stored twice, and answers that
//! are lost; on one server, and on a cluster whose leader decides before it stores, and may be followed by another
//! that has not got what was decided last. A reader beside them reads in pieces, each from a replica that may
//! lag behind. Each condition that is left out is found missing.
//!
//! What is sent may arrive at any later time or never, so a controller sends all that it has as soon as it can: that
//! it sends later, or dies before, is among what is explored.

mod controllers;
mod reader;
mod server;
mod state;

use std::collections::HashSet;

use state::{Phase, State};

/// How often a controller begins: it may die, be refused or lose its fence before.
const N_LIVES: u8 = 2;
/// How often each controller sends a message again that it has no answer to, in each of its lives.
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
    /// A reader accepts what it read, whatever its manifest names.
    Digests,
    /// A reader accepts what is older than what it accepted.
    Generations,
}

#[derive(Clone, Copy, Debug)]
struct Protocol {
    is_cluster: bool,
    n_devices: usize,
    /// Whether a reader follows the first device.
    reads: bool,
    /// Whether messages are sent again while the first is on its way, and leaders change.
    is_rough: bool,
    without: Without,
}

impl Protocol {
    fn new(is_cluster: bool, without: Without) -> Self {
        Self { is_cluster, n_devices: 2, reads: false, is_rough: false, without }
    }

    /// Of one device, where more may happen.
    fn rough(is_cluster: bool, without: Without) -> Self {
        Self { n_devices: 1, is_rough: true, ..Self::new(is_cluster, without) }
    }

    /// With a reader, of one device.
    fn read(is_cluster: bool, without: Without) -> Self {
        Self { reads: true, ..Self::rough(is_cluster, without) }
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
        if self.is_rough {
            server::lose(state, &mut next);
        }
        if self.reads {
            self.look(state, &mut next)?;
        }
        Ok(next)
    }
}

/// What was explored.
#[derive(Debug, Default)]
struct Explored {
    n_states: usize,
    /// In how many both controllers are done.
    n_done: usize,
    /// In how many the reader has accepted something.
    n_accepted: usize,
}

/// Looks at every state.
fn explore(protocol: Protocol) -> Result<Explored, String> {
    let mut seen = HashSet::from([State::start()]);
    let mut open = vec![State::start()];
    let mut explored = Explored::default();
    while let Some(state) = open.pop() {
        let is_done = state.controllers.iter().all(|it| it.phase == Phase::Done);
        explored.n_done += usize::from(is_done);
        explored.n_accepted += usize::from(state.reader.accepted > 0);
        for next in protocol.next(&state)? {
            if !seen.contains(&next) {
                seen.insert(next.clone());
                open.push(next);
            }
        }
        assert!(seen.len() < MAX_STATES, "there are more states than that");
    }
    explored.n_states = seen.len();
    Ok(explored)
}

fn holds(protocol: Protocol) -> Explored {
    let explored = explore(protocol).unwrap_or_else(|why| panic!("{why}"));
    println!("cluster: {}, {explored:?}", protocol.is_cluster);
    assert!(explored.n_states > 10_000 && explored.n_done > 100);
    explored
}

#[test]
fn no_interleaving_on_one_server_mixes_a_device_or_lets_a_stale_controller_write() {
    holds(Protocol::new(false, Without::Nothing));
}

#[test]
fn no_interleaving_on_a_cluster_mixes_a_device_or_lets_a_stale_controller_write() {
    holds(Protocol::new(true, Without::Nothing));
}

#[test]
fn a_reader_in_pieces_from_replicas_that_lag_accepts_whole_devices_and_is_never_taken_back() {
    for is_cluster in [false, true] {
        let explored = holds(Protocol::read(is_cluster, Without::Nothing));
        assert!(explored.n_accepted > 1_000);
    }
}

#[test]
fn every_condition_of_the_protocol_is_missed_where_it_is_left_out() {
    let cases = [
        Protocol::new(false, Without::Base),
        Protocol::new(true, Without::Base),
        Protocol::new(false, Without::Fence),
        Protocol::new(true, Without::Fence),
        Protocol::new(false, Without::Batches),
        Protocol::new(true, Without::OwnKey),
        Protocol::read(false, Without::Digests),
        Protocol::read(false, Without::Generations),
    ];
    for protocol in cases {
        let why = explore(protocol).map(drop);
        let Err(why) = why else { panic!("nothing is missed: {protocol:?}") };
        println!("cluster: {}, without {:?}: {why}", protocol.is_cluster, protocol.without);
    }
}
