//! Faults, devices, drift, the clock.

use std::time::Duration;

use escadre_algebra::Fleet;
use escadre_interpreter::Snapshot;
use escadre_sim::{DriftKind, Faults, Rate, Simulator};
use proptest::prelude::*;

use crate::support::{fleet, held, inventory, memory, plan, resolve, revision, turn};

fn second(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn devices_run_what_is_written_in_the_order_of_after() {
    let mut world = memory();
    let wanted = resolve(&fleet(1), &inventory(10));
    turn(&mut world, &wanted).unwrap();
    assert_eq!(world.status().unwrap().behind, 10);
    let before = revision(&mut world);
    let stepped = world.step(second(1)).unwrap();
    assert_eq!((stepped.n_installed, stepped.clock_ms), (15, 1000));
    assert_eq!(revision(&mut world), before, "devices do not write what they are to run");
    let status = world.status().unwrap();
    assert_eq!((status.members, status.up_to_date, status.online, status.offline), (10, 10, 10, 0));
    let running: Snapshot = world
        .running()
        .unwrap()
        .into_iter()
        .map(|(id, configuration)| (escadre_algebra::DeviceId::parse(&id).unwrap(), configuration))
        .collect();
    assert_eq!(running, Snapshot::wanted(&wanted));
    // A resource whose predecessor cannot be pulled is not installed.
    turn(&mut world, &resolve(&Fleet::empty(), &inventory(10))).unwrap();
    world.step(second(1)).unwrap();
    assert_eq!(world.status().unwrap().leaving, 0);
    turn(&mut world, &wanted).unwrap();
    world.set_faults("pull-fails=100%".parse().unwrap());
    world.step(second(5)).unwrap();
    assert_eq!(world.status().unwrap().failing, 10);
    assert!(world.running().unwrap().values().all(|c| c.resources().is_empty()));
}

#[test]
fn devices_catch_up_once_they_are_reached() {
    let mut world = memory();
    turn(&mut world, &resolve(&fleet(1), &inventory(100))).unwrap();
    world.set_faults("seed=4,offline=30%,partition=20%,pull-fails=10%,slow=20%".parse().unwrap());
    world.step(second(1)).unwrap();
    let status = world.status().unwrap();
    assert!(status.offline > 20 && status.behind > 20 && status.up_to_date > 20, "{status:?}");
    world.step(second(3600)).unwrap();
    assert_eq!(world.status().unwrap().up_to_date, 100);
}

#[test]
fn the_same_seed_does_the_same() {
    let run = |faults: &str, steps: &[u64]| {
        let mut world = memory().with_faults(faults.parse().unwrap());
        let applied = turn(&mut world, &resolve(&fleet(1), &inventory(100))).unwrap();
        for step in steps {
            world.step(second(*step)).unwrap();
        }
        let drift = world.inject_drift(5, 3).unwrap();
        (applied, world.status().unwrap(), drift)
    };
    let faults = "seed=1,offline=20%,slow=10%,pull-fails=10%,lost-writes=10%,refused-writes=10%";
    assert_eq!(run(faults, &[7, 40]), run(faults, &[7, 40]));
    assert_ne!(run(faults, &[7, 40]).0, run(&faults.replace("seed=1", "seed=2"), &[7, 40]).0);
    // Time that passes in parts is the same time.
    assert_eq!(run(faults, &[47]).1, run(faults, &[7, 40]).1);
}

#[test]
fn a_lost_write_is_acknowledged_and_a_refused_one_told_and_the_next_plan_shows_both() {
    let wanted = resolve(&fleet(1), &inventory(200));
    for (faults, told) in [("lost-writes=10%", false), ("refused-writes=10%", true)] {
        let mut world = memory().with_faults(faults.parse().unwrap());
        let applied = turn(&mut world, &wanted).unwrap();
        let n_missing = 200 - held(&mut world).len();
        assert!(n_missing > 5);
        assert_eq!(applied.failed.len(), if told { n_missing } else { 0 });
        assert_eq!(applied.n_written, if told { 200 - n_missing } else { 200 });
        let entry = world.history().unwrap().pop().unwrap();
        assert_eq!(entry.n_lost + entry.n_refused, n_missing as u64);
        assert_eq!(entry.faults.as_deref(), Some(format!("seed=0,{faults}").as_str()));
        assert_eq!(plan(&mut world, &wanted).summary().added, n_missing);
        // Each apply draws anew, so applying again and again ends in the same state.
        while !plan(&mut world, &wanted).is_empty() {
            turn(&mut world, &wanted).unwrap();
        }
        assert_eq!(held(&mut world), Snapshot::wanted(&wanted));
    }
}

#[test]
fn every_drift_is_detected_by_planning_and_repaired_by_applying() {
    let wanted = resolve(&fleet(1), &inventory(60));
    let mut kinds = [0; 4];
    for seed in 0..5 {
        let mut world = memory();
        turn(&mut world, &wanted).unwrap();
        let before = revision(&mut world);
        let drifts = world.inject_drift(seed, 20).unwrap();
        assert_eq!(drifts.len(), 20);
        assert_ne!(revision(&mut world), before);
        assert_eq!(world.history().unwrap().pop().unwrap().writer, "sim:drift");
        let found = plan(&mut world, &wanted);
        let found: Vec<_> = found.changes().iter().map(|c| &c.device).collect();
        assert_eq!(found, drifts.iter().map(|d| &d.device).collect::<Vec<_>>());
        for drift in &drifts {
            kinds[match drift.kind {
                DriftKind::Field { .. } => 0,
                DriftKind::Removed(_) => 1,
                DriftKind::Foreign(_) => 2,
                DriftKind::NoMember => 3,
            }] += 1;
        }
        turn(&mut world, &wanted).unwrap();
        assert_eq!(held(&mut world), Snapshot::wanted(&wanted));
    }
    assert!(kinds.iter().all(|n| *n > 0), "{kinds:?}");
    assert!(memory().inject_drift(0, 5).unwrap().is_empty());
}

#[test]
fn status_has_its_documented_keys() {
    let world: Simulator = memory();
    let status = serde_json::to_value(world.status().unwrap()).unwrap();
    let keys: Vec<&str> = status.as_object().unwrap().keys().map(String::as_str).collect();
    let mut documented = [
        "members",
        "online",
        "offline",
        "up_to_date",
        "behind",
        "failing",
        "leaving",
        "clock_ms",
        "revision",
        "fence",
    ];
    documented.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, documented);
}

#[test]
fn wrong_faults_say_what_is_right() {
    for (input, said) in [
        ("offline", "`offline` has no value: expected `key=value`"),
        ("offline=5", "`5` is no share: expected a percentage"),
        ("offline=101%", "`101%` is more than `100%`"),
        ("offline=1.23456%", "at most 4 decimals"),
        ("seed=x", "`seed` takes a whole number"),
        ("seed=1,seed=2", "`seed` is said twice"),
        ("meteors=1%", "`meteors` is no fault: the keys are seed, offline"),
    ] {
        let error = input.parse::<Faults>().unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.help().unwrap().contains("seed=7"));
    }
}

fn rate() -> impl Strategy<Value = Rate> {
    (0..=1_000_000_u32).prop_map(Rate::from_millionths)
}

proptest! {
    #[test]
    fn faults_read_back(seed: u64, r in proptest::array::uniform6(rate()), crash_after: Option<u64>) {
        let [offline, partition, slow, failing_pulls, lost_writes, refused_writes] = r;
        let faults = Faults { seed, offline, partition, slow, failing_pulls, lost_writes, refused_writes, crash_after };
        prop_assert_eq!(faults.to_string().parse::<Faults>().unwrap(), faults);
    }
}
