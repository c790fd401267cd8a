//! Making the changes of a plan: objects, then nodes, then what no node has any more is deleted.

use std::collections::BTreeSet;
use std::time::Duration;

use escadre_algebra::Coverage;
use escadre_interpreter::{Applied, Consent, Plan, Progress, Revision};
use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use tokio::time::Instant;

use super::lease::Held;
use super::node::{self, Reached, Unfinished};
use super::write::{self, Failure};
use super::{Kube, observe, own};
use crate::error::ApplyError;
use crate::lower::Objects;
use crate::manifest::Kind;
use crate::names::Variant;
use crate::work::{Relabel, RelabelKind, Work};
use crate::world::World;

/// How long pods of objects that no node has any more are waited for: longer than controllers wait
/// before they watch an API server again that was away, which is up to a minute.
const PATIENCE_OF_PRUNING: Duration = Duration::from_secs(120);
/// After how long it is told that they are waited for, and their controller is made to look at them
/// again.
const NUDGE: Duration = Duration::from_secs(5);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is looked whether there is something to tell.
const TELL: Duration = Duration::from_millis(500);

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
    if changes.is_empty() && world.is_settled(asked.plan.coverage()) {
        return Ok(Applied { revision: Some(revision), ..Applied::default() });
    }
    let mut work = Work::of(&changes, &world, asked.objects, &target.options.pause)?;
    own::look(target, &mut work.objects, asked.consent.adopt).await?;
    let mut applied = Applied::default();
    let done = run(target, asked, (&work, &mut world), &mut applied, progress).await;
    tell(target, progress);
    let n_done = applied.n_written;
    match done {
        Ok(()) => Ok(applied),
        Err(Failure::Fenced { theirs }) => Err(ApplyError::Fenced { theirs, n_done }),
        Err(Failure::Stale(stale)) => Err(stale.into()),
        Err(Failure::Foreign(foreign)) => Err(foreign.into()),
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
    let taking = Held::take(target, asked.plan, world, asked.dry_run);
    let held = telling(target, progress, taking).await?;
    let done = under(target, asked, (work, world), (applied, progress), &held).await;
    match done {
        Ok(()) => held.end().await,
        Err(failure) => {
            if matches!(failure, Failure::Server(_) | Failure::Foreign(_)) {
                held.release().await;
            }
            Err(failure)
        }
    }
}

/// All that is written under the lease.
async fn under(
    target: &Kube,
    asked: &Asked<'_>,
    (work, world): (&Work, &mut World),
    (applied, progress): (&mut Applied, &mut (dyn Progress + Send)),
    held: &Held<'_>,
) -> Result<(), Failure> {
    for kind in Kind::ALL {
        let due = work.objects.iter().filter(|due| due.manifest.kind() == kind);
        let writing: Vec<_> = due.map(|due| write::object(target, due, held)).collect();
        let writing = stream::iter(writing).buffer_unordered(target.options.n_in_flight);
        // What is under way is waited for: whoever gets the lease next writes alone.
        let written: Vec<_> = telling(target, progress, writing.collect()).await;
        written.into_iter().collect::<Result<(), _>>()?;
    }
    nodes(target, held, (&work.nodes, world), applied, progress).await?;
    if asked.plan.coverage() == Coverage::Complete {
        telling(target, progress, prune(target, held, world)).await?;
    }
    Ok(())
}

/// What `work` gives; what it has to tell meanwhile is told while it goes on.
async fn telling<T>(
    target: &Kube,
    progress: &mut (dyn Progress + Send),
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        let done = tokio::time::timeout(TELL, &mut work).await;
        tell(target, progress);
        if let Ok(done) = done {
            return done;
        }
    }
}

fn tell(target: &Kube, progress: &mut (dyn Progress + Send)) {
    target.notes().iter().for_each(|note| progress.note(note));
}

/// Relabels nodes, so many at once as may be.
async fn nodes(
    target: &Kube,
    held: &Held<'_>,
    (relabels, world): (&[Relabel], &mut World),
    applied: &mut Applied,
    progress: &mut (dyn Progress + Send),
) -> Result<(), Failure> {
    progress.begin(relabels.len());
    let n_in_flight = target.options.n_in_flight.max(1);
    // CHOICE: no more requests exist than are in flight, however many nodes there are.
    let (mut due, mut writing) = (relabels.iter(), FuturesUnordered::new());
    let (mut n_done, mut n_unready, mut failure) = (0, 0, None);
    loop {
        while writing.len() < n_in_flight
            && n_unready < n_in_flight
            && let Some(relabel) = due.next()
        {
            writing.push(one(target, relabel, held));
        }
        let next = telling(target, progress, writing.next()).await;
        let Some((relabel, ended)) = next else { break };
        match ended {
            Ok(reached) => {
                let is_unready = matches!(reached.trouble, Some(Unfinished::Unready(_)));
                n_unready = if is_unready { n_unready + 1 } else { 0 };
                take_in(relabel, reached, world, applied);
            }
            Err(ended) => {
                // What is under way is waited for, so that it is told what was written.
                due = [].iter();
                failure = failure.or(Some(ended));
            }
        }
        n_done += 1;
        if n_done % target.options.n_chunk == 0 || n_done == relabels.len() {
            progress.advance(n_done);
        }
    }
    // What goes wrong on so many nodes one after the other is not tried on all the others.
    for relabel in due {
        let why = format!("not begun: the pods of {n_unready} nodes before it were not ready");
        applied.failed.push((relabel.device.clone(), why));
    }
    match failure {
        None => Ok(()),
        Some(failure) => Err(failure),
    }
}

async fn one<'a>(
    target: &Kube,
    relabel: &'a Relabel,
    held: &Held<'_>,
) -> (&'a Relabel, Result<Reached, Failure>) {
    (relabel, node::node(target, relabel, held).await)
}

/// Takes note of how far the write of one node came.
fn take_in(relabel: &Relabel, reached: Reached, world: &mut World, applied: &mut Applied) {
    if reached.is_held && relabel.kind != RelabelKind::Tidied {
        applied.n_written += 1;
        applied.n_removed += usize::from(relabel.kind == RelabelKind::Removed);
    }
    let node = world.nodes.get_mut(&relabel.device);
    if let Some((node, labels)) = node.zip(reached.labels) {
        node.labels = labels;
    }
    let why = match reached.trouble {
        None => return,
        Some(Unfinished::Refused(why)) => why,
        Some(Unfinished::Unready(why)) if reached.is_held => format!("written, and {why}"),
        Some(Unfinished::Unready(why)) => why,
    };
    applied.failed.push((relabel.device.clone(), why));
}

/// Deletes the objects that no node has, once no pod of theirs runs.
async fn prune(target: &Kube, held: &Held<'_>, world: &World) -> Result<(), Failure> {
    let mut used: Option<BTreeSet<Variant>> = None;
    let pulled = world.nodes.values().flat_map(|node| node.pulled().into_values());
    let pulled: BTreeSet<Variant> = pulled.collect();
    let end = Instant::now() + PATIENCE_OF_PRUNING;
    let (impatient, mut nudged) = (Instant::now() + NUDGE, BTreeSet::new());
    loop {
        held.renew().await?;
        let mut now = World::default();
        observe::objects(target, &mut now).await?;
        let used = used.get_or_insert_with(|| now.used_by(&world.nodes));
        let mut n_left = 0;
        let unused = now.objects.iter().filter(|(variant, _)| !used.contains(*variant));
        let unused = unused.map(|(_, stored)| (stored.kind, &stored.meta, stored.n_desired));
        let unpulled = now.pulls.iter().filter(|(variant, _)| !pulled.contains(*variant));
        let unpulled = unpulled.map(|(_, (meta, n))| (Kind::DaemonSet, meta, *n));
        for (kind, meta, n_desired) in unused.chain(unpulled) {
            // A dry run leaves the nodes, and so the pods.
            let is_free = n_desired == 0 || held.dry_run;
            if !is_free && Instant::now() >= impatient && nudged.insert(meta.uid.clone()) {
                write::nudge(target, meta, held).await?;
                target.note(format!(
                    "no node is to run `{}` any more: waiting until the controller of DaemonSets \
                     says so too",
                    meta.name
                ));
            }
            if !is_free || !write::delete(target, (kind, meta), held).await? {
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
