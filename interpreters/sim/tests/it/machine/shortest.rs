//! Shorter cases: proptest tries to leave out each step once, from the last to the first, but what
//! is needless is often seen only once something else is gone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::model::Model;
use super::system::Machine;
use super::transition::Transition;

/// A part of `transitions` that fails too, but not without any of its steps; and why it fails, if
/// it is shorter.
pub(super) fn shortest(
    config: &Config,
    model: &Model,
    mut transitions: Vec<Transition>,
) -> (Vec<Transition>, Option<String>) {
    let mut why = None;
    let mut at = transitions.len();
    while let Some(before) = at.checked_sub(1) {
        at = before;
        let mut fewer = transitions.clone();
        fewer.remove(at);
        if let Some(message) = fails(config, model, &fewer) {
            // What was needed before may not be any more.
            (transitions, why) = (fewer, Some(message));
            at = transitions.len();
        }
    }
    (transitions, why)
}

/// Why these steps fail, if they do and could be made at all.
fn fails(config: &Config, model: &Model, transitions: &[Transition]) -> Option<String> {
    let mut state = model.clone();
    for transition in transitions {
        if !Model::preconditions(&state, transition) {
            return None;
        }
        state = Model::apply(state, transition);
    }
    let (config, model, transitions) = (config.clone(), model.clone(), transitions.to_vec());
    let run = || Machine::test_sequential(config, model, transitions, None);
    let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panics".to_owned()))
}
