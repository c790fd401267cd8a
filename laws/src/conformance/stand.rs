//! What checks are written with: turns of the crank, and marks of what a target holds.

use std::collections::BTreeMap;

use escadre_algebra::{DeviceId, Fleet, Inventory, Resolved};
use escadre_interpreter::{
    Applied, Consent, Interpreter, Plan, Progress, Revision, Silent, Snapshot,
};

use super::bench::{Bench, Hook};
use super::failure::{Failure, Stop, differences, ensure};
use super::inputs::{self, Input};

/// Members may leave in any number, so that only the law in question can refuse.
pub(crate) fn consenting() -> Consent {
    Consent { accept_shrink: true, ..Consent::default() }
}

/// A bench, with the inputs that its targets can express.
pub(crate) struct Stand<'a, B: Bench> {
    pub(crate) bench: &'a mut B,
    pub(crate) inputs: &'a [Input],
}

/// What a target holds, with the revision of that moment.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) held: Snapshot,
    pub(crate) revision: Revision,
}

/// All that can be told of a target: equal marks have no write between them.
pub(crate) struct Mark {
    pub(crate) seen: Seen,
    writes: Option<u64>,
    stamps: Option<BTreeMap<DeviceId, String>>,
}

/// One turn: a target observed, planned for, written to and observed again.
pub(crate) struct Turn {
    pub(crate) before: Seen,
    pub(crate) plan: Plan,
    pub(crate) after: Seen,
}

impl<B: Bench> Stand<'_, B> {
    pub(crate) fn offers(&self, hook: Hook) -> bool {
        self.bench.offers().contains(&hook)
    }

    /// An empty target where the devices of the inputs exist.
    pub(crate) async fn fresh(&mut self) -> Result<B::I, Stop> {
        let devices = inputs::all_devices().map_err(Failure::new)?;
        Ok(self.bench.fresh(&devices).await?)
    }

    /// A target that holds `resolved`.
    pub(crate) async fn holding(&mut self, resolved: &Resolved) -> Result<B::I, Stop> {
        let mut target = self.bench.fresh(resolved.inventory()).await?;
        turn(&mut target, resolved).await?;
        Ok(target)
    }

    /// Two resources on every device, in `version`.
    pub(crate) fn fleet(&self, version: u32) -> Fleet {
        self.bench.resource("recorder", version) | self.bench.resource("banner", version)
    }

    pub(crate) async fn mark(&mut self, target: &mut B::I) -> Result<Mark, Stop> {
        let seen = see(target).await?;
        let writes = match self.offers(Hook::Writes) {
            true => Some(self.bench.writes(target).await?),
            false => None,
        };
        let stamps = match self.offers(Hook::Stamps) {
            true => Some(self.bench.stamps(target).await?),
            false => None,
        };
        Ok(Mark { seen, writes, stamps })
    }

    /// The failure that `what` wrote something, unless nothing was written since `mark`.
    pub(crate) async fn ensure_quiet(
        &mut self,
        mark: &Mark,
        target: &mut B::I,
        what: &str,
    ) -> Result<(), Stop> {
        let now = self.mark(target).await?;
        let found = differences(&now.seen.held, &mark.seen.held);
        if !found.is_empty() {
            return Err(Failure::new(format!("{what} changed what is held")).seen_by(found).into());
        }
        ensure(now.seen.revision == mark.seen.revision, || {
            let (before, now) = (&mark.seen.revision, &now.seen.revision);
            format!("{what} changed the revision from {before} to {now}")
        })?;
        ensure(now.writes == mark.writes, || {
            let (before, now) = (mark.writes.unwrap_or(0), now.writes.unwrap_or(0));
            format!("{what} wrote: {before} writes before, {now} afterwards")
        })?;
        ensure(now.stamps == mark.stamps, || format!("{what} wrote devices again as they were"))?;
        Ok(())
    }
}

/// `fleet` on `inventory`; the suite's own fleets resolve.
pub(crate) fn resolve(fleet: &Fleet, inventory: &Inventory) -> Result<Resolved, Failure> {
    let resolved = fleet.resolve(inventory);
    resolved
        .map_err(|error| Failure::new(format!("a fleet of the bench does not resolve: {error}")))
}

/// What `target` holds now.
pub(crate) async fn see<I: Interpreter>(target: &mut I) -> Result<Seen, Failure> {
    let observed = target.observe().await;
    let observed =
        observed.map_err(|error| Failure::new(format!("the target was not observed: {error}")))?;
    let held = target.lift(&observed.state);
    let held =
        held.map_err(|error| Failure::new(format!("what is held was not lifted: {error}")))?;
    Ok(Seen { held, revision: observed.revision })
}

/// What would change for `resolved`, and what is held.
pub(crate) async fn plan<I: Interpreter>(
    target: &mut I,
    resolved: &Resolved,
) -> Result<(Plan, Seen), Failure> {
    let seen = see(target).await?;
    Ok((target.plan(resolved, &seen.held, &seen.revision), seen))
}

/// Applies `plan` with the objects of `resolved`; the inner error is why it was not applied.
pub(crate) async fn apply<I: Interpreter>(
    target: &mut I,
    plan: &Plan,
    resolved: &Resolved,
    consent: &Consent,
) -> Result<Result<Applied, String>, Failure> {
    apply_as(target, plan, resolved, (consent, false), &mut Silent).await
}

/// As [`apply`], or as its dry run, telling `progress`.
pub(crate) async fn apply_as<I: Interpreter>(
    target: &mut I,
    plan: &Plan,
    resolved: &Resolved,
    (consent, dry_run): (&Consent, bool),
    progress: &mut (dyn Progress + Send),
) -> Result<Result<Applied, String>, Failure> {
    let objects = target.lower(resolved);
    let objects = objects.map_err(|error| {
        Failure::new(format!("a fleet that the target should express is refused: {error}"))
    })?;
    let applied = target.apply(plan, &objects, consent, dry_run, progress).await;
    Ok(applied.map_err(|error| error.to_string()))
}

/// Applies `plan`, which nothing is in the way of.
pub(crate) async fn apply_well<I: Interpreter>(
    target: &mut I,
    plan: &Plan,
    resolved: &Resolved,
    consent: &Consent,
) -> Result<Applied, Failure> {
    let applied = apply(target, plan, resolved, consent).await?;
    let applied = applied
        .map_err(|error| Failure::new(format!("a plan that may be applied is refused: {error}")))?;
    match applied.failed.first() {
        None => Ok(applied),
        Some((device, why)) => {
            Err(Failure::new(format!("the write of `{device}` was not taken: {why}")))
        }
    }
}

/// Observes, plans and applies, consenting to any number of members leaving.
pub(crate) async fn turn<I: Interpreter>(
    target: &mut I,
    resolved: &Resolved,
) -> Result<Turn, Failure> {
    let (plan, before) = plan(target, resolved).await?;
    apply_well(target, &plan, resolved, &consenting()).await?;
    let after = see(target).await?;
    Ok(Turn { before, plan, after })
}
