//! What an apply that nothing disturbs does, and what it leaves alone.

use escadre_interpreter::{Plan, PlanParts, Progress, Summary};

use crate::conformance::bench::Bench;
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, Stop, ensure, ensure_same};
use crate::conformance::model::{erased, executed};
use crate::conformance::stand::{
    Stand, apply_as, apply_well, consenting, plan, resolve, see, turn,
};
use crate::conformance::{inputs, inputs::Input};

/// The failure, found with the second fleet of `input`.
fn on(input: &Input) -> impl Fn(Failure) -> Stop {
    move |failure| Stop::from(failure).on(&input.name, &input.after)
}

/// observe ∘ apply(p) = p, executed on what was held
pub(super) async fn execution<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        turn(&mut target, &input.before).await.map_err(on(input))?;
        let turn = turn(&mut target, &input.after).await.map_err(on(input))?;
        let planned = executed(&turn.plan, &turn.before.held);
        ensure_same(&turn.after.held, &planned, "what is held is not what the plan said")
            .map_err(on(input))?;
        let wanted = erased(&target, &input.after, &turn.before.held);
        ensure_same(&turn.after.held, &wanted, "the plan does not say what was wanted")
            .map_err(on(input))?;
    }
    Ok(stand.inputs.len())
}

/// What an apply told while it went on.
#[derive(Default)]
struct Told {
    n_total: Option<usize>,
    n_done: Vec<usize>,
}

impl Progress for Told {
    fn begin(&mut self, n_total: usize) {
        self.n_total = Some(n_total);
    }
    fn advance(&mut self, n_done: usize) {
        self.n_done.push(n_done);
    }
    fn note(&mut self, _: &str) {}
}

/// what apply tells is what it did
pub(super) async fn account<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        turn(&mut target, &input.before).await.map_err(on(input))?;
        let (plan, _) = plan(&mut target, &input.after).await.map_err(on(input))?;
        let mut told = Told::default();
        let how = (&consenting(), false);
        let applied = apply_as(&mut target, &plan, &input.after, how, &mut told).await;
        let applied = applied.map_err(on(input))?;
        let applied = applied.map_err(|error| on(input)(Failure::new(error)))?;
        let after = see(&mut target).await.map_err(on(input))?;
        let (n_changes, n_removed) = (plan.changes().len(), plan.removed().count());
        let done = (applied.n_written, applied.n_removed);
        ensure(done == (n_changes, n_removed), || {
            format!("apply tells (written, removed) = {done:?}, but the plan has {n_changes} changes, {n_removed} of them removals")
        })
        .map_err(on(input))?;
        ensure(applied.revision.as_ref().is_none_or(|told| *told == after.revision), || {
            format!("apply tells a revision that is not the target's {}", after.revision)
        })
        .map_err(on(input))?;
        let n_last = told.n_done.last().copied().unwrap_or(0);
        let told_well = told.n_done.is_sorted() && told.n_total.unwrap_or(0) == n_changes;
        ensure(told_well && n_last == n_changes, || {
            let (n_total, n_done) = (told.n_total, &told.n_done);
            format!("progress told {n_done:?} of {n_total:?} for {n_changes} changes")
        })
        .map_err(on(input))?;
    }
    Ok(stand.inputs.len())
}

/// apply ∘ apply = apply
pub(super) async fn idempotence<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        turn(&mut target, &input.before).await.map_err(on(input))?;
        turn(&mut target, &input.after).await.map_err(on(input))?;
        let once = stand.mark(&mut target).await?;
        turn(&mut target, &input.after).await.map_err(on(input))?;
        stand
            .ensure_quiet(&once, &mut target, "applying the same again")
            .await
            .map_err(|stop| stop.on(&input.name, &input.after))?;
    }
    Ok(stand.inputs.len())
}

/// plan(f, held after apply(f)) = ∅
pub(super) async fn second_plan<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        for resolved in [&input.before, &input.after] {
            turn(&mut target, resolved).await.map_err(on(input))?;
            let (again, _) = plan(&mut target, resolved).await.map_err(on(input))?;
            let Summary { added, changed, removed, .. } = again.summary();
            ensure(again.is_empty() && added + changed + removed == 0, || {
                let devices = again.changes().iter().map(|change| change.device.as_str());
                let devices = devices.take(4).collect::<Vec<_>>().join(", ");
                format!("the second plan still changes {devices} ({changed} changes, {added} additions, {removed} removals)")
            })
            .map_err(|failure| Stop::from(failure).on(&input.name, resolved))?;
        }
    }
    Ok(stand.inputs.len())
}

/// apply(∅) writes nothing
pub(super) async fn empty_plan<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        turn(&mut target, &input.after).await.map_err(on(input))?;
        let (made, _) = plan(&mut target, &input.after).await.map_err(on(input))?;
        let mark = stand.mark(&mut target).await?;
        let applied = apply_well(&mut target, &emptied(&made), &input.after, &consenting()).await;
        let applied = applied.map_err(on(input))?;
        ensure(applied.n_written == 0, || {
            format!("the empty plan tells of {} written devices", applied.n_written)
        })
        .map_err(on(input))?;
        stand
            .ensure_quiet(&mark, &mut target, "the empty plan")
            .await
            .map_err(|stop| stop.on(&input.name, &input.after))?;
    }
    Ok(stand.inputs.len())
}

/// `plan` without its changes.
fn emptied(plan: &Plan) -> Plan {
    Plan::from_parts(PlanParts {
        target: plan.target().to_owned(),
        base: plan.base().clone(),
        fleet: plan.fleet(),
        inventory: plan.inventory(),
        coverage: plan.coverage(),
        summary: Summary { added: 0, changed: 0, removed: 0, ..plan.summary() },
        n_members: plan.n_members(),
        changes: Vec::new(),
    })
}

/// a device without a change in the plan is not written
pub(super) async fn untouched<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        turn(&mut target, &input.before).await.map_err(on(input))?;
        let before = stand.bench.stamps(&mut target).await?;
        let turn = turn(&mut target, &input.after).await.map_err(on(input))?;
        let after = stand.bench.stamps(&mut target).await?;
        for (device, stamp) in &before {
            let changed = turn.plan.changes().iter().any(|change| change.device == *device);
            ensure(changed || after.get(device) == Some(stamp), || {
                format!("`{device}` was written, but the plan does not change it")
            })
            .map_err(on(input))?;
        }
    }
    Ok(stand.inputs.len())
}

/// dry run = apply without its writes
pub(super) async fn dry_run<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    for input in stand.inputs {
        let mut target = stand.fresh().await?;
        turn(&mut target, &input.before).await.map_err(on(input))?;
        let (plan, _) = plan(&mut target, &input.after).await.map_err(on(input))?;
        let mark = stand.mark(&mut target).await?;
        let mut runs = Vec::new();
        for dry_run in [true, false] {
            let (mut told, how) = (Told::default(), (&consenting(), dry_run));
            let run = apply_as(&mut target, &plan, &input.after, how, &mut told).await;
            let run = run.map_err(on(input))?;
            let run = run.map(|applied| (applied.n_written, applied.n_removed, applied.failed));
            runs.push((run, told.n_total, told.n_done));
            if dry_run {
                stand
                    .ensure_quiet(&mark, &mut target, "the dry run")
                    .await
                    .map_err(|stop| stop.on(&input.name, &input.after))?;
            }
        }
        ensure(runs[0] == runs[1], || {
            format!("the dry run told {:?}, but apply {:?}", runs[0], runs[1])
        })
        .map_err(on(input))?;
    }
    // What apply refuses, its dry run refuses.
    let devices = inputs::all_devices().map_err(Failure::new)?;
    let [one, two] = [1, 2].map(|version| stand.fleet(version));
    let (one, two) = (resolve(&one, &devices)?, resolve(&two, &devices)?);
    let mut target = stand.holding(&one).await?;
    let (plan, _) = plan(&mut target, &two).await?;
    let how = (&consenting(), true);
    let other = apply_as(&mut target, &plan, &one, how, &mut Told::default()).await?;
    ensure(other.is_err(), || "the dry run accepts a plan that apply refuses".to_owned())?;
    Ok(stand.inputs.len() + 1)
}
