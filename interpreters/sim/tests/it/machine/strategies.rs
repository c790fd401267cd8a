//! What is drawn: fleets, devices, and transitions.

use std::sync::LazyLock;

use escadre_algebra::{
    Coverage, DeviceId, Facts, Fleet, Inventory, Resource, config_file, deploy, label,
};
use escadre_laws::Schema;
use escadre_sim::DiskFault;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::draws::Wrong;
use super::model::{CONTENTS, Model, N_CONTROLLERS, N_DEVICES, N_SLOTS};
use super::plans::Planned;
use super::transition::{Agreed, Transition};
use crate::support;

/// The labels of the devices, and what fleets speak of.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    // No device but the last lacks a label here, yet every label may be lacking.
    let mut devices: Vec<Facts> = support::inventory(N_DEVICES).devices().to_vec();
    let last = devices.pop().map(|facts| Facts::new(facts.id().clone()));
    let inventory = Inventory::new(devices.into_iter().chain(last), Coverage::Complete).unwrap();
    Schema::learn(&inventory)
});

/// Four fleets that are alike; then four of any kind, two of them over one that all know.
pub(super) fn fleets() -> BoxedStrategy<Vec<Fleet>> {
    let file = |content| deploy(config_file("model").path("/model").content(content));
    let cameras = label("role").eq("camera");
    let base = deploy(Resource::new("motd").set("text", "hello"));
    let [one, two] = [1_i64, 2].map(|version| {
        let web = Resource::new("web").set("version", version).set("after.motd", true);
        base.clone() | deploy(web).restrict(cameras.clone())
    });
    let fixed = [
        one.clone(),
        two.clone() | file(CONTENTS[0]).restrict(label("site").eq("a")),
        one.restrict(cameras) | file(CONTENTS[1]),
        two.without(Fleet::devices(label("site").eq("b"))),
    ];
    vec(SCHEMA.fleet(), 4)
        .prop_map(move |generated| {
            let over = |(i, fleet): (usize, Fleet)| match i {
                0 | 1 => fixed[i].clone().overlay(fleet),
                _ => fleet,
            };
            let generated = generated.into_iter().enumerate().map(over);
            fixed.iter().cloned().chain(generated).collect()
        })
        .boxed()
}

/// The devices that are listed in the beginning.
pub(super) fn devices() -> BoxedStrategy<Vec<Facts>> {
    vec(SCHEMA.facts(), 0..8).boxed()
}

fn wrong_writes() -> BoxedStrategy<Wrong> {
    let seed = 0..1000_u64;
    prop_oneof![
        4 => Just(Wrong::default()),
        2 => (seed.clone(), 0..50_u32, 0..50_u32).prop_map(|(seed, lost_writes, refused_writes)| {
            Wrong { seed, lost_writes, refused_writes, ..Wrong::default() }
        }),
        3 => (0..8_u64).prop_map(|n| Wrong { crash_after: Some(n), ..Wrong::default() }),
        1 => (seed, 0..8_u64, 0..50_u32).prop_map(|(seed, n, lost_writes)| {
            Wrong { seed, crash_after: Some(n), lost_writes, ..Wrong::default() }
        }),
    ]
    .boxed()
}

fn wrong_devices() -> BoxedStrategy<Wrong> {
    (0..1000_u64, 0..40_u32, 0..40_u32, 0..40_u32, 0..40_u32)
        .prop_map(|(seed, offline, partition, slow, failing_pulls)| Wrong {
            seed,
            offline,
            partition,
            slow,
            failing_pulls,
            ..Wrong::default()
        })
        .boxed()
}

fn disk_fault() -> BoxedStrategy<DiskFault> {
    prop_oneof![
        Just(DiskFault::Full),
        Just(DiskFault::Killed),
        Just(DiskFault::Torn),
        (0..1000_u64).prop_map(DiskFault::PowerCut),
    ]
    .boxed()
}

fn agreed() -> BoxedStrategy<Agreed> {
    prop_oneof![2 => Just(Agreed::Shrink), 2 => Just(Agreed::Default), 1 => Just(Agreed::Keep)]
        .boxed()
}

/// What may come next; each kind has its weight.
pub(super) fn transitions(model: &Model) -> BoxedStrategy<Transition> {
    let mut all = always(model);
    if !model.devices.is_empty() {
        let ids: Vec<DeviceId> = model.devices.keys().cloned().collect();
        all.push((1, select(ids).prop_map(Transition::Leave).boxed()));
    }
    if model.wanted().is_some() {
        let plan = (0..N_CONTROLLERS, 0..N_SLOTS);
        let plan = plan.prop_map(|(controller, slot)| Transition::Plan { controller, slot });
        all.push((7, plan.boxed()));
        all.push((1, Just(Transition::Converge).boxed()));
    }
    all.extend(with_plans(model));
    Union::new_weighted(all).boxed()
}

/// Transitions with their weights.
type Weighted = Vec<(u32, BoxedStrategy<Transition>)>;

/// What can always happen.
fn always(model: &Model) -> Weighted {
    let fleets = model.answering();
    let coverage = select(vec![Coverage::Complete, Coverage::Complete, Coverage::Partial]);
    let pass = (0..90_000_u64, wrong_devices());
    let disk = (select(fleets.clone()), disk_fault(), 0..30_u64);
    vec![
        (3, select(fleets).prop_map(Transition::Fleet).boxed()),
        (3, SCHEMA.facts().prop_map(Transition::Device).boxed()),
        (1, SCHEMA.facts_with_unknown().prop_map(Transition::Device).boxed()),
        (1, coverage.prop_map(Transition::Cover).boxed()),
        (1, (0..N_CONTROLLERS).prop_map(Transition::Observe).boxed()),
        (1, (0..1000_u64, 1..4_usize).prop_map(|(seed, n)| Transition::Drift { seed, n }).boxed()),
        (2, pass.prop_map(|(ms, wrong)| Transition::Pass { ms, wrong }).boxed()),
        (1, any::<bool>().prop_map(|killed| Transition::Reopen { killed }).boxed()),
        (
            1,
            disk.prop_map(|(fleet, fault, after)| Transition::Disk { fleet, fault, after }).boxed(),
        ),
    ]
}

/// What can be done with the plans that are kept; what can still be applied is tried more often.
fn with_plans(model: &Model) -> Weighted {
    let is_fresh = |slot: &usize| {
        let fresh = |planned: &Planned| {
            planned.n_writes == model.world.n_writes && !planned.changes().is_empty()
        };
        model.plans[*slot].as_ref().is_some_and(fresh)
    };
    let full: Vec<usize> = (0..N_SLOTS).filter(|slot| model.plans[*slot].is_some()).collect();
    let fresh: Vec<usize> = full.iter().copied().filter(is_fresh).collect();
    let mut all = Weighted::new();
    for (weight, slots) in [(1_u32, full), (8, fresh)] {
        if slots.is_empty() {
            continue;
        }
        let slot = || select(slots.clone());
        let how = (slot(), agreed(), wrong_writes());
        let apply = how.clone().prop_map(|(slot, consent, wrong)| Transition::Apply {
            slot,
            consent,
            wrong,
        });
        let dry =
            how.prop_map(|(slot, consent, wrong)| Transition::DryRun { slot, consent, wrong });
        let mixed =
            (slot(), 0..N_SLOTS).prop_map(|(plan, objects)| Transition::Mixed { plan, objects });
        all.extend([(2 * weight, apply.boxed()), (weight.div_ceil(4), dry.boxed())]);
        if model.plans.iter().all(Option::is_some) {
            all.push((weight.div_ceil(4), mixed.boxed()));
        }
        let take_over = (slot(), select(model.answering()));
        let take_over = take_over.prop_map(|(slot, fleet)| Transition::TakeOver { slot, fleet });
        all.push((weight.div_ceil(4), take_over.boxed()));
    }
    all
}
