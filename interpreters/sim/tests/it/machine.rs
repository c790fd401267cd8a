//! A state machine: random steps of people, devices, other writers and failing disks, each compared
//! with a model of the world.
//!
//! The model ([`model`]) is plain maps, computed without the simulator; the machine ([`system`])
//! does each step on a real world and compares ([`checks`]).
//!
//! # Seeds
//!
//! Every run prints its seed, which is the same each time. `PROPTEST_RNG_SEED=7` takes another,
//! `PROPTEST_CASES=5000` more cases; `docs/simulator.md` gives the commands.
//!
//! # Saved regressions
//!
//! A case that fails is shrunk, printed step by step, and its seed is saved by proptest in
//! `proptest-regressions/machine.txt`. That file is checked in, and each run begins with what it
//! holds. The cases in it were found on simulators that are broken on purpose ([`broken`]): the
//! test `saved_cases_are_replayed_and_break_what_they_broke` runs nothing but them on the broken
//! simulators. A saved seed stands for a case only as long as the strategies stay as they are; once
//! they change, that test searches anew, saves what it finds in the same file, and says so.

mod broken;
mod checks;
mod devices;
mod disks;
mod draws;
mod drift;
mod expected;
mod model;
mod plans;
mod shortest;
mod strategies;
mod system;
mod tally;
mod transition;
mod world;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Once;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestError, TestRunner};
use proptest_state_machine::StateMachineTest;

use broken::Bug;
use model::Model;
use shortest::shortest;
use system::{Machine, Run, strategy};
use transition::Transition;

/// The seed that is taken unless another is asked for.
const SEED: u64 = 20_260_401;
/// How many steps a case has.
const N_STEPS: usize = 40;
/// How many steps are made at least, unless fewer cases are asked for.
const MIN_STEPS: u64 = 10_000;

/// The seed, the number of cases from proptest's environment or its defaults (256), and where
/// failures are saved.
fn config() -> Config {
    let saved = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/machine.txt");
    let config = Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(saved))),
        max_shrink_iters: 2000,
        ..Config::default()
    };
    match config.rng_seed {
        RngSeed::Random => Config { rng_seed: RngSeed::Fixed(SEED), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// The shortest case that fails, and why.
struct Failure {
    model: Model,
    transitions: Vec<Transition>,
    why: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.why)?;
        let wanted = self.transitions.iter().filter_map(Transition::fleet);
        for fleet in BTreeSet::from_iter(wanted.chain([0])) {
            writeln!(f, "  fleet {fleet}: {}", self.model.text(fleet))?;
        }
        writeln!(f, "  fleet 0 is wanted on {:?}", self.model)?;
        for (i, transition) in self.transitions.iter().enumerate() {
            writeln!(f, "  {}. {transition}", i + 1)?;
        }
        Ok(())
    }
}

/// Runs the cases of `config` for `run`. The panics on the way to the shortest are not printed.
fn explore(config: &Config, run: &Run) -> Result<(), Box<Failure>> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                others(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let outcome = explore_quietly(config, run);
    IS_QUIET.set(false);
    outcome
}

thread_local! {
    /// Whether panics of this thread are part of the search.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

fn explore_quietly(config: &Config, run: &Run) -> Result<(), Box<Failure>> {
    let mut runner = TestRunner::new(config.clone());
    let outcome = runner.run(&strategy(N_STEPS), |(mut model, transitions, seen)| {
        model.run = run.clone();
        Machine::test_sequential(config.clone(), model, transitions, seen);
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, (model, transitions, _))) => {
            let (transitions, shorter) = shortest(config, &model, transitions);
            let why = shorter.unwrap_or_else(|| why.to_string());
            Err(Box::new(Failure { model, transitions, why }))
        }
        Err(TestError::Abort(why)) => panic!("no cases could be made: {why}"),
    }
}

#[test]
fn whatever_happens_the_world_is_as_the_model_says() {
    let (config, run) = (config(), Run::default());
    println!("seed {} (PROPTEST_RNG_SEED), {} cases", config.rng_seed, config.cases);
    let outcome = explore(&config, &run);
    let tally = run.tally.lock().unwrap();
    println!("{tally}");
    if let Err(failure) = outcome {
        panic!("with the seed {}, {failure}", config.rng_seed);
    }
    if u64::from(config.cases) * N_STEPS as u64 >= MIN_STEPS {
        assert!(tally.n_steps() >= MIN_STEPS);
        assert_eq!(tally.rarer_than(5), Vec::<String>::new(), "what hardly happens");
    }
}

/// Runs nothing but the saved cases.
fn replay(run: &Run) -> Result<(), Box<Failure>> {
    // What proptest has not shrunk by then is made shorter anyway.
    explore(&Config { cases: 0, max_shrink_iters: 100, ..config() }, run)
}

#[test]
fn saved_cases_are_replayed_and_break_what_they_broke() {
    let mut unbroken = Vec::new();
    for bug in Bug::ALL {
        let run = Run { bug: Some(bug), ..Run::default() };
        match replay(&run) {
            Err(failure) => {
                println!("{bug:?}: {failure}");
                assert!(failure.transitions.len() <= 8, "{bug:?} is not shrunk: {failure}");
            }
            // The strategies changed since, so what was saved stands for other cases now.
            Ok(()) => match explore(&config(), &run) {
                Err(found) => unbroken.push(format!("{bug:?}: {found}")),
                Ok(()) => panic!("the machine does not find the bug {bug:?}"),
            },
        }
    }
    assert!(
        unbroken.is_empty(),
        "no saved case broke what has these bugs; others were found and saved, so check in \
         `proptest-regressions/machine.txt`:\n{}",
        unbroken.join("\n")
    );
    if let Err(failure) = replay(&Run::default()) {
        panic!("what is saved breaks the simulator as it is: {failure}");
    }
}
