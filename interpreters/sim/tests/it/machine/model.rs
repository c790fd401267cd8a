//! The reference: what is wanted, what is listed, what the world holds, which plans are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use escadre_algebra::{
    Coverage, DeviceId, Digest, EncodeOptions, Facts, Fleet, Inventory, Resolved,
};
use escadre_interpreter::Consent;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::draws::Wrong;
use super::expected::Expected;
use super::plans::{self, How, Planned, consenting};
use super::system::Run;
use super::transition::{Transition, device};
use super::world::World;
use super::{devices, drift, strategies};

/// How many plans are kept at once.
pub(super) const N_SLOTS: usize = 3;
/// How many controllers there are.
pub(super) const N_CONTROLLERS: usize = 2;
/// How many devices there are, listed or not.
pub(super) const N_DEVICES: usize = 8;

/// The reference state: enough to say what every transition does.
#[derive(Clone)]
pub(super) struct Model {
    /// The fleets that are wanted now and then.
    pub(super) fleets: Arc<[Fleet]>,
    pub(super) devices: BTreeMap<DeviceId, Facts>,
    pub(super) coverage: Coverage,
    pub(super) fleet: usize,
    /// Each fleet on what is listed; `None` while it contradicts itself on a device there.
    resolved: Arc<[Option<Arc<Resolved>>]>,
    pub(super) world: World,
    pub(super) plans: [Option<Planned>; N_SLOTS],
    /// What the last transition must have done.
    pub(super) expected: Expected,
    /// The run that this is part of; the model itself asks nothing of it.
    pub(super) run: Run,
}

/// The contents that fleets of the pool carry.
pub(super) const CONTENTS: [&[u8]; 2] = [b"the first content", b"another one \x00\xff"];

impl Model {
    fn new(fleets: Vec<Fleet>, devices: Vec<Facts>) -> Self {
        let mut model = Self {
            fleets: fleets.into(),
            devices: devices.into_iter().map(|facts| (facts.id().clone(), facts)).collect(),
            coverage: Coverage::Complete,
            fleet: 0,
            resolved: Arc::default(),
            world: World { is_done: true, ..World::default() },
            plans: Default::default(),
            expected: Expected::nothing(),
            run: Run::default(),
        };
        model.resolve();
        model
    }

    /// The fleet of this number on what is listed, if it has an answer there.
    pub(super) fn resolved(&self, fleet: usize) -> Option<&Arc<Resolved>> {
        self.resolved[fleet].as_ref()
    }

    /// What is wanted, if that has an answer.
    pub(super) fn wanted(&self) -> Option<&Arc<Resolved>> {
        self.resolved(self.fleet)
    }

    /// The fleet of this number as text, on one line.
    pub(super) fn text(&self, fleet: usize) -> String {
        let text = self.fleets[fleet].encode(&EncodeOptions::default());
        text.map_or_else(|e| e.to_string(), |text| text.trim_end().replace('\n', " "))
    }

    /// The numbers of the fleets that have an answer.
    pub(super) fn answering(&self) -> Vec<usize> {
        (0..self.fleets.len()).filter(|fleet| self.resolved(*fleet).is_some()).collect()
    }

    fn resolve(&mut self) {
        let inventory = Inventory::new(self.devices.values().cloned(), self.coverage).unwrap();
        let resolve = |fleet: &Fleet| fleet.resolve(&inventory).ok().map(Arc::new);
        self.resolved = self.fleets.iter().map(resolve).collect();
    }

    /// Applies the plan in `slot`, which holds one.
    fn apply_plan(&mut self, slot: usize, consent: Consent, wrong: &Wrong) -> Expected {
        let Some(planned) = &self.plans[slot] else { return Expected::nothing() };
        let how = How { objects: &planned.resolved, consent, wrong };
        plans::apply(&mut self.world, planned, &how)
    }

    fn step(&mut self, transition: &Transition) -> Expected {
        match transition {
            Transition::Fleet(number) => self.fleet = *number,
            Transition::Device(facts) => {
                self.devices.insert(facts.id().clone(), facts.clone());
                self.resolve();
            }
            Transition::Leave(id) => {
                self.devices.remove(id);
                self.resolve();
            }
            Transition::Cover(coverage) => {
                self.coverage = *coverage;
                self.resolve();
            }
            // A disk fails on a copy, so that nothing of it is left.
            Transition::Observe(_) | Transition::Reopen { .. } | Transition::Disk { .. } => {}
            Transition::Plan { slot, .. } => {
                let planned = self.wanted().map(|wanted| Planned::new(wanted, &self.world));
                self.plans[*slot] = planned;
            }
            Transition::Apply { slot, consent, wrong } => {
                return self.apply_plan(*slot, consent.consent(), wrong);
            }
            Transition::DryRun { slot, consent, wrong } => {
                let before = self.world.clone();
                let mut expected = self.apply_plan(*slot, consent.consent(), wrong);
                self.world = before;
                expected.hits.clear();
                return expected;
            }
            Transition::Mixed { plan, objects } => {
                let (Some(planned), Some(other)) = (&self.plans[*plan], &self.plans[*objects])
                else {
                    return Expected::nothing();
                };
                let (objects, wrong) = (&other.resolved, &Wrong::default());
                let how = How { objects, consent: consenting(), wrong };
                return plans::apply(&mut self.world, planned, &how);
            }
            Transition::TakeOver { slot, fleet } => {
                let rival = self.resolved(*fleet).cloned();
                let (Some(planned), Some(rival)) = (&self.plans[*slot], rival) else {
                    return Expected::nothing();
                };
                let (objects, wrong) = (&planned.resolved, &Wrong::default());
                let how = How { objects, consent: consenting(), wrong };
                return plans::take_over(&mut self.world, planned, &how, &rival);
            }
            Transition::Converge => {
                let Some(wanted) = self.wanted().cloned() else { return Expected::nothing() };
                let planned = Planned::new(&wanted, &self.world);
                let (objects, wrong) = (&wanted, &Wrong::default());
                let how = How { objects, consent: consenting(), wrong };
                return plans::apply(&mut self.world, &planned, &how);
            }
            Transition::Drift { seed, n } => return drift::drift(&mut self.world, *seed, *n),
            Transition::Pass { ms, wrong } => return devices::pass(&mut self.world, *ms, wrong),
        }
        Expected::nothing()
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        let begin = (strategies::fleets(), strategies::devices());
        begin.prop_map(|(fleets, devices)| Self::new(fleets, devices)).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Transition> {
        strategies::transitions(model)
    }

    fn preconditions(model: &Self, transition: &Transition) -> bool {
        let is_full = |slot: &usize| model.plans[*slot].is_some();
        match transition {
            Transition::Plan { .. } | Transition::Converge => model.wanted().is_some(),
            Transition::Apply { slot, .. } | Transition::DryRun { slot, .. } => is_full(slot),
            Transition::Mixed { plan, objects } => is_full(plan) && is_full(objects),
            Transition::TakeOver { slot, fleet } => {
                is_full(slot) && model.resolved(*fleet).is_some()
            }
            Transition::Disk { fleet, .. } => model.resolved(*fleet).is_some(),
            _ => true,
        }
    }

    fn apply(mut model: Self, transition: &Transition) -> Self {
        model.expected = model.step(transition);
        model
    }
}

/// Only the devices: what proptest writes beside the seeds of saved cases is for people.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let devices: Vec<String> = self.devices.values().map(device).collect();
        f.write_str(if devices.is_empty() { "no devices" } else { "" })?;
        f.write_str(&devices.join(", "))
    }
}

/// The digests of [`CONTENTS`].
pub(super) fn digests() -> [Digest; 2] {
    CONTENTS.map(Digest::of)
}
