//! A disk that fails while a fleet is applied, on a copy of the world.
//!
//! How many operations one write of the store takes is the store's own business, so the model does
//! not say how far an apply comes. It says what may be there afterwards: every device as before, or
//! every device as wanted, and that applying again ends in what is wanted.

use std::sync::Arc;

use escadre_algebra::Resolved;
use escadre_interpreter::{Plan, Snapshot};
use escadre_sim::{ApplyError, Disk, DiskFault, Simulator};

use super::expected::Hit;
use crate::support;

/// Applies `wanted` to a copy of `disk`, which fails after some operations. Tells what was hit.
pub(super) fn fail(
    disk: &Disk,
    before: &Snapshot,
    wanted: &Arc<Resolved>,
    (fault, after): (DiskFault, u64),
) -> Option<Hit> {
    let disk = disk.survivor();
    let mut world = open(&disk);
    let generation = generation(&world);
    let plan = support::plan(&mut world, wanted);
    disk.fail_after(fault, after);
    let applied = support::apply_plan(&mut world, &plan, wanted, false);
    let is_refused = matches!(applied, Err(ApplyError::Refused(_)));
    let failed = disk.failed();
    drop(world);

    let disk = disk.survivor();
    let mut world = open(&disk);
    let held = support::held(&mut world);
    assert!((generation..=generation + 1).contains(&self::generation(&world)), "the fence");
    if is_refused {
        assert_eq!(held, *before, "an apply that was refused wrote something");
        return None;
    }
    assert!(
        applied.is_ok() || failed.is_some(),
        "it failed although the disk did not: {applied:?}"
    );
    if support::plan(&mut world, wanted).is_empty() {
        ensure_untouched(&held, before, &plan);
    } else {
        assert_eq!(held, *before, "a part of what one write holds is there");
        assert!(applied.is_err(), "an apply ended well, but what it wrote is lost");
    }

    support::turn(&mut world, wanted).unwrap();
    assert!(support::plan(&mut world, wanted).is_empty(), "applying again does not converge");
    Some(match failed? {
        DiskFault::Full => Hit::DiskFull,
        DiskFault::Killed => Hit::DiskKilled,
        DiskFault::Torn => Hit::DiskTorn,
        _ => Hit::DiskPowerCut,
    })
}

/// The devices that `plan` does not change are as before.
fn ensure_untouched(held: &Snapshot, before: &Snapshot, plan: &Plan) {
    let mut others: Vec<&str> =
        held.iter().chain(before.iter()).map(|(id, _)| id.as_str()).collect();
    others.retain(|id| plan.changes().iter().all(|change| change.device.as_str() != *id));
    for id in others {
        assert_eq!(held.get(id), before.get(id), "{id} changed, although no plan says so");
    }
}

fn open(disk: &Disk) -> Simulator {
    Simulator::on_disk("copy", disk, 1).unwrap()
}

fn generation(world: &Simulator) -> u64 {
    world.fence().unwrap().map_or(0, |fence| fence.generation)
}
