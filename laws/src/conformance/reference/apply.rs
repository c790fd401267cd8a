//! Writing to a world in memory: the fence first, then one device after another.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use escadre_algebra::Coverage;
use escadre_interpreter::{Applied, Change, ChangeKind, Consent, Plan, Progress, Revision};

use super::bug::Bug;
use super::world::World;
use super::{Objects, Reference, ReferenceError};

/// What is to be applied.
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) objects: &'a Objects,
    pub(super) consent: &'a Consent,
    pub(super) dry_run: bool,
}

/// Writes that are under way: to the world, or for a dry run to a copy of it.
struct Session {
    world: Arc<Mutex<World>>,
    /// How many writes are left until the controller dies.
    left: Option<usize>,
}

impl Session {
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one write, unless the controller dies before it.
    fn write<T>(&mut self, write: impl FnOnce(&mut World) -> T) -> Result<T, ReferenceError> {
        match &mut self.left {
            Some(0) => return Err(ReferenceError::new("the controller was killed")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(write(&mut self.lock()))
    }
}

impl Reference {
    /// Applies what is asked, or as much as can be until it dies or another takes over.
    pub(super) async fn write(
        &mut self,
        asked: &Asked<'_>,
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ReferenceError> {
        let Asked { plan, dry_run, .. } = *asked;
        self.check_consent(asked)?;
        self.check_fresh(asked)?;
        let mut changes = self.kept(asked);
        let mut session = self.session(dry_run);
        if changes.is_empty() {
            self.write_nothing(&session);
            let revision = Some(self.revision(&self.lock()));
            return Ok(Applied { revision, ..Applied::default() });
        }
        if self.has(Bug::ChecksThenTakes) {
            wait_once().await;
        }
        let fence = self.take_fence(&mut session, plan)?;
        let contents = asked.objects.resolved.fleet().contents();
        if !self.has(Bug::ContentsLast) {
            session.write(|world| world.store(&contents))?;
        }
        if self.has(Bug::ResumesByCount) {
            let n_before = session.lock().open.map_or(0, |(_, n_done)| n_done);
            changes.drain(..n_before.min(changes.len()));
        }
        let mut applied =
            self.write_devices(&mut session, asked, (&changes, fence), progress).await?;
        if self.has(Bug::ContentsLast) {
            session.write(|world| world.store(&contents))?;
        }
        if self.has(Bug::TouchesUnchanged) {
            session.write(World::touch_all)?;
        }
        session.lock().open = None;
        if dry_run && self.has(Bug::DryRunTellsNothing) {
            applied = Applied::default();
        }
        applied.revision = Some(self.revision(&self.lock()));
        if !dry_run {
            let state = self.lock().state();
            self.wrote = state.lift(self.bug).ok();
        }
        Ok(applied)
    }

    /// Writes the devices of `changes`, as long as nobody else takes the fence.
    async fn write_devices(
        &self,
        session: &mut Session,
        asked: &Asked<'_>,
        (changes, fence): (&[&Change], u64),
        progress: &mut (dyn Progress + Send),
    ) -> Result<Applied, ReferenceError> {
        let mut applied = Applied::default();
        progress.begin(changes.len());
        for (n_done, change) in changes.iter().enumerate() {
            if session.lock().fence != fence && !self.has(Bug::KeepsWriting) {
                return Err(ReferenceError(format!(
                    "another controller took over after {n_done} devices"
                )));
            }
            let is_last = n_done + 1 == changes.len();
            if !(self.has(Bug::WritesAllButOne) && is_last && n_done > 0) {
                self.write_device(session, change)?;
            }
            applied.n_written += 1;
            let counts = change.kind == ChangeKind::Removed && !self.has(Bug::CountsNoRemovals);
            applied.n_removed += usize::from(counts);
            if n_done == 0 && self.has(Bug::ChecksLate) {
                let taken_from = Revision(session.lock().taken_from.clone());
                self.check_base(asked, &taken_from)?;
            }
            if !(is_last && self.has(Bug::TellsNoProgress)) {
                progress.advance(n_done + 1);
            }
            wait_once().await;
        }
        Ok(applied)
    }

    fn session(&self, dry_run: bool) -> Session {
        if dry_run && !self.has(Bug::DryRunWrites) {
            let copy = Arc::new(Mutex::new(self.lock().clone()));
            return Session { world: copy, left: None };
        }
        Session { world: Arc::clone(&self.world), left: self.kill_after }
    }

    fn check_consent(&self, asked: &Asked<'_>) -> Result<(), ReferenceError> {
        let Asked { plan, consent, .. } = *asked;
        let is_partial = plan.coverage() == Coverage::Partial;
        let skipped = match self.bug {
            Some(Bug::PrunesOnPartial) => is_partial,
            Some(Bug::IgnoresShrink) => !is_partial,
            _ => false,
        };
        if skipped { Ok(()) } else { consent.check(plan).map_err(ReferenceError::new) }
    }

    /// Whether the plan is of this fleet, this inventory and this revision, and nobody shuts it out.
    fn check_fresh(&self, asked: &Asked<'_>) -> Result<(), ReferenceError> {
        let (plan, resolved) = (asked.plan, &asked.objects.resolved);
        let is_other_fleet = plan.fleet() != resolved.fleet_digest();
        let is_other_inventory = plan.inventory() != resolved.inventory_digest();
        if is_other_fleet && !self.has(Bug::IgnoresFleet) {
            return Err(ReferenceError::new("the plan is of another fleet"));
        }
        if is_other_inventory && !self.has(Bug::IgnoresInventory) {
            return Err(ReferenceError::new("the plan is of another inventory"));
        }
        if self.has(Bug::LocksForEver) && self.lock().open.is_some() {
            return Err(ReferenceError::new("another controller has the fence"));
        }
        let revision = match (&self.seen, self.has(Bug::RemembersRevision)) {
            (Some(seen), true) => seen.clone(),
            _ => self.revision(&self.lock()),
        };
        if self.has(Bug::ChecksLate) { Ok(()) } else { self.check_base(asked, &revision) }
    }

    fn check_base(&self, asked: &Asked<'_>, revision: &Revision) -> Result<(), ReferenceError> {
        if self.has(Bug::IgnoresRevision) {
            return Ok(());
        }
        asked.plan.check_base(revision).map_err(ReferenceError::new)
    }

    fn kept<'a>(&self, asked: &Asked<'a>) -> Vec<&'a Change> {
        let Asked { plan, consent, .. } = *asked;
        if consent.keep_removed && self.has(Bug::KeepsEverything) {
            return Vec::new();
        }
        let keeps = consent.keep_removed && !self.has(Bug::RemovesKept);
        let kept = |change: &&Change| !(keeps && change.kind == ChangeKind::Removed);
        plan.changes().iter().filter(kept).collect()
    }

    fn write_nothing(&self, session: &Session) {
        match self.bug {
            Some(Bug::WritesAgain) if !session.lock().rows.is_empty() => session.lock().touch_all(),
            Some(Bug::FencesForNothing) => session.lock().count(),
            _ => {}
        }
    }

    /// Takes the fence, if the target is still of the plan's revision.
    fn take_fence(&self, session: &mut Session, plan: &Plan) -> Result<u64, ReferenceError> {
        use Bug::{ChecksLate, ChecksThenTakes, IgnoresRevision, RemembersRevision};
        let is_sure = [ChecksLate, ChecksThenTakes, IgnoresRevision, RemembersRevision];
        session.write(|world| {
            let revision = self.revision(world);
            if !is_sure.iter().any(|bug| self.has(*bug)) {
                plan.check_base(&revision).map_err(ReferenceError::new)?;
            }
            world.count();
            world.fence += 1;
            world.taken_from = revision.0;
            let n_done = match world.open {
                Some((fleet, n_done)) if fleet == plan.fleet() => n_done,
                _ => 0,
            };
            world.open = Some((plan.fleet(), n_done));
            Ok(world.fence)
        })?
    }

    /// Writes one device whole: one write.
    fn write_device(&self, session: &mut Session, change: &Change) -> Result<(), ReferenceError> {
        if self.has(Bug::SplitsDevices) && change.resources.len() > 1 {
            for resource in &change.resources {
                let part = Change { resources: vec![resource.clone()], ..change.clone() };
                session.write(|world| world.write(&part, self.bug))?;
            }
            return Ok(());
        }
        session.write(|world| {
            world.write(change, self.bug);
            if let Some((_, n_done)) = &mut world.open {
                *n_done += 1;
            }
        })
    }
}

/// Waits once, so that whoever drives this future may do something else.
async fn wait_once() {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
