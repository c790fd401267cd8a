//! Disks that fail, at every operation of one apply.

use escadre_interpreter::Snapshot;
use escadre_sim::{Disk, DiskFault, OpenErrorKind, Simulator};

use crate::support::{fleet, held, inventory, plan, resolve, turn};

fn open(disk: &Disk) -> Simulator {
    Simulator::on_disk("failing", disk, 1).unwrap()
}

/// An apply on a disk that fails after `n` operations leaves the world before or after it, and
/// applying again converges. Tells whether the disk failed.
fn survives(fault: DiskFault, n: u64) -> bool {
    let (old, new) = (resolve(&fleet(1), &inventory(9)), resolve(&fleet(2), &inventory(12)));
    let disk = Disk::new();
    let mut world = open(&disk);
    turn(&mut world, &old).unwrap();
    disk.fail_after(fault, n);
    let applied = turn(&mut world, &new);
    let failed = disk.failed();
    drop(world);
    let mut world = open(&disk.survivor());
    let (now, before, after) = (held(&mut world), Snapshot::wanted(&old), Snapshot::wanted(&new));
    assert!(now == after || (now == before && applied.is_err()), "{fault:?} after {n} operations");
    assert!(applied.is_ok() || failed == Some(fault));
    turn(&mut world, &new).unwrap();
    assert!(plan(&mut world, &new).is_empty());
    failed.is_some()
}

#[test]
fn a_world_survives_a_disk_that_fails_at_any_operation() {
    let cuts = (0..4).map(DiskFault::PowerCut);
    for fault in [DiskFault::Full, DiskFault::Killed, DiskFault::Torn].into_iter().chain(cuts) {
        let n_operations = (0..1000).take_while(|n| survives(fault, *n)).count();
        assert!((10..1000).contains(&n_operations), "{fault:?} hits {n_operations} operations");
    }
}

#[test]
fn an_apply_on_a_full_disk_says_so() {
    let disk = Disk::new();
    let mut world = open(&disk);
    disk.fail_after(DiskFault::Full, 0);
    let error = turn(&mut world, &resolve(&fleet(1), &inventory(3))).unwrap_err();
    assert!(error.help().unwrap().contains("free space"), "{error}");
}

#[test]
fn a_disk_has_one_world_at_a_time() {
    let disk = Disk::new();
    let world = open(&disk);
    let error = Simulator::on_disk("failing", &disk, 1).unwrap_err();
    assert_eq!(error.kind(), OpenErrorKind::Locked);
    let another = world.clone();
    drop(world);
    assert!(Simulator::on_disk("failing", &disk, 1).is_err());
    drop(another);
    open(&disk);
}
