//! A cluster without servers, for properties of what is lowered, written and lifted again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use escadre_algebra::{
    Coverage, DeviceId, Facts, Fleet, Inventory, Mount, Resolved, ResourceName, Volume,
    config_file, container, deploy, device_id, label, text,
};
use escadre_interpreter::{Desired, Plan, Revision, Snapshot};
use escadre_laws::Schema;
use proptest::prelude::*;
use serde_json::json;

use crate::error::{LowerError, LowerErrorKind};
use crate::lower::lower;
use crate::manifest::Kind;
use crate::names::Variant;
use crate::read::lift;
use crate::shard::MAX_SHARDS;
use crate::work::Work;
use crate::world::{Node, World};

const NAMESPACE: &str = "ns";

/// A cluster that has the devices of `inventory` as nodes, without labels of ours.
fn cluster(inventory: &Inventory) -> World {
    let mut world = World::default();
    add(&mut world, inventory);
    world
}

/// The nodes of `inventory` that are not there yet.
fn add(world: &mut World, inventory: &Inventory) {
    for device in inventory.devices() {
        if !world.nodes.contains_key(device.id()) {
            set(world, device.id(), &BTreeMap::new());
        }
    }
}

fn set(world: &mut World, id: &DeviceId, labels: &BTreeMap<String, String>) {
    let meta = json!({"name": id.as_str(), "uid": id.as_str(), "labels": labels});
    let node = Node::of(serde_json::from_value(meta).unwrap(), NAMESPACE);
    world.add_nodes([(id.clone(), node)]);
}

/// Applies `resolved` to `world`, at most so many nodes; the devices that were written.
fn apply(
    world: &mut World,
    resolved: &Resolved,
    n: usize,
) -> Result<BTreeSet<DeviceId>, LowerError> {
    let objects = lower(resolved, NAMESPACE)?;
    let desired = Desired { resolved, normalise: &|_, state| Some(Arc::clone(state)) };
    let plan = Plan::new("model", &Revision("1".into()), &lift(world), &desired);
    let work = Work::of(&plan.changes().iter().collect::<Vec<_>>(), world, &objects, "pause")?;
    for due in work.objects {
        let object = due.manifest.object(NAMESPACE, 1);
        let mut meta = object["metadata"].clone();
        meta["uid"] = "u".into();
        meta["generation"] = 1.into();
        meta["managedFields"] = json!([{"manager": crate::names::MANAGER}]);
        world.add(due.manifest.kind(), serde_json::from_value(meta).unwrap(), 1);
    }
    let mut written = BTreeSet::new();
    for relabel in work.nodes.into_iter().take(n) {
        assert_eq!(relabel.steps.as_ref().err(), None);
        let labels = relabel.held(world).cloned().unwrap_or_default();
        set(world, &relabel.device, &labels);
        written.insert(relabel.device);
    }
    let used = world.used();
    world.objects.retain(|variant, _| used.contains(variant));
    Ok(written)
}

/// The variants that each node has.
fn variants(world: &World) -> BTreeMap<DeviceId, BTreeMap<ResourceName, Variant>> {
    world.nodes.iter().map(|(id, node)| (id.clone(), node.variants())).collect()
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::default().asserted("site", ["a", "b", "$(ESCADRE_DEVICE_ID)"]).unwrap()
});

/// A pod that mounts whatever the fleet has as `web`.
fn reader() -> Fleet {
    let reader = container("reader").image("acme/reader:1").volume("v", Volume::config_map("web"));
    deploy(reader.mount("/etc/web", Mount::of("v")))
}

fn inventory() -> BoxedStrategy<Inventory> {
    let complete =
        |it: Inventory| Inventory::new(it.devices().to_vec(), Coverage::Complete).unwrap();
    SCHEMA.inventory(0..=12).prop_map(complete).boxed()
}

proptest! {
    #[test]
    fn what_is_written_is_lifted_again_however_it_came_about(
        first in inventory(),
        second in inventory(),
        fleets in prop::collection::vec(SCHEMA.fleet(), 1..4),
        n_killed in 0..12_usize,
    ) {
        let mut world = cluster(&first);
        add(&mut world, &second);
        for (fleet, inventory) in fleets.iter().zip([&first, &second, &second]) {
            let Ok(resolved) = (fleet.clone() | reader()).resolve(inventory) else { continue };
            if apply(&mut world, &resolved, n_killed).is_err() {
                continue;
            }
            let before = variants(&world);
            let written = apply(&mut world, &resolved, usize::MAX).unwrap();
            prop_assert_eq!(lift(&world), Snapshot::wanted(&resolved));
            // Who was written before the kill is not written again.
            let after = variants(&world);
            prop_assert!(before.iter().all(|(id, it)| written.contains(id) || after[id] == *it));
            prop_assert_eq!(apply(&mut world, &resolved, usize::MAX).unwrap(), BTreeSet::new());
            prop_assert_eq!(world.anomalies.as_slice(), &[]);
        }
    }
}

/// A pod of `image` with a file that names the device and its site, of the devices `n0` to `n`.
fn cameras(image: &str, n: usize, site: impl Fn(usize) -> &'static str) -> Resolved {
    with_cameras(&Fleet::empty(), image, n, site)
}

/// The same, beside `other`.
fn with_cameras(
    other: &Fleet,
    image: &str,
    n: usize,
    site: impl Fn(usize) -> &'static str,
) -> Resolved {
    let named = text("id = ") + device_id() + "\nsite = " + label("site") + "\n";
    let file = config_file("camera").path("/etc/camera.toml").text(named);
    let pod = container("recorder").image(image).volume("etc", Volume::config_map("camera"));
    let fleet = deploy(file) | deploy(pod.mount("/etc/camera", Mount::of("etc"))) | other.clone();
    let device = |i| Facts::of(&format!("n{i}"), [("site", site(i))]).unwrap();
    let inventory = Inventory::new((0..n).map(device), Coverage::Complete).unwrap();
    fleet.resolve(&inventory).unwrap()
}

/// How many objects of each kind there are.
fn count(world: &World) -> (usize, usize) {
    let of = |kind| world.objects.values().filter(|stored| stored.kind == kind).count();
    (of(Kind::ConfigMap), of(Kind::DaemonSet))
}

/// The variant of the pod that each node has.
fn pods(world: &World) -> BTreeMap<DeviceId, Variant> {
    let pod = ResourceName::parse("recorder").unwrap();
    let of = |(id, node): (&DeviceId, &Node)| Some((id.clone(), node.variants().remove(&pod)?));
    world.nodes.iter().filter_map(of).collect()
}

#[test]
fn one_device_that_changes_gets_another_shard_and_no_other_pod_is_made_anew() {
    let before = cameras("acme/recorder:1", 500, |_| "a");
    let mut world = cluster(before.inventory());
    apply(&mut world, &before, usize::MAX).unwrap();
    assert_eq!(count(&world), (1, 1));
    let first = pods(&world);
    let after = cameras("acme/recorder:1", 500, |i| if i == 7 { "b" } else { "a" });
    let written = apply(&mut world, &after, usize::MAX).unwrap();
    assert_eq!(written.iter().map(DeviceId::as_str).collect::<Vec<_>>(), ["n7"]);
    assert_eq!(count(&world), (2, 2));
    let second = pods(&world);
    let moved: Vec<_> = first.iter().filter(|(id, it)| second[*id] != **it).collect();
    assert_eq!(moved.len(), 1);
    assert_eq!(lift(&world), Snapshot::wanted(&after));
}

#[test]
fn who_changes_elsewhere_keeps_the_shard_and_the_pod() {
    let before = cameras("acme/recorder:1", 100, |_| "a");
    let mut world = cluster(before.inventory());
    apply(&mut world, &before, usize::MAX).unwrap();
    // The part of all devices is another one now, but only one is in it.
    let site = |i| if i == 7 { "b" } else { "a" };
    apply(&mut world, &cameras("acme/recorder:1", 100, site), usize::MAX).unwrap();
    let first = pods(&world);
    let other = deploy(container("web").image("nginx:1.29"));
    let next = with_cameras(&other, "acme/recorder:1", 100, site);
    assert_eq!(apply(&mut world, &next, usize::MAX).unwrap().len(), 100);
    assert_eq!(pods(&world), first);
    assert_eq!(lift(&world), Snapshot::wanted(&next));
}

#[test]
fn a_change_of_the_pod_puts_what_single_changes_took_apart_together_again() {
    let mut world = cluster(cameras("", 120, |_| "a").inventory());
    for n in 100..120 {
        apply(&mut world, &cameras("acme/recorder:1", n, |_| "a"), usize::MAX).unwrap();
    }
    assert_eq!(count(&world), (20, 20));
    let next = cameras("acme/recorder:2", 119, |_| "a");
    apply(&mut world, &next, usize::MAX).unwrap();
    assert_eq!(count(&world), (1, 1));
    assert_eq!(lift(&world), Snapshot::wanted(&next));
}

#[test]
fn more_shards_than_may_be_are_refused_before_anything_is_written() {
    let n = MAX_SHARDS + 1;
    let mut world = cluster(cameras("", n, |_| "a").inventory());
    for n in 1..n {
        apply(&mut world, &cameras("acme/recorder:1", n, |_| "a"), usize::MAX).unwrap();
    }
    let error = apply(&mut world, &cameras("acme/recorder:1", n, |_| "a"), 1).unwrap_err();
    assert_eq!(*error.kind(), LowerErrorKind::Shards { n_max: MAX_SHARDS });
    assert_eq!(error.device().as_str(), format!("n{}", n - 1));
    // What the help says ends it.
    apply(&mut world, &cameras("acme/recorder:2", n, |_| "a"), usize::MAX).unwrap();
    assert_eq!(count(&world), (1, 1));
}

#[test]
fn large_files_of_many_devices_are_in_few_shards_and_few_move_with_a_device_that_joins() {
    let large = |n: usize| {
        let text = text("x".repeat(1_000)) + device_id();
        let fleet = deploy(config_file("camera").path("/etc/camera.toml").text(text));
        let device = |i| Facts::new(DeviceId::parse(&format!("n{i}")).unwrap());
        let inventory = Inventory::new((0..n).map(device), Coverage::Complete).unwrap();
        fleet.resolve(&inventory).unwrap()
    };
    let (before, after) = (large(5_000), large(5_001));
    let [before, after] = [before, after].map(|it| lower(&it, NAMESPACE).unwrap().shards);
    let names = |shards: &crate::shard::Shards| shards.variants().cloned().collect::<BTreeSet<_>>();
    let (before, after) = (names(&before), names(&after));
    println!("{} shards of 5 000 devices of 1 KiB each", before.len());
    assert!((20..=64).contains(&before.len()));
    assert!(after.difference(&before).count() <= 2);
}
