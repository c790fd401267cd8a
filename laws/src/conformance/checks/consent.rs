//! What needs the user's consent.

use escadre_algebra::{Coverage, Fleet, Inventory, Resolved, device_id};
use escadre_interpreter::{Consent, Snapshot};

use crate::conformance::bench::Bench;
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, ensure, ensure_same};
use crate::conformance::inputs::{device, devices, listed};
use crate::conformance::model::{erased, restricted};
use crate::conformance::stand::{Stand, apply, apply_well, consenting, plan, resolve, see, turn};

/// How many devices there are: half of them leave.
const N: usize = 10;
/// The devices that stay.
const STAY: [&str; 5] = ["d000", "d001", "d002", "d003", "d004"];

fn all() -> Result<Inventory, Failure> {
    devices(N).map_err(Failure::new)
}

fn staying(fleet: Fleet) -> Fleet {
    fleet.restrict(device_id().is_in(STAY))
}

/// many members leave only with consent
pub(super) async fn shrink_guard<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let full = resolve(&stand.fleet(1), &all()?)?;
    // They leave since the fleet no longer has them, or since they no longer exist.
    let half = resolve(&staying(stand.fleet(1)), &all()?)?;
    let gone = resolve(&stand.fleet(1), &devices(N / 2).map_err(Failure::new)?)?;
    for fewer in [&half, &gone] {
        let mut target = stand.holding(&full).await?;
        let (plan, _) = plan(&mut target, fewer).await?;
        let mark = stand.mark(&mut target).await?;
        let applied = apply(&mut target, &plan, fewer, &Consent::default()).await?;
        ensure(applied.is_err(), || {
            "half of the members left without an explicit consent".to_owned()
        })?;
        stand.ensure_quiet(&mark, &mut target, "a refused plan").await?;
        apply_well(&mut target, &plan, fewer, &consenting()).await?;
        let held = see(&mut target).await?.held;
        let wanted = erased(&target, fewer, &Snapshot::empty());
        ensure_same(&held, &wanted, "members did not leave although that was agreed to")?;
    }
    let nearly_all = device_id().eq("d003");
    let fewer = resolve(&stand.fleet(1).restrict(!nearly_all), &all()?)?;
    let mut target = stand.holding(&full).await?;
    let (plan, _) = plan(&mut target, &fewer).await?;
    apply_well(&mut target, &plan, &fewer, &Consent::default()).await?;
    Ok(3)
}

/// members leave only on the word of a complete inventory
pub(super) async fn pruning<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let full = resolve(&stand.fleet(1), &all()?)?;
    let partial = |n: usize| -> Result<Inventory, Failure> {
        listed((0..n).map(device), Coverage::Partial).map_err(Failure::new)
    };
    // Devices that are not listed are left alone, and the others change.
    let part = resolve(&stand.fleet(2), &partial(N / 2)?)?;
    let mut target = stand.holding(&full).await?;
    let before = see(&mut target).await?.held;
    turn(&mut target, &part).await?;
    let held = see(&mut target).await?.held;
    let wanted = erased(&target, &part, &before);
    ensure_same(&held, &wanted, "a partial inventory does not list a device, and it changed")?;
    // A listed device that is to leave may not, whatever was agreed to.
    let leaving: Resolved = resolve(&staying(stand.fleet(1)), &partial(N)?)?;
    let mut target = stand.holding(&full).await?;
    let (plan, _) = plan(&mut target, &leaving).await?;
    let mark = stand.mark(&mut target).await?;
    let applied = apply(&mut target, &plan, &leaving, &consenting()).await?;
    ensure(applied.is_err(), || "members left on the word of a partial inventory".to_owned())?;
    stand.ensure_quiet(&mark, &mut target, "a refused plan").await?;
    Ok(2)
}

/// keep_removed: all changes but removals
pub(super) async fn kept_removals<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let full = resolve(&stand.fleet(1), &all()?)?;
    let keep = Consent { keep_removed: true, ..Consent::default() };
    let partial = listed((0..N).map(device), Coverage::Partial).map_err(Failure::new)?;
    for inventory in [all()?, partial] {
        let fewer = resolve(&staying(stand.fleet(2)), &inventory)?;
        let mut target = stand.holding(&full).await?;
        let (plan, before) = plan(&mut target, &fewer).await?;
        let applied = apply_well(&mut target, &plan, &fewer, &keep).await?;
        let held = see(&mut target).await?.held;
        let kept = restricted(&before.held, |id| !STAY.contains(&id.as_str()));
        let new = erased(&target, &fewer, &Snapshot::empty());
        let both = kept.iter().chain(new.iter()).map(|(id, c)| (id.clone(), c.clone()));
        let said =
            "with keep_removed, what is held is not the removed members beside the new state";
        ensure_same(&held, &both.collect(), said)?;
        ensure(applied.n_removed == 0, || {
            format!("with keep_removed, apply tells of {} removals", applied.n_removed)
        })?;
    }
    Ok(2)
}
