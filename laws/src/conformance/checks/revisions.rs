//! Revisions, and other writers.

use escadre_interpreter::{Consent, Snapshot};

use crate::conformance::bench::Bench;
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, Stop, ensure, ensure_same};
use crate::conformance::inputs::all_devices;
use crate::conformance::model::erased;
use crate::conformance::stand::{Stand, apply, plan, resolve, see, turn};

/// How many members another writer changes.
const N_DRIFT: usize = 4;

/// the revision changes iff something was written
pub(super) async fn revision<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let on = |failure: Failure| Stop::from(failure).on(&input.name, &input.after);
        let mut target = stand.fresh().await?;
        let mut seen = vec![see(&mut target).await.map_err(on)?.revision];
        for resolved in [&input.before, &input.after, &input.before] {
            let turn = turn(&mut target, resolved).await.map_err(on)?;
            let (last, now) = (&seen[seen.len() - 1], &turn.after.revision);
            ensure(turn.before.revision == *last, || {
                format!("observing changed the revision from {last} to {}", turn.before.revision)
            })
            .map_err(on)?;
            ensure((now == last) == turn.plan.is_empty(), || {
                let n_changes = turn.plan.changes().len();
                format!("applying {n_changes} changes took the revision from {last} to {now}")
            })
            .map_err(on)?;
            if !turn.plan.is_empty() {
                ensure(!seen.contains(now), || format!("the revision {now} came twice"))
                    .map_err(on)?;
                seen.push(now.clone());
            }
        }
    }
    let all = all_devices().map_err(Failure::new)?;
    let mut target = stand.holding(&resolve(&stand.fleet(1), &all)?).await?;
    let nobody = resolve(&escadre_algebra::Fleet::empty(), &all)?;
    let (plan, before) = plan(&mut target, &nobody).await?;
    let refused = apply(&mut target, &plan, &nobody, &Consent::default()).await?;
    let after = see(&mut target).await?;
    ensure(refused.is_ok() || after.revision == before.revision, || {
        "a refused plan changed the revision".to_owned()
    })?;
    Ok(stand.inputs.len() + 1)
}

/// another writer's change changes the revision
pub(super) async fn foreign<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let mut target = stand.holding(&resolve(&stand.fleet(1), &all)?).await?;
    let before = see(&mut target).await?.revision;
    let drifted = stand.bench.drift(&mut target, N_DRIFT).await?;
    ensure(drifted.len() == N_DRIFT, || {
        format!("the bench let another writer change {} members, not {N_DRIFT}", drifted.len())
    })?;
    let after = see(&mut target).await?.revision;
    ensure(before != after, || format!("another writer wrote, and the revision is still {after}"))?;
    Ok(1)
}

/// drift is planned for and undone
pub(super) async fn repair<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let wanted = resolve(&stand.fleet(1), &all)?;
    let mut target = stand.holding(&wanted).await?;
    let drifted = stand.bench.drift(&mut target, N_DRIFT).await?;
    let (plan, _) = plan(&mut target, &wanted).await?;
    for device in &drifted {
        ensure(plan.changes().iter().any(|change| change.device == *device), || {
            format!("another writer changed `{device}`, and the plan does not show it")
        })?;
    }
    ensure(plan.changes().len() == drifted.len(), || {
        format!("{} members drifted, but the plan changes {}", drifted.len(), plan.changes().len())
    })?;
    let repaired = turn(&mut target, &wanted).await?.after.held;
    let wanted = erased(&target, &wanted, &Snapshot::empty());
    ensure_same(&repaired, &wanted, "drift was not undone")?;
    Ok(1)
}
