//! Random steps against a model: what the world must hold, whatever happens.

use std::time::Duration;

use escadre_algebra::Fleet;
use escadre_interpreter::Snapshot;
use escadre_sim::{ApplyError, Ended, Faults, Simulator};
use proptest::prelude::*;

use crate::support::{fleet, held, inventory, memory, plan, resolve, revision, turn};

#[derive(Clone, Debug)]
enum Step {
    Apply { version: i64, n_devices: usize },
    Crash { version: i64, after: u64 },
    Faulty { version: i64, seed: u64 },
    Drift { seed: u64, n: usize },
    Pass { seconds: u64, seed: u64 },
    Empty,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_i64, 0..20_usize).prop_map(|(version, n_devices)| Step::Apply { version, n_devices }),
        2 => (0..3_i64, 0..20_u64).prop_map(|(version, after)| Step::Crash { version, after }),
        1 => (0..3_i64, any::<u64>()).prop_map(|(version, seed)| Step::Faulty { version, seed }),
        2 => (any::<u64>(), 0..6_usize).prop_map(|(seed, n)| Step::Drift { seed, n }),
        2 => (0..200_u64, any::<u64>()).prop_map(|(seconds, seed)| Step::Pass { seconds, seed }),
        1 => Just(Step::Empty),
    ]
}

/// Does `step`; afterwards the world is as the step promises.
fn check(world: &mut Simulator, step: &Step) {
    let (before, before_revision) = (held(world), revision(world));
    let clock = world.clock().unwrap();
    match *step {
        Step::Apply { version, n_devices } => {
            let wanted = resolve(&fleet(version), &inventory(n_devices));
            let changes = plan(world, &wanted);
            let applied = turn(world, &wanted).unwrap();
            assert_eq!(applied.n_written, changes.changes().len());
            assert_eq!(held(world), Snapshot::wanted(&wanted));
            assert!(plan(world, &wanted).is_empty());
            assert_eq!(revision(world) == before_revision, changes.is_empty());
        }
        Step::Crash { version, after } => {
            let wanted = resolve(&fleet(version), &inventory(20));
            let n_changes = plan(world, &wanted).changes().len() as u64;
            world.set_faults(Faults { crash_after: Some(after), ..Faults::default() });
            match turn(world, &wanted) {
                Err(ApplyError::Crashed { n_done }) => {
                    assert!(n_done as u64 == after && after <= n_changes);
                    assert_eq!(plan(world, &wanted).changes().len() as u64, n_changes - after);
                    let ended = world.fence().unwrap().unwrap().ended;
                    assert_eq!(ended == Ended::Done, after == n_changes);
                }
                result => assert!(result.is_ok() && (after > n_changes || n_changes == 0)),
            }
        }
        Step::Faulty { version, seed } => {
            let wanted = resolve(&fleet(version), &inventory(20));
            let faults = format!("seed={seed},lost-writes=20%,refused-writes=20%");
            world.set_faults(faults.parse().unwrap());
            let applied = turn(world, &wanted).unwrap();
            let left = plan(world, &wanted);
            assert!(
                applied.failed.iter().all(|(id, _)| left.changes().iter().any(|c| c.device == *id))
            );
        }
        Step::Drift { seed, n } => {
            let drifts = world.inject_drift(seed, n).unwrap();
            assert_eq!(drifts.len(), n.min(before.len()));
            let now = held(world);
            let differs = |id: &str| now.get(id) != before.get(id);
            assert!(drifts.iter().all(|d| differs(d.device.as_str())));
            assert_eq!(revision(world) == before_revision, drifts.is_empty());
        }
        Step::Pass { seconds, seed } => {
            let faults = format!("seed={seed},offline=10%,pull-fails=10%,slow=10%,partition=10%");
            world.set_faults(faults.parse().unwrap());
            world.step(Duration::from_secs(seconds)).unwrap();
            assert_eq!(world.clock().unwrap(), clock.after(Duration::from_secs(seconds)));
            assert_eq!((held(world), revision(world)), (before, before_revision));
        }
        Step::Empty => {
            turn(world, &resolve(&Fleet::empty(), &inventory(20))).unwrap();
            assert!(held(world).is_empty());
        }
    }
    world.set_faults(Faults::default());
    let status = world.status().unwrap();
    assert_eq!(status.up_to_date + status.behind, status.members);
    assert_eq!(status.members, held(world).len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_the_world_converges(steps in proptest::collection::vec(step(), 1..24)) {
        let mut world = memory();
        for step in &steps {
            check(&mut world, step);
        }
        let wanted = resolve(&fleet(7), &inventory(20));
        turn(&mut world, &wanted).unwrap();
        prop_assert_eq!(held(&mut world), Snapshot::wanted(&wanted));
        world.step(Duration::from_secs(2)).unwrap();
        prop_assert_eq!(world.status().unwrap().up_to_date, 20);
    }
}
