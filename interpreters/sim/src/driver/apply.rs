//! Making the changes of a plan, a batch of whole devices at a time.

use std::collections::HashMap;
use std::sync::Arc;

use escadre_algebra::{Digest, Digester, ResourceState};
use escadre_interpreter::{Applied, Change, ChangeKind, Consent, Ended, Plan, Progress, Stale};

use super::store::{Store, Tables, Writing};
use crate::error::{ApplyError, StoreError};
use crate::fault::Faults;
use crate::lower::{Objects, mentioned_digests};
use crate::world::{Entry, Fence, Head};

/// How many devices one transaction writes.
const N_BATCH: usize = 256;
/// The writer's name in the history.
const WRITER: &str = "escadre";

/// What is to be applied.
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) objects: &'a Objects,
    pub(super) consent: &'a Consent,
    pub(super) dry_run: bool,
}

/// Applies a plan: the fence is taken, then whole devices are written in batches; the last batch
/// gives the fence back and collects garbage.
pub(super) fn apply(
    store: &Store,
    faults: &Faults,
    asked: &Asked<'_>,
    progress: &mut (dyn Progress + Send),
) -> Result<Applied, ApplyError> {
    let plan = asked.plan;
    let changes = asked.consent.changes(plan)?;
    let revision = store.head()?.revision();
    plan.check(&revision, &asked.objects.resolved)?;
    if changes.is_empty() {
        return Ok(Applied { revision: Some(revision), ..Applied::default() });
    }
    if store.read_only && !asked.dry_run {
        return Err(StoreError::read_only().into());
    }
    let mut session = Session { store, dry_run: asked.dry_run, open: None };
    let (mut fence, entry) =
        session.write(|tables, head| take_fence(tables, head, plan, faults))??;
    progress.begin(changes.len());
    let mut batches = Batches {
        faults,
        objects: asked.objects,
        entry,
        numbers: HashMap::new(),
        applied: Applied::default(),
    };
    let crash = faults.crash_after.and_then(|n| usize::try_from(n).ok());
    let mut n_done = 0;
    while n_done < changes.len() && crash != Some(n_done) {
        let end = (n_done + N_BATCH).min(changes.len());
        let end = crash.map_or(end, |n| end.min(n.max(n_done + 1)));
        if end == changes.len() {
            fence.ended = Ended::Done;
        }
        let batch = &changes[n_done..end];
        session
            .write(|tables, head| batches.write(tables, head, &fence, batch))?
            .map_err(|theirs| ApplyError::Fenced { ours: fence.generation, theirs, n_done })?;
        n_done = end;
        progress.advance(n_done);
    }
    if crash == Some(n_done) {
        return Err(ApplyError::Crashed { n_done });
    }
    for (device, reason) in &batches.applied.failed {
        progress.note(&format!("`{device}`: {reason}"));
    }
    drop(session);
    batches.applied.revision = Some(store.head()?.revision());
    Ok(batches.applied)
}

/// The transactions of one apply. A dry run is one that is never committed.
struct Session<'a> {
    store: &'a Store,
    dry_run: bool,
    open: Option<Writing>,
}

impl Session<'_> {
    fn write<T>(
        &mut self,
        write: impl FnOnce(&mut Tables<'_>, &mut Head) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writing = match self.open.take() {
            Some(writing) => writing,
            None => self.store.begin()?,
        };
        let output = write(&mut Tables::open(&writing.transaction)?, &mut writing.head)?;
        if self.dry_run {
            self.open = Some(writing);
        } else {
            writing.commit()?;
        }
        Ok(output)
    }
}

/// The fence as it was taken, and the entry of the history with its number.
type Taken = (Fence, (u64, Entry));

/// Takes the fence for `plan`, unless somebody wrote since it was made.
fn take_fence(
    tables: &mut Tables<'_>,
    head: &mut Head,
    plan: &Plan,
    faults: &Faults,
) -> Result<Result<Taken, Stale>, StoreError> {
    if let Err(stale) = plan.check_base(&head.revision()) {
        return Ok(Err(stale));
    }
    let generation = tables.fence()?.map_or(0, |fence| fence.generation) + 1;
    let fence = Fence {
        generation,
        fleet: plan.fleet(),
        inventory: plan.inventory(),
        plan: digest(plan),
        ended: Ended::InProgress,
    };
    tables.set_fence(&fence)?;
    let entry = Entry {
        at_ms: head.clock_ms,
        writer: WRITER.to_owned(),
        generation,
        fleet: Some(plan.fleet().to_string()),
        n_written: 0,
        n_removed: 0,
        n_lost: 0,
        n_refused: 0,
        faults: (*faults != Faults::default()).then(|| faults.to_string()),
        ended: Ended::InProgress,
    };
    let number = head.next_entry;
    head.next_entry += 1;
    tables.set_entry(number, &entry)?;
    head.bump(
        head.write().piece(b"fence").piece(&generation.to_le_bytes()).piece(fence.plan.as_bytes()),
    );
    Ok(Ok((fence, (number, entry))))
}

/// The digest of what a plan was made from and which devices it changes.
fn digest(plan: &Plan) -> Digest {
    let mut digester = Digester::new("escadre/sim/plan/1");
    digester.add(plan.base().0.as_bytes());
    digester.add(plan.fleet().as_bytes());
    digester.add(plan.inventory().as_bytes());
    for change in plan.changes() {
        digester.add(change.device.as_str().as_bytes());
        digester.add(&[change.kind as u8]);
    }
    digester.finish()
}

/// What the batches of one apply have in common.
struct Batches<'a> {
    faults: &'a Faults,
    objects: &'a Objects,
    /// The entry of the history, with its number.
    entry: (u64, Entry),
    /// The numbers of the states that were written; the plan keeps them alive.
    numbers: HashMap<*const ResourceState, u64>,
    applied: Applied,
}

impl Batches<'_> {
    /// Writes the devices of `batch` under `fence`, or says which generation has it now.
    fn write(
        &mut self,
        tables: &mut Tables<'_>,
        head: &mut Head,
        fence: &Fence,
        batch: &[&Change],
    ) -> Result<Result<(), u64>, StoreError> {
        let theirs = tables.fence()?.map_or(0, |fence| fence.generation);
        if theirs != fence.generation {
            return Ok(Err(theirs));
        }
        let mut written = head.write().piece(b"batch").piece(&fence.generation.to_le_bytes());
        for change in batch {
            let device = change.device.as_str();
            if self.faults.write_is_refused(device, fence.generation) {
                self.applied
                    .failed
                    .push((change.device.clone(), "the write was refused".to_owned()));
                self.entry.1.n_refused += 1;
                continue;
            }
            self.applied.n_written += 1;
            self.applied.n_removed += usize::from(change.kind == ChangeKind::Removed);
            if self.faults.write_is_lost(device, fence.generation) {
                self.entry.1.n_lost += 1;
                continue;
            }
            written.add(device.as_bytes());
            written.add(&self.write_device(tables, head, fence.generation, change)?);
        }
        self.entry.1.n_written = self.applied.n_written as u64;
        self.entry.1.n_removed = self.applied.n_removed as u64;
        if fence.ended == Ended::Done {
            self.entry.1.ended = Ended::Done;
            tables.set_fence(fence)?;
            tables.collect_garbage()?;
        }
        tables.set_entry(self.entry.0, &self.entry.1)?;
        head.bump(written);
        Ok(Ok(()))
    }

    /// Writes one device whole; returns what its row now holds.
    fn write_device(
        &mut self,
        tables: &mut Tables<'_>,
        head: &mut Head,
        generation: u64,
        change: &Change,
    ) -> Result<Vec<u8>, StoreError> {
        let device = change.device.as_str();
        if change.kind == ChangeKind::Removed {
            tables.remove_member(device)?;
            return Ok(Vec::new());
        }
        let mut resources = tables.resources(device)?.unwrap_or_default();
        for resource in &change.resources {
            let name = resource.name.as_str();
            match &resource.after {
                Some(state) => {
                    resources.insert(name.to_owned(), self.number(tables, head, state)?);
                }
                None => {
                    resources.remove(name);
                }
            }
        }
        tables.set_resources(device, generation, &resources)
    }

    /// The number of `state`, which is written with the contents that it names if it is new.
    fn number(
        &mut self,
        tables: &mut Tables<'_>,
        head: &mut Head,
        state: &Arc<ResourceState>,
    ) -> Result<u64, StoreError> {
        if let Some(number) = self.numbers.get(&Arc::as_ptr(state)) {
            return Ok(*number);
        }
        if !self.objects.contents.is_empty() {
            for digest in mentioned_digests(state.to_text().as_bytes()) {
                if let Some(bytes) = self.objects.contents.get(&digest) {
                    tables.set_content(digest, bytes)?;
                }
            }
        }
        let number = tables.number(head, state)?;
        self.numbers.insert(Arc::as_ptr(state), number);
        Ok(number)
    }
}
