//! What is not known is left alone.

use escadre_algebra::{Coverage, Inventory, label};

use crate::conformance::bench::{Bench, Hook};
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, ensure, ensure_same};
use crate::conformance::inputs::{device, devices, listed};
use crate::conformance::model::erased;
use crate::conformance::stand::{Stand, plan, resolve, see, turn};

/// How many devices there are.
const N: usize = 8;
/// The device that does not tell its ring.
const SILENT: usize = 3;

/// The devices, of which one does not tell its ring.
fn silent() -> Result<Inventory, Failure> {
    let facts = (0..N).map(|i| {
        let facts = device(i)?;
        if i != SILENT {
            return Ok(facts);
        }
        facts.with_unknown("ring").map_err(|error| error.to_string())
    });
    listed(facts, Coverage::Complete).map_err(Failure::new)
}

/// a device whose membership is unknown stays as it is
pub(super) async fn devices_stay<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let known = devices(N).map_err(Failure::new)?;
    let staged = stand.fleet(2).restrict(label("ring").is_in(["1", "4"]));
    let staged = resolve(&staged, &silent()?)?;
    // As a member it stays as it is; as none it does not become one.
    let without = stand.fleet(1).restrict(label("ring").eq("1"));
    for first in [stand.fleet(1), without] {
        let mut target = stand.holding(&resolve(&first, &known)?).await?;
        let before = see(&mut target).await?.held;
        let stamps = match stand.offers(Hook::Stamps) {
            true => stand.bench.stamps(&mut target).await?,
            false => std::collections::BTreeMap::new(),
        };
        let (plan, _) = plan(&mut target, &staged).await?;
        let id = format!("d{SILENT:03}");
        ensure(plan.changes().iter().all(|change| change.device.as_str() != id), || {
            format!("the plan changes `{id}`, which does not tell whether it is a member")
        })?;
        turn(&mut target, &staged).await?;
        let held = see(&mut target).await?.held;
        let wanted = erased(&target, &staged, &before);
        ensure_same(&held, &wanted, "a device that does not tell its ring is not left alone")?;
        if !stamps.is_empty() {
            let after = stand.bench.stamps(&mut target).await?;
            ensure(after.get(id.as_str()) == stamps.get(id.as_str()), || {
                format!("`{id}` was written, although its membership is unknown")
            })?;
        }
    }
    Ok(2)
}

/// a resource with an unknown path stays as it is
pub(super) async fn resources_stay<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let known = devices(N).map_err(Failure::new)?;
    let bench = &*stand.bench;
    let beside = |version| bench.resource("recorder", version);
    let firsts = [beside(1) | bench.resource("banner", 1), beside(1)];
    // Whether it is there at all, or which it is, is not known.
    let there = beside(2) | bench.resource("banner", 2).restrict(label("ring").eq("4"));
    let banner = bench.resource("banner", 1);
    let which =
        beside(2) | banner.patch(bench.resource("banner", 2).restrict(label("ring").eq("4")));
    for staged in [there, which] {
        let staged = resolve(&staged, &silent()?)?;
        for first in &firsts {
            let mut target = stand.holding(&resolve(first, &known)?).await?;
            let before = see(&mut target).await?.held;
            turn(&mut target, &staged).await?;
            let held = see(&mut target).await?.held;
            let wanted = erased(&target, &staged, &before);
            let said = "a resource that unknown labels decide is not left as it was";
            ensure_same(&held, &wanted, said)?;
            let (again, _) = plan(&mut target, &staged).await?;
            ensure(again.is_empty(), || "undetermined resources are planned for".to_owned())?;
        }
    }
    Ok(4)
}
