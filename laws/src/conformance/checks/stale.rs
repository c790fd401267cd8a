//! What is refused before the first write.

use escadre_algebra::Coverage;
use escadre_interpreter::Interpreter;

use crate::conformance::bench::{Bench, Hook};
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, Stop, ensure};
use crate::conformance::inputs::{all_devices, device, devices, listed};
use crate::conformance::stand::{Stand, apply, apply_well, consenting, plan, resolve, turn};

/// a plan of another revision is refused before the first write
pub(super) async fn revision<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let [one, two, three] = [1, 2, 3].map(|version| stand.fleet(version));
    let (one, two, three) = (resolve(&one, &all)?, resolve(&two, &all)?, resolve(&three, &all)?);
    let mut target = stand.holding(&one).await?;
    let (stale, _) = plan(&mut target, &two).await?;
    turn(&mut target, &three).await?;
    let mark = stand.mark(&mut target).await?;
    let applied = apply(&mut target, &stale, &two, &consenting()).await?;
    ensure(applied.is_err(), || "a stale plan was applied".to_owned())?;
    stand.ensure_quiet(&mark, &mut target, "a stale plan").await?;
    // A plan is stale once it was applied itself.
    let (plan, _) = plan(&mut target, &two).await?;
    apply_well(&mut target, &plan, &two, &consenting()).await?;
    let mark = stand.mark(&mut target).await?;
    let applied = apply(&mut target, &plan, &two, &consenting()).await?;
    ensure(applied.is_err(), || "one plan was applied twice".to_owned())?;
    stand.ensure_quiet(&mark, &mut target, "a plan that was applied before").await?;
    Ok(2)
}

/// a plan of another fleet is refused
pub(super) async fn fleet<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let [one, two, three] = [1, 2, 3].map(|version| stand.fleet(version));
    let (one, two, three) = (resolve(&one, &all)?, resolve(&two, &all)?, resolve(&three, &all)?);
    let mut target = stand.holding(&one).await?;
    let (plan, _) = plan(&mut target, &two).await?;
    let mark = stand.mark(&mut target).await?;
    let applied = apply(&mut target, &plan, &three, &consenting()).await?;
    ensure(applied.is_err(), || "a plan was applied with another fleet's objects".to_owned())?;
    stand.ensure_quiet(&mark, &mut target, "a plan of another fleet").await?;
    Ok(1)
}

/// a plan of another inventory is refused
pub(super) async fn inventory<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let fewer = devices(all.len() - 1).map_err(Failure::new)?;
    let partial = listed((0..all.len()).map(device), Coverage::Partial).map_err(Failure::new)?;
    let [one, two] = [1, 2].map(|version| stand.fleet(version));
    let planned = resolve(&two, &all)?;
    for other in [fewer, partial] {
        let mut target = stand.holding(&resolve(&one, &all)?).await?;
        let (plan, _) = plan(&mut target, &planned).await?;
        let mark = stand.mark(&mut target).await?;
        let other = resolve(&two, &other)?;
        let applied = apply(&mut target, &plan, &other, &consenting()).await?;
        ensure(applied.is_err(), || "a plan was applied with another inventory".to_owned())?;
        stand.ensure_quiet(&mark, &mut target, "a plan of another inventory").await?;
    }
    Ok(2)
}

/// lower names the resource and a device, and nothing is written
pub(super) async fn inexpressible<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let Some(fleet) = stand.bench.inexpressible() else {
        return Err(Stop::NotRun(Hook::Inexpressible.to_string()));
    };
    let all = all_devices().map_err(Failure::new)?;
    let refused = resolve(&fleet, &all)?;
    let on = |failure: Failure| Stop::from(failure).on("inexpressible", &refused);
    let held = resolve(&stand.fleet(1), &all)?;
    let mut target = stand.holding(&held).await?;
    let mark = stand.mark(&mut target).await?;
    let message = match target.lower(&refused) {
        Ok(_) => {
            return Err(on(Failure::new("lower accepts what the target cannot express")));
        }
        Err(error) => error.to_string(),
    };
    let wanted = escadre_interpreter::Snapshot::wanted(&refused);
    let names_both = wanted.iter().any(|(id, configuration)| {
        let mut names = configuration.resources().keys();
        message.contains(id.as_str()) && names.any(|name| message.contains(name.as_str()))
    });
    ensure(names_both, || format!("lower does not name both the resource and a device: {message}"))
        .map_err(on)?;
    stand.ensure_quiet(&mark, &mut target, "lowering").await?;
    Ok(1)
}
