//! Making the changes of a plan: objects, then nodes, then what no node has any more is deleted.

use std::collections::BTreeSet;
use std::time::Duration;

use escadre_algebra::{Coverage, DeviceId};
use escadre_interpreter::{Applied, Consent, Plan, Progress, Revision};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;

use super::lease::Held;
use super::write::{self, Failure, Relabelled, Terms};
use super::{Kube, observe};
use crate::error::ApplyError;
use crate::lower::Objects;
use crate::names::Variant;
use crate::work::{Relabel, Work};
use crate::world::World;

/// How long pods of objects that no node has any more are waited for.
const PATIENCE_OF_PRUNING: Duration = Duration::from_secs(30);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// What is to be applied.
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) objects: &'a Objects,
    pub(super) consent: &'a Consent,
    pub(super) dry_run: bool,
}

/// Applies a plan: checks it, takes the lease, writes objects, nodes, then what is left to tidy up.
pub(super) async fn apply(
    target: &Kube,
    asked: &Asked<'_>,
    progress: &mut (dyn Progress + Send),
) -> Result<Applied, ApplyError> {
    let changes = asked.consent.changes(asked.plan)?;
    let mut world = observe::world(target).await?;
    target.see(&world);
    let revision = Revision(world.revision().into());
    asked.plan.check(&revision, &asked.objects.resolved)?;
    if changes.is_empty() && world.is_settled() {
        return Ok(Applied { revision: Some(revision), ..Applied::default() });
    }
    let work = Work::of(&changes, &world, asked.objects)?;
    let mut applied = Applied::default();
    let done = run(target, asked, (&work, &mut world), &mut applied, progress).await;
    target.notes().iter().for_each(|note| progress.note(note));
    let n_done = applied.n_written;
    match done {
        Ok(()) => Ok(applied),
        Err(Failure::Fenced { theirs }) => Err(ApplyError::Fenced { theirs, n_done }),
        Err(Failure::Stale(stale)) => Err(stale.into()),
        Err(Failure::Died) => Err(ApplyError::Died { n_done }),
        Err(Failure::Server(error)) => Err(error.into()),
    }
}

async fn run(
    target: &Kube,
    asked: &Asked<'_>,
    (work, world): (&Work, &mut World),
    applied: &mut Applied,
    progress: &mut (dyn Progress + Send),
) -> Result<(), Failure> {
    let mut held = Held::take(target, asked.plan, world, asked.dry_run).await?;
    let dry_run = asked.dry_run;
    for kind in crate::manifest::Kind::ALL {
        let due: Vec<_> = work.objects.iter().filter(|due| due.manifest.kind() == kind).collect();
        for chunk in due.chunks(target.options.n_chunk) {
            held.keep().await?;
            let terms = Terms { dry_run, end: held.end_of_trust() };
            let writing: Vec<_> =
                chunk.iter().map(|due| write::object(target, due, terms)).collect();
            stream::iter(writing)
                .buffer_unordered(target.options.n_in_flight)
                .try_collect::<()>()
                .await?;
        }
    }
    progress.begin(work.nodes.len());
    let mut n_done = 0;
    for chunk in work.nodes.chunks(target.options.n_chunk) {
        held.keep().await?;
        let terms = Terms { dry_run, end: held.end_of_trust() };
        nodes(target, chunk, (terms, world), applied).await?;
        target.notes().iter().for_each(|note| progress.note(note));
        n_done += chunk.len();
        progress.advance(n_done);
    }
    if asked.plan.coverage() == Coverage::Complete {
        prune(target, &mut held, world, dry_run).await?;
    }
    held.end().await
}

/// Relabels the nodes of `chunk`, so many at once as may be.
async fn nodes(
    target: &Kube,
    chunk: &[Relabel],
    (terms, world): (Terms, &mut World),
    applied: &mut Applied,
) -> Result<(), Failure> {
    let writing: Vec<_> = chunk.iter().map(|relabel| node(target, relabel, terms)).collect();
    let mut writing = stream::iter(writing).buffer_unordered(target.options.n_in_flight);
    let mut failure = None;
    // What is under way is waited for, so that it is told what was written.
    while let Some((relabel, ended)) = writing.next().await {
        match ended {
            Ok(Relabelled::Done) => done(relabel, world, applied),
            Ok(Relabelled::Not(why)) => not_done(&relabel.device, why, applied),
            Err(ended) => failure = failure.or(Some(ended)),
        }
    }
    match failure {
        None => Ok(()),
        Some(failure) => Err(failure),
    }
}

async fn node<'a>(
    target: &Kube,
    relabel: &'a Relabel,
    terms: Terms,
) -> (&'a Relabel, Result<Relabelled, Failure>) {
    (relabel, write::node(target, relabel, terms).await)
}

fn done(relabel: &Relabel, world: &mut World, applied: &mut Applied) {
    applied.n_written += 1;
    applied.n_removed += usize::from(relabel.is_removed);
    if let Some(node) = world.nodes.get_mut(&relabel.device) {
        node.labels = relabel.after.clone().into();
    }
}

fn not_done(device: &DeviceId, why: String, applied: &mut Applied) {
    applied.failed.push((device.clone(), why));
}

/// Deletes the objects that no node has, once no pod of theirs runs.
async fn prune(
    target: &Kube,
    held: &mut Held<'_>,
    world: &World,
    dry_run: bool,
) -> Result<(), Failure> {
    let mut used: Option<BTreeSet<Variant>> = None;
    let end = Instant::now() + PATIENCE_OF_PRUNING;
    loop {
        held.keep().await?;
        let terms = Terms { dry_run, end: held.end_of_trust() };
        let mut now = World { nodes: world.nodes.clone(), ..World::default() };
        observe::objects(target, &mut now).await?;
        let used = used.get_or_insert_with(|| now.used());
        let mut n_left = 0;
        let unused = now.objects.iter().filter(|(variant, _)| !used.contains(*variant));
        let unused = unused.map(|(_, stored)| (stored.kind, &stored.meta, stored.n_desired));
        for (kind, meta, n_desired) in
            unused.chain(now.litter.iter().map(|(kind, meta)| (*kind, meta, 0)))
        {
            // A dry run leaves the nodes, and so the pods.
            let is_free = n_desired == 0 || dry_run;
            if !is_free || !write::delete(target, (kind, meta), terms).await? {
                n_left += 1;
            }
        }
        if n_left == 0 {
            return Ok(());
        }
        if Instant::now() >= end {
            let n = n_left;
            target.note(format!("{n} objects still have pods; the next apply deletes them"));
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
