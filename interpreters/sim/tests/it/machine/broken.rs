//! Simulators that are broken on purpose: the machine must find each, or it tests nothing.

use escadre_interpreter::{
    Applied, Change, ChangeKind, Consent, Interpreter, Plan, PlanParts, Progress, Silent,
};
use escadre_sim::{ApplyError, Simulator, wait};

use super::system::Applying;
use crate::support;

/// What is wrong with a simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// A plan is applied to whatever is held now.
    AppliesStalePlans,
    /// Members leave in any number, asked or not.
    IgnoresTheShrinkGuard,
    /// The last device of a plan is not written.
    SkipsTheLastDevice,
    /// A member that is as wanted is written again.
    RewritesAnUnchangedDevice,
    /// Killed, it leaves a device with one of its resources.
    TearsADeviceWhenKilled,
    /// Killed, it forgets what was written since it was opened.
    ForgetsWritesWhenKilled,
}

impl Bug {
    pub(super) const ALL: [Self; 6] = [
        Self::AppliesStalePlans,
        Self::IgnoresTheShrinkGuard,
        Self::SkipsTheLastDevice,
        Self::RewritesAnUnchangedDevice,
        Self::TearsADeviceWhenKilled,
        Self::ForgetsWritesWhenKilled,
    ];
}

/// Applies as a simulator with this `bug` does.
pub(super) fn apply(
    bug: Bug,
    world: &mut Simulator,
    how: &Applying<'_>,
    progress: &mut (dyn Progress + Send),
) -> Result<Applied, ApplyError> {
    let mut parts = parts(&how.kept.plan);
    let mut consent = how.consent;
    match bug {
        Bug::AppliesStalePlans => parts.base = wait(world.observe()).unwrap().revision,
        Bug::IgnoresTheShrinkGuard => consent.accept_shrink = true,
        Bug::SkipsTheLastDevice => drop(parts.changes.pop()),
        Bug::RewritesAnUnchangedDevice => {
            let changed = |id: &&_| parts.changes.iter().any(|change| change.device == **id);
            let held = support::held(world);
            let unchanged = held.iter().map(|(id, _)| id).find(|id| !changed(id)).cloned();
            let change = |device| Change { device, kind: ChangeKind::Changed, resources: vec![] };
            parts.changes.extend(unchanged.map(change));
        }
        Bug::TearsADeviceWhenKilled | Bug::ForgetsWritesWhenKilled => {}
    }
    let plan = Plan::from_parts(parts);
    let applied = wait(world.apply(&plan, how.objects, &consent, how.dry_run, progress));
    if let (Bug::TearsADeviceWhenKilled, Err(ApplyError::Crashed { n_done })) = (bug, &applied)
        && let Some(next) = plan.changes().get(*n_done)
        && next.resources.len() > 1
        && next.kind != ChangeKind::Removed
    {
        tear(world, how, next.clone());
    }
    applied
}

/// Writes the first resource of `change`, as another killed apply would.
fn tear(world: &mut Simulator, how: &Applying<'_>, mut change: Change) {
    change.resources.truncate(1);
    let base = wait(world.observe()).unwrap().revision;
    let plan = Plan::from_parts(PlanParts { base, changes: vec![change], ..parts(&how.kept.plan) });
    world.set_faults(Default::default());
    let consent = Consent { accept_shrink: true, ..Consent::default() };
    let _ = wait(world.apply(&plan, how.objects, &consent, false, &mut Silent));
}

fn parts(plan: &Plan) -> PlanParts {
    PlanParts {
        target: plan.target().to_owned(),
        base: plan.base().clone(),
        fleet: plan.fleet(),
        inventory: plan.inventory(),
        coverage: plan.coverage(),
        summary: plan.summary(),
        n_members: plan.n_members(),
        changes: plan.changes().to_vec(),
    }
}
