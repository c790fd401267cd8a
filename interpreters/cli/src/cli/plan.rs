//! `plan`: what would change.

use std::path::Path;
use std::sync::Arc;

use escadre_algebra::Resolved;
use escadre_interpreter::present::{document, markdown, text};
use escadre_interpreter::{Consent, Desired, Interpreter, Plan, Revision, Snapshot};

use super::args::{self, Agreed, PlanFormat};
use super::context::{Context, read_fleet};
use super::error::Failure;
use super::target::{Access, Task, observe};
use super::{Code, files, present};

impl From<&Agreed> for Consent {
    fn from(agreed: &Agreed) -> Self {
        Self {
            max_shrink: agreed.max_shrink,
            accept_shrink: agreed.accept_shrink,
            keep_removed: agreed.keep_removed,
        }
    }
}

/// Plans what a target would need.
struct Planning<'a>(&'a Resolved);

impl Task for Planning<'_> {
    type Output = Plan;
    fn run<I: Interpreter>(self, interpreter: &mut I) -> Result<Plan, Failure> {
        let (held, base) = observe(interpreter)?;
        Ok(interpreter.plan(self.0, &held, &base))
    }
}

pub(crate) fn run(args: &args::Plan, context: &mut Context<'_>) -> Result<Code, Failure> {
    let resolved = context.resolved(&args.listing)?;
    let plan = match (&args.target, &args.against) {
        (Some(target), _) => target.with(Access::Read, Planning(&resolved))?,
        (None, Some(path)) => against(path, &resolved, context)?,
        (None, None) => from_snapshot("nothing", "nothing", &Snapshot::empty(), &resolved),
    };
    if let Some(path) = &args.out {
        files::write(path, &document(&plan).to_text())?;
        context.note(&format!("the plan is in {}", path.display()));
    }
    let mut options = present::options(context.out.look);
    options.consent = Consent::from(&args.agreed);
    options.next = next(args, context);
    match args.format {
        PlanFormat::Text => context.out.put(&text(&plan, &resolved, &options))?,
        PlanFormat::Json => context.out.put(&document(&plan).to_text())?,
        PlanFormat::Markdown => context.out.put(&markdown(&plan, &resolved, &options))?,
    }
    Ok(Code::of(!plan.is_empty(), args.detailed_exitcode))
}

/// The plan from what the fleet in the file `path` wants.
fn against(path: &Path, resolved: &Resolved, context: &Context<'_>) -> Result<Plan, Failure> {
    let fleet = read_fleet(path)?;
    let before = context.resolve(&fleet, resolved.inventory())?;
    let revision = before.fleet_digest().to_string();
    let held = Snapshot::wanted(&before);
    Ok(from_snapshot(&format!("fleet:{}", path.display()), &revision, &held, resolved))
}

fn from_snapshot(target: &str, base: &str, held: &Snapshot, resolved: &Resolved) -> Plan {
    let desired = Desired { resolved, normalise: &|_, state| Some(Arc::clone(state)) };
    Plan::new(target, &Revision(base.into()), held, &desired)
}

/// What to do next.
fn next(args: &args::Plan, context: &Context<'_>) -> Option<String> {
    let args::Plan { target, out, .. } = args;
    let super::target::Target::Sim(dir) = target.as_ref()?;
    let out = out.as_ref().map(|path| format!(" {}", path.display())).unwrap_or_default();
    let inventory = args.listing.inventory.display();
    Some(format!(
        "Carry it out with: {} apply -i {inventory} --target sim:{}{out}",
        context.program,
        dir.display()
    ))
}
