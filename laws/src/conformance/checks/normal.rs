//! What a target holds is the normal form of what was wanted.

use std::sync::Arc;

use escadre_algebra::{
    Fleet, Knowledge, LabelKey, Outcome, Resolved, ResourceName, ResourceState, device_id, label,
};
use escadre_interpreter::{Interpreter, Snapshot};

use crate::conformance::bench::Bench;
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, Stop, ensure, ensure_same};
use crate::conformance::inputs::{Input, all_devices};
use crate::conformance::model::{erased, restricted};
use crate::conformance::stand::{Stand, plan, resolve, see, turn};

/// lift ∘ lower = norm ∘ erase
pub(super) async fn round_trip<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        let on = |stop: Failure| Stop::from(stop).on(&input.name, &input.after);
        let after = turn(&mut target, &input.after).await.map_err(on)?.after;
        let wanted = erased(&target, &input.after, &Snapshot::empty());
        ensure_same(&after.held, &wanted, "what is held is not what was wanted").map_err(on)?;
    }
    Ok(stand.inputs.len())
}

/// norm ∘ norm = norm
pub(super) async fn idempotence<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let target = stand.fresh().await?;
    for_each_state(stand.inputs, |name, written, _| {
        let Some(once) = target.normalise(name, written) else { return Ok(()) };
        let twice = target.normalise(name, &once);
        ensure(twice.as_ref() == Some(&once), || {
            let twice = twice.as_deref().map(ResourceState::to_json);
            format!("norm of `{name}` is {}, but norm of that is {twice:?}", once.to_json())
        })
    })
}

/// norm(x) = x, where that is declared
pub(super) async fn exactness<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let target = stand.fresh().await?;
    for_each_state(stand.inputs, |name, written, _| {
        let held = target.normalise(name, written);
        ensure(held.as_ref() == Some(written), || {
            let held = held.as_deref().map(ResourceState::to_json);
            format!("norm of `{name}` is {held:?}, but it is {}", written.to_json())
        })
    })
}

/// what differs in two versions is held differently
pub(super) async fn versions<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let devices = all_devices().map_err(Failure::new)?;
    let mut held = Vec::new();
    for version in [1, 2] {
        let wanted = resolve(&stand.bench.resource("recorder", version), &devices)?;
        let mut target = stand.holding(&wanted).await?;
        held.push(see(&mut target).await?.held);
    }
    let (one, two) = (&held[0], &held[1]);
    for facts in devices.devices() {
        let [one, two] = [one, two].map(|held| held.get(facts.id().as_str()));
        ensure(one.is_some() && one != two, || {
            format!("`{}` holds the same in two versions of one resource", facts.id())
        })?;
    }
    Ok(2)
}

/// norm(x)@d = norm(x@d)
pub(super) async fn instantiation<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let target = stand.fresh().await?;
    for_each_state(stand.inputs, |name, written, resolved| {
        for facts in resolved.inventory().devices().iter().take(4) {
            let known = |key: &LabelKey| matches!(facts.label(key.as_str()), Knowledge::Known(_));
            if !written.labels().into_iter().all(known) {
                continue;
            }
            let words = target.normalise(name, written).map(|state| state.instantiate(facts));
            let instance = target.normalise(name, &Arc::new(written.instantiate(facts)));
            ensure(words.as_ref() == instance.as_deref(), || {
                let (words, instance) = (
                    words.as_ref().map(ResourceState::to_json),
                    instance.as_deref().map(ResourceState::to_json),
                );
                let id = facts.id();
                format!(
                    "on `{id}` norm of `{name}` as written is {words:?}, but {instance:?} of its instance"
                )
            })?;
        }
        Ok(())
    })
}

/// Checks every resource of every input as it was written, once a member.
fn for_each_state(
    inputs: &[Input],
    check: impl Fn(&ResourceName, &Arc<ResourceState>, &Resolved) -> Result<(), Failure>,
) -> Checked {
    for input in inputs {
        for resolved in [&input.before, &input.after] {
            for (_, outcome) in resolved.iter() {
                let Outcome::Member(member) = outcome else { continue };
                for (name, written) in member.configuration.resources() {
                    check(name, written, resolved)
                        .map_err(|failure| Stop::from(failure).on(&input.name, resolved))?;
                }
            }
        }
    }
    Ok(inputs.len())
}

/// norm(s·f) = s·norm(f)
pub(super) async fn restriction<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let half = ["d000", "d001", "d005", "d006", "d009"];
    for input in stand.inputs {
        let on = |stop: Failure| Stop::from(stop).on(&input.name, &input.after);
        let fleet = input.after.fleet().clone().restrict(device_id().is_in(half));
        let part = resolve(&fleet, input.after.inventory()).map_err(on)?;
        let mut whole_target = stand.fresh().await?;
        let whole = turn(&mut whole_target, &input.after).await.map_err(on)?.after.held;
        let mut part_target = stand.fresh().await?;
        let part = turn(&mut part_target, &part).await.map_err(on)?.after.held;
        let wanted = restricted(&whole, |id| half.contains(&id.as_str()));
        let said = "what is held of s·f is not s of what is held of f";
        ensure_same(&part, &wanted, said).map_err(on)?;
    }
    Ok(stand.inputs.len())
}

/// a member with nothing ≠ no member
pub(super) async fn membership<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let devices = all_devices().map_err(Failure::new)?;
    let bare = resolve(&Fleet::devices(label("role").eq("camera")), &devices)?;
    let full = resolve(&stand.fleet(1), &devices)?;
    for first in [&resolve(&Fleet::empty(), &devices)?, &full] {
        let mut target = stand.holding(first).await?;
        turn(&mut target, &bare).await?;
        let held = see(&mut target).await?.held;
        let wanted = erased(&target, &bare, &Snapshot::empty());
        ensure_same(&held, &wanted, "members with nothing are not told from others")?;
        let (again, _) = plan(&mut target, &bare).await?;
        ensure(again.is_empty(), || "members with nothing are planned for again".to_owned())?;
        turn(&mut target, &resolve(&Fleet::empty(), &devices)?).await?;
        let held = see(&mut target).await?.held;
        ensure_same(&held, &Snapshot::empty(), "members with nothing do not leave")?;
    }
    Ok(2)
}
