//! Making the changes of a plan: the fence is taken, then whole devices are written in batches.

use std::collections::VecDeque;
use std::sync::Arc;

use escadre_interpreter::{Applied, Change, Consent, Ended, Plan, Progress};
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use tokio::task::unconstrained;

use super::Nats;
use super::read;
use super::write::{Failure, Writer};
use crate::error::ApplyError;
use crate::forms::{FORMAT, Fence};
use crate::lower::{
    Batch, Objects, Packer, content_deletions, content_messages, is_settled, missing, too_large,
    unreferred,
};
use crate::world::World;

/// How many parts of contents are written at once: each may be as large as a message can be.
const N_PARTS: usize = 8;

/// What is to be applied.
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) objects: &'a Objects,
    pub(super) consent: &'a Consent,
    pub(super) dry_run: bool,
}

/// Applies a plan: checks it, takes the fence, writes contents, devices, then what is left to tidy up.
pub(super) async fn apply(
    target: &mut Nats,
    asked: &Asked<'_>,
    progress: &mut (dyn Progress + Send),
) -> Result<Applied, ApplyError> {
    let plan = asked.plan;
    let changes = asked.consent.changes(plan)?;
    let revision = target.revision(read::sequence(target).await?);
    plan.check(&revision, &asked.objects.resolved)?;
    let world = held(target, plan).await?;
    if changes.is_empty() && is_settled(&world) {
        return Ok(Applied { revision: Some(revision), ..Applied::default() });
    }
    if let Some((device, n)) = too_large(&changes, &world, target.limits) {
        let (device, n_max) = (device.clone(), target.limits.n_messages);
        return Err(ApplyError::DeviceTooLarge { device, n, n_max });
    }
    let generation = world.sequence + 1;
    let writer = take(target, asked, &world, generation).await?;
    let mut applied = Applied::default();
    let done = write(&writer, target, asked, (&changes, &world), &mut applied, progress).await;
    let done = match done {
        Ok(()) => writer.end().await,
        Err(failure) => Err(failure),
    };
    let n_done = applied.n_written;
    match done {
        Ok(sequence) => {
            applied.revision = Some(target.revision(sequence));
            Ok(applied)
        }
        Err(Failure::Fenced { theirs }) => {
            Err(ApplyError::Fenced { ours: generation, theirs, n_done })
        }
        Err(failure) => Err(other(target, plan, failure, n_done).await),
    }
}

/// What the bucket holds at the plan's base, as was observed, or is now.
async fn held(target: &Nats, plan: &Plan) -> Result<Arc<World>, ApplyError> {
    let known = target.last.as_ref();
    let is_base = |world: &&Arc<World>| target.revision(world.sequence) == *plan.base();
    if let Some(world) = known.filter(is_base) {
        return Ok(Arc::clone(world));
    }
    let world = read::world(target, None).await?;
    plan.check_base(&target.revision(world.sequence))?;
    Ok(Arc::new(world))
}

/// Takes the fence for the plan, unless somebody wrote since it was made.
async fn take<'a>(
    target: &'a Nats,
    asked: &Asked<'_>,
    world: &World,
    generation: u64,
) -> Result<Writer<'a>, ApplyError> {
    let inbox = target.client.new_inbox();
    let fence = Fence {
        version: FORMAT,
        generation,
        fleet: asked.plan.fleet(),
        inventory: asked.plan.inventory(),
        // The last token of an inbox is unlike any other's.
        writer: inbox.rsplit('.').next().unwrap_or_default().to_owned(),
        ended: Ended::InProgress,
    };
    let at = (world.sequence, world.fence_sequence);
    match Writer::take(target, fence, at, asked.dry_run).await {
        Ok(writer) => Ok(writer),
        Err(failure) => Err(other(target, asked.plan, failure, 0).await),
    }
}

/// The error of a failure other than a lost fence.
async fn other(target: &Nats, plan: &Plan, failure: Failure, n_done: usize) -> ApplyError {
    match failure {
        Failure::Fenced { theirs } => ApplyError::Fenced { ours: 0, theirs, n_done },
        Failure::Died => ApplyError::Died { n_done },
        Failure::Server(error) => error.into(),
        Failure::Stale => match read::sequence(target).await {
            Ok(sequence) => match plan.check_base(&target.revision(sequence)) {
                Err(stale) => stale.into(),
                // Another's write was refused in the same moment; its sequence is not told.
                Ok(()) => ApplyError::Stale(escadre_interpreter::Stale {
                    what: "the target's revision",
                    planned: plan.base().to_string(),
                    present: "being written".to_owned(),
                }),
            },
            Err(error) => error.into(),
        },
    }
}

/// Writes what devices name before they name it, then devices, then deletes what none names any more.
async fn write(
    writer: &Writer<'_>,
    target: &Nats,
    asked: &Asked<'_>,
    (changes, world): (&[&Change], &World),
    applied: &mut Applied,
    progress: &mut (dyn Progress + Send),
) -> Result<(), Failure> {
    for digest in missing(changes, asked.objects, world) {
        let Some(content) = asked.objects.contents.get(&digest) else { continue };
        let messages = content_messages(digest, content, target.limits);
        for part in messages.chunks(N_PARTS) {
            writer.put(part).await?;
        }
    }
    progress.begin(changes.len());
    let mut batches = Packer::new(changes, world, target.limits, world.sequence + 1);
    let (mut writing, mut ahead) = (FuturesOrdered::new(), VecDeque::new());
    let put = |batch: Batch| async move {
        let stored = writer.put(&batch.messages).await;
        stored.map(|()| (batch.n_devices, batch.n_removed))
    };
    let window = target.options.window.max(1);
    loop {
        // Batches that are written at once are stored at about the same time: the next must be there.
        let next = if ahead.len() < window { batches.next() } else { None };
        let is_more = next.is_some();
        ahead.extend(next);
        while writing.len() < window
            && let Some(batch) = ahead.pop_front()
        {
            writing.push_back(put(batch));
        }
        let stored = if is_more {
            // What is written goes on, as far as it can at once; then another is made.
            match unconstrained(writing.next()).now_or_never() {
                Some(stored) => stored,
                None => continue,
            }
        } else {
            writing.next().await
        };
        let Some(stored) = stored else { break };
        let (n_devices, n_removed) = stored?;
        applied.n_written += n_devices;
        applied.n_removed += n_removed;
        progress.advance(applied.n_written);
    }
    for digest in unreferred(changes, world) {
        let Some(content) = world.contents.get(&digest) else { continue };
        for part in content_deletions(digest, content).chunks(target.limits.n_messages) {
            writer.put(part).await?;
        }
    }
    Ok(())
}
