//! `drift`: how what a target holds differs from what is wanted.

use escadre_algebra::Resolved;
use escadre_interpreter::present::{drift, drift_json, number};
use escadre_interpreter::{Interpreter, Plan};

use super::args::{Drift, TextFormat};
use super::context::Context;
use super::error::Failure;
use super::target::{Access, Task, observe};
use super::{Code, present};

/// Compares a target with a fleet.
pub(crate) struct Comparing<'a>(pub(crate) &'a Resolved);

impl Task for Comparing<'_> {
    type Output = Compared;
    fn run<I: Interpreter>(self, interpreter: &mut I) -> Result<Compared, Failure> {
        let seen = observe(interpreter)?;
        let plan = interpreter.plan(self.0, &seen.held, &seen.base);
        Ok(Compared { plan, anomalies: seen.anomalies })
    }
}

/// How a target differs from a fleet.
pub(crate) struct Compared {
    /// What would mend it.
    pub(crate) plan: Plan,
    /// What nobody of this project leaves there.
    anomalies: Vec<String>,
}

/// At most so many anomalies are told.
const MAX_TOLD: usize = 10;

pub(crate) fn run(args: &Drift, context: &mut Context<'_>) -> Result<Code, Failure> {
    let resolved = context.resolved(&args.listing)?;
    if let Some(n) = args.inject {
        inject(args, n, context)?;
    }
    let Compared { plan, anomalies } =
        args.target.with(Access::ReadExisting, Comparing(&resolved))?;
    match args.format {
        TextFormat::Text => {
            let options = present::options(context.out.look);
            context.out.put(&drift(&plan, &resolved, &options))?;
        }
        TextFormat::Json => context.out.json(&drift_json(&plan))?,
    }
    for anomaly in anomalies.iter().take(MAX_TOLD) {
        context.note(anomaly);
    }
    if let Some(n) = anomalies.len().checked_sub(MAX_TOLD).filter(|n| *n > 0) {
        context.note(&format!("… and {} more", number(n)));
    }
    Ok(Code::of(!plan.is_empty(), args.detailed_exitcode))
}

/// Changes `n` devices of a simulated world behind Escadre's back.
#[cfg(feature = "sim")]
fn inject(args: &Drift, n: usize, context: &mut Context<'_>) -> Result<(), Failure> {
    let super::target::Target::Sim(dir) = &args.target else {
        return Err(Failure::new("only a simulated world can be changed by `--inject`")
            .help("change the target with its own tools, then see `drift`"));
    };
    if !escadre_sim::Simulator::exists(dir) {
        // Opening it for reading says what is missing.
        super::target::open(dir, Access::ReadExisting)?;
    }
    let mut world = super::target::open(dir, Access::Write(None))?;
    let changed = world.inject_drift(args.seed, n).map_err(|e| super::target::advised(&e))?;
    for drift in changed {
        context.note(&format!("injected {drift}"));
    }
    Ok(())
}

/// Only the simulator can be changed so.
#[cfg(not(feature = "sim"))]
fn inject(_: &Drift, _: usize, _: &mut Context<'_>) -> Result<(), Failure> {
    Err(Failure::new("this program was built without the simulator")
        .help("build it with the feature `sim` of `escadre`"))
}
