//! Controllers that die while they write.

use escadre_algebra::{Configuration, DeviceId, Digest, Resolved, Value, config_file, deploy};
use escadre_interpreter::{Applied, Snapshot};

use crate::conformance::bench::{Bench, Hook};
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, Stop, ensure, ensure_same};
use crate::conformance::inputs::devices;
use crate::conformance::model::erased;
use crate::conformance::stand::{Stand, apply, consenting, plan, resolve, see, turn};

/// How many writes an apply of the suite may take: past it, it is taken to go on for ever.
const MAX_WRITES: usize = 1000;

/// Devices that join, leave and change, two resources each.
fn fleets<B: Bench>(stand: &Stand<'_, B>) -> Result<(Resolved, Resolved), Failure> {
    let (few, many) = (devices(5).map_err(Failure::new)?, devices(7).map_err(Failure::new)?);
    let leaving = escadre_algebra::device_id().eq("d001");
    let before = resolve(&stand.fleet(1), &few)?;
    let after = resolve(&stand.fleet(2).restrict(!leaving), &many)?;
    Ok((before, after))
}

/// A target that held `before`, whose controller died after `n_writes` writes of `after`; and
/// whether it did die.
async fn killed<B: Bench>(
    stand: &mut Stand<'_, B>,
    (before, after): (&Resolved, &Resolved),
    n_writes: usize,
) -> Result<(B::I, bool), Stop> {
    let mut target = stand.bench.fresh(after.inventory()).await?;
    turn(&mut target, before).await?;
    let (plan, _) = plan(&mut target, after).await?;
    stand.bench.kill_after(&mut target, Some(n_writes)).await?;
    let applied: Result<Applied, String> = apply(&mut target, &plan, after, &consenting()).await?;
    stand.bench.kill_after(&mut target, None).await?;
    // What goes on is another controller, where there can be one.
    let target = match stand.offers(Hook::SecondController) {
        true => stand.bench.reopen(&target).await?,
        false => target,
    };
    Ok((target, applied.is_err()))
}

/// killed anywhere, a device is as before or as after
pub(super) async fn whole<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let (before, after) = fleets(&stand)?;
    for n_writes in 0..MAX_WRITES {
        let (mut target, died) = killed(&mut stand, (&before, &after), n_writes).await?;
        if !died {
            return ended(n_writes);
        }
        let held = see(&mut target).await?.held;
        let old = erased(&target, &before, &Snapshot::empty());
        let new = erased(&target, &after, &old);
        let as_old = |id: &DeviceId| {
            held.get(id.as_str()).map(|c| c.resources())
                == old.get(id.as_str()).map(|c| c.resources())
        };
        // Each device is compared with the old state if it has that, else with the new one.
        let mut nearest: Vec<_> = Vec::new();
        for facts in after.inventory().devices() {
            let from = if as_old(facts.id()) { &old } else { &new };
            let configuration = from.get(facts.id().as_str());
            nearest.extend(configuration.map(|c| (facts.id().clone(), c.clone())));
        }
        let said =
            format!("killed after {n_writes} writes, a device is neither as before nor as after");
        ensure_same(&held, &nearest.into_iter().collect(), &said)
            .map_err(|failure| Stop::from(failure).on("kills", &after))?;
    }
    Err(endless())
}

/// killed anywhere, applying again ends in the same state
pub(super) async fn convergence<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let (before, after) = fleets(&stand)?;
    for n_writes in 0..MAX_WRITES {
        let (mut target, died) = killed(&mut stand, (&before, &after), n_writes).await?;
        let again = turn(&mut target, &after).await;
        let again = again.map_err(|failure| {
            Failure::new(format!("killed after {n_writes} writes, then stuck: {failure}"))
        })?;
        let wanted = erased(&target, &after, &Snapshot::empty());
        let said = format!("killed after {n_writes} writes, applying again ends in another state");
        ensure_same(&again.after.held, &wanted, &said)
            .map_err(|failure| Stop::from(failure).on("kills", &after))?;
        if !died {
            return ended(n_writes);
        }
    }
    Err(endless())
}

/// killed anywhere, what is held names no content that is not there
pub(super) async fn contents<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = devices(5).map_err(Failure::new)?;
    let contents: [&[u8]; 2] = [b"the first content", b"another one \x00\xff"];
    let file = |content| deploy(config_file("model").path("/model").content(content));
    let before = resolve(&file(contents[0]), &all)?;
    let after = resolve(&file(contents[1]), &all)?;
    for n_writes in 0..MAX_WRITES {
        let (mut target, died) = killed(&mut stand, (&before, &after), n_writes).await?;
        let held = see(&mut target).await?.held;
        for content in contents {
            let digest = Digest::of(content);
            let Some(device) = holder(&held, digest) else { continue };
            let found = stand.bench.content(&mut target, digest).await?;
            ensure(found.as_deref() == Some(content), || {
                format!(
                    "killed after {n_writes} writes, `{device}` names the content {digest}, which is not there"
                )
            })?;
        }
        if !died {
            return ended(n_writes);
        }
    }
    Err(endless())
}

/// A device that names `digest` in what it holds.
fn holder(held: &Snapshot, digest: Digest) -> Option<&DeviceId> {
    let named = Value::text(digest.to_string());
    let names = |configuration: &Configuration| {
        let mut states = configuration.resources().values();
        states.any(|state| state.leaves().iter().any(|(_, value)| *value == named))
    };
    held.iter().find(|(_, configuration)| names(configuration)).map(|(id, _)| id)
}

/// What was tried once an apply lives that was to die after `n_writes` writes.
fn ended(n_writes: usize) -> Checked {
    if n_writes == 0 {
        return Err(Failure::new("the bench did not kill the controller").into());
    }
    Ok(n_writes)
}

fn endless() -> Stop {
    Failure::new(format!("an apply did not end within {MAX_WRITES} writes")).into()
}
