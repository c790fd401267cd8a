//! The system under test: controllers of one world on one disk, and the plans that they made.

use std::sync::{Arc, Mutex};

use escadre_algebra::Resolved;
use escadre_interpreter::{
    Applied, Consent, Interpreter, Plan, Progress, Refused, Silent, Snapshot,
};
use escadre_sim::{ApplyError, Disk, Faults, Objects, Simulator, wait};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::broken::Bug;
use super::expected::Outcome;
use super::model::{Model, N_CONTROLLERS, N_SLOTS};
use super::plans::consenting;
use super::tally::Tally;
use super::transition::Transition;
use super::{broken, checks, disks};
use crate::support;

/// What a run of the machine is for, shared by all its cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// What is wrong with the simulator that is tried, on purpose.
    pub(super) bug: Option<Bug>,
    pub(super) tally: Arc<Mutex<Tally>>,
}

/// A plan that is kept.
pub(super) struct Kept {
    pub(super) plan: Plan,
    pub(super) objects: Objects,
}

/// The controllers of one world, and what they remember.
pub(super) struct System {
    pub(super) disk: Disk,
    pub(super) controllers: Vec<Simulator>,
    pub(super) plans: [Option<Kept>; N_SLOTS],
    /// What was held before the step under way.
    pub(super) seen: Snapshot,
    /// The greatest generation that the fence ever had.
    pub(super) generation: u64,
    pub(super) revision: String,
    pub(super) run: Run,
    /// Where a broken simulator falls back to.
    pub(super) old: Disk,
}

/// How a kept plan is applied.
pub(super) struct Applying<'a> {
    pub(super) kept: &'a Kept,
    pub(super) objects: &'a Objects,
    pub(super) consent: Consent,
    pub(super) faults: Faults,
    pub(super) dry_run: bool,
}

impl System {
    fn new(run: &Run) -> Self {
        let disk = Disk::new();
        let controllers = controllers(&disk);
        Self {
            old: disk.survivor(),
            disk,
            controllers,
            plans: Default::default(),
            seen: Snapshot::empty(),
            generation: 0,
            revision: String::new(),
            run: run.clone(),
        }
    }

    /// The controller that does what needs no certain one.
    pub(super) fn any(&mut self) -> &mut Simulator {
        &mut self.controllers[0]
    }

    /// Plans for `resolved`, and keeps all that applying needs.
    pub(super) fn keep(&mut self, controller: usize, resolved: &Arc<Resolved>) -> Kept {
        let controller = &mut self.controllers[controller];
        let plan = support::plan(controller, resolved);
        let objects = controller.lower(resolved).unwrap();
        Kept { plan, objects }
    }

    /// Applies a plan, looking at the world whenever its controller tells how far it is.
    fn apply_plan(&mut self, how: &Applying<'_>) -> Result<Applied, ApplyError> {
        let mut watcher = Watcher { world: self.any().clone(), seen: Vec::new() };
        let applied = self.apply_telling(how, &mut watcher);
        let now = support::held(self.any());
        for seen in watcher.seen {
            checks::ensure_whole(&seen, &[&self.seen, &now], "while it was written");
        }
        applied
    }

    fn apply_telling(
        &mut self,
        how: &Applying<'_>,
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ApplyError> {
        let bug = self.run.bug;
        let controller = self.any();
        controller.set_faults(how.faults);
        let applied = match bug {
            Some(bug) => broken::apply(bug, controller, how, progress),
            None => {
                let Applying { kept, objects, consent, dry_run, .. } = how;
                wait(controller.apply(&kept.plan, objects, consent, *dry_run, progress))
            }
        };
        controller.set_faults(Faults::default());
        applied
    }

    fn do_apply(&mut self, slot: usize, transition: &Transition) -> Outcome {
        let (consent, wrong, dry_run) = match transition {
            Transition::Apply { consent, wrong, .. } => (consent.consent(), *wrong, false),
            Transition::DryRun { consent, wrong, .. } => (consent.consent(), *wrong, true),
            _ => (consenting(), super::draws::Wrong::default(), false),
        };
        let Some(kept) = self.plans[slot].take() else { return Outcome::Nothing };
        let objects = match transition {
            Transition::Mixed { objects, .. } if *objects != slot => {
                self.plans[*objects].as_ref().map(|other| other.objects.clone())
            }
            _ => None,
        };
        let objects = objects.as_ref().unwrap_or(&kept.objects);
        let how = Applying { kept: &kept, objects, consent, faults: wrong.faults(), dry_run };
        let applied = self.apply_plan(&how);
        self.plans[slot] = Some(kept);
        outcome(applied)
    }

    fn take_over(&mut self, slot: usize, rival: &Arc<Resolved>) -> Outcome {
        let Some(kept) = self.plans[slot].take() else { return Outcome::Nothing };
        let mut rival = Rival { world: self.controllers[1].clone(), wanted: Arc::clone(rival) };
        let how = Applying {
            kept: &kept,
            objects: &kept.objects,
            consent: consenting(),
            faults: Faults::default(),
            dry_run: false,
        };
        let applied = self.apply_telling(&how, &mut rival);
        self.plans[slot] = Some(kept);
        outcome(applied)
    }

    /// Does what is wanted; the next plan is empty then, if all of it could be done.
    fn converge(&mut self, wanted: &Arc<Resolved>) -> Outcome {
        let kept = self.keep(1, wanted);
        let how = Applying {
            kept: &kept,
            objects: &kept.objects,
            consent: consenting(),
            faults: Faults::default(),
            dry_run: false,
        };
        let applied = self.apply_plan(&how);
        if applied.is_ok() {
            let next = support::plan(&mut self.controllers[1], wanted);
            assert!(next.is_empty(), "the plan after an apply changes {:?}", next.changes());
        }
        outcome(applied)
    }

    fn reopen(&mut self, killed: bool) {
        if killed {
            // What they wrote stays, and nobody closed anything.
            self.disk = self.disk.survivor();
        }
        self.controllers.clear();
        if self.run.bug == Some(Bug::ForgetsWritesWhenKilled) && killed {
            self.disk = self.old.survivor();
        }
        self.controllers = controllers(&self.disk);
        self.old = self.disk.survivor();
    }

    fn step(&mut self, model: &Model, transition: &Transition) -> Outcome {
        match transition {
            Transition::Fleet(_)
            | Transition::Device(_)
            | Transition::Leave(_)
            | Transition::Cover(_) => {}
            Transition::Observe(controller) => {
                let controller = &mut self.controllers[*controller];
                assert_eq!(support::held(controller), support::held(controller));
            }
            Transition::Plan { controller, slot } => {
                // The model's plan says for which fleet and inventory.
                let planned = model.plans[*slot].as_ref();
                self.plans[*slot] =
                    planned.map(|planned| self.keep(*controller, &planned.resolved));
            }
            Transition::Apply { slot, .. }
            | Transition::DryRun { slot, .. }
            | Transition::Mixed { plan: slot, .. } => return self.do_apply(*slot, transition),
            Transition::TakeOver { slot, fleet } => {
                let Some(wanted) = model.resolved(*fleet) else { return Outcome::Nothing };
                return self.take_over(*slot, wanted);
            }
            Transition::Converge => {
                let Some(wanted) = model.wanted() else { return Outcome::Nothing };
                return self.converge(wanted);
            }
            Transition::Drift { seed, n } => {
                let drifts = self.any().inject_drift(*seed, *n).unwrap();
                return Outcome::Drifted(drifts.into_iter().map(|drift| drift.device).collect());
            }
            Transition::Pass { ms, wrong } => {
                let controller = self.any();
                controller.set_faults(wrong.faults());
                let did = controller.step(std::time::Duration::from_millis(*ms)).unwrap();
                controller.set_faults(Faults::default());
                let (n_installed, n_failed) = (did.n_installed, did.n_failed);
                return Outcome::Passed { n_installed, n_failed };
            }
            Transition::Reopen { killed } => self.reopen(*killed),
            Transition::Disk { fleet, fault, after } => {
                let Some(wanted) = model.resolved(*fleet) else { return Outcome::Nothing };
                let hit = disks::fail(&self.disk, &self.seen, wanted, (*fault, *after));
                self.run.tally.lock().unwrap().hits(hit);
            }
        }
        Outcome::Nothing
    }
}

fn controllers(disk: &Disk) -> Vec<Simulator> {
    let first = Simulator::on_disk("machine", disk, 1).unwrap();
    vec![first; N_CONTROLLERS]
}

/// What `applied` says, as the model says it.
fn outcome(applied: Result<Applied, ApplyError>) -> Outcome {
    match applied {
        Ok(Applied { n_written, n_removed, failed, .. }) => {
            let failed = failed.into_iter().map(|(device, _)| device).collect();
            Outcome::Applied { n_written, n_removed, failed }
        }
        Err(ApplyError::Refused(Refused::Shrink { n_removed, n_members, .. })) => {
            Outcome::Shrink { n_removed, n_members }
        }
        Err(ApplyError::Refused(Refused::PruneOnPartial { n_removed, .. })) => {
            Outcome::PruneOnPartial { n_removed }
        }
        Err(ApplyError::Stale(stale)) => Outcome::Stale(stale.what),
        Err(ApplyError::Crashed { n_done }) => Outcome::Crashed { n_done },
        Err(ApplyError::Fenced { ours, theirs, n_done: 0 }) => Outcome::Fenced { ours, theirs },
        Err(error) => panic!("an error that nothing asked for: {error}"),
    }
}

/// Looks at a world while another controller writes it.
struct Watcher {
    world: Simulator,
    seen: Vec<Snapshot>,
}

impl Progress for Watcher {
    fn begin(&mut self, _: usize) {
        self.seen.push(support::held(&mut self.world));
    }
    fn advance(&mut self, _: usize) {
        self.seen.push(support::held(&mut self.world));
    }
    fn note(&mut self, _: &str) {}
}

/// Another controller, which plans and applies once the first one has the fence.
struct Rival {
    world: Simulator,
    wanted: Arc<Resolved>,
}

impl Progress for Rival {
    fn begin(&mut self, _: usize) {
        let plan = support::plan(&mut self.world, &self.wanted);
        let objects = self.world.lower(&self.wanted).unwrap();
        match wait(self.world.apply(&plan, &objects, &consenting(), false, &mut Silent)) {
            Ok(_) | Err(ApplyError::Refused(_)) => {}
            Err(error) => panic!("the controller that takes over cannot: {error}"),
        }
    }
    fn advance(&mut self, _: usize) {}
    fn note(&mut self, _: &str) {}
}

/// The state machine: [`System`] against [`Model`].
pub(super) struct Machine;

impl StateMachineTest for Machine {
    type SystemUnderTest = System;
    type Reference = Model;

    fn init_test(model: &Model) -> System {
        System::new(&model.run)
    }

    fn apply(mut system: System, model: &Model, transition: Transition) -> System {
        let outcome = system.step(model, &transition);
        assert_eq!(outcome, model.expected.outcome, "{transition}: what it answered, and should");
        system.run.tally.lock().unwrap().step(&transition, &model.expected);
        checks::ensure_as_modelled(&mut system, model, &transition);
        system
    }

    fn check_invariants(system: &System, model: &Model) {
        checks::ensure_status(&system.controllers[N_CONTROLLERS - 1], model);
    }
}

/// The reference runs the model alone; the strategy of all runs is this one.
pub(super) fn strategy(
    n_steps: usize,
) -> impl proptest::strategy::Strategy<
    Value = (Model, Vec<Transition>, Option<Arc<std::sync::atomic::AtomicUsize>>),
> {
    Model::sequential_strategy(n_steps)
}
