//! `plan`: what would change.

use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use escadre_algebra::Resolved;
use escadre_interpreter::present::{document, markdown, text};
use escadre_interpreter::{Consent, Desired, Interpreter, Plan, Revision, Snapshot};

use super::args::{self, Agreed, PlanFormat};
use super::context::{Context, read_fleet};
use super::error::Failure;
use super::target::{Access, Task, observe};
use super::{Code, files, present, shell};

impl From<&Agreed> for Consent {
    fn from(agreed: &Agreed) -> Self {
        Self {
            max_shrink: agreed.max_shrink,
            accept_shrink: agreed.accept_shrink,
            keep_removed: agreed.keep_removed,
            // Said to `apply` alone: a plan shows devices, not what stands in the place of objects.
            adopt: false,
        }
    }
}

/// Plans what a target would need.
struct Planning<'a>(&'a Resolved);

impl Task for Planning<'_> {
    type Output = Plan;
    fn run<I: Interpreter>(self, interpreter: &mut I) -> Result<Plan, Failure> {
        let seen = observe(interpreter)?;
        Ok(interpreter.plan(self.0, &seen.held, &seen.base))
    }
}

pub(crate) fn run(args: &args::Plan, context: &mut Context<'_>) -> Result<Code, Failure> {
    // What lives until the program ends need not be freed, which takes long for many devices.
    let resolved = ManuallyDrop::new(context.resolved(&args.listing)?);
    let plan = match (&args.target, &args.against) {
        (Some(target), _) => target.with(Access::Read, Planning(&resolved))?,
        (None, Some(path)) => against(path, args, &resolved, context)?,
        (None, None) => from_nothing(&resolved),
    };
    if let Some(path) = args.out.as_ref().filter(|path| *path != Path::new("-")) {
        files::stream(path, |out| document(&plan).write(out))?;
        context.note(&format!("the plan is in {}", path.display()));
    }
    let mut options = present::options(context.out.look);
    options.consent = Some(Consent::from(&args.agreed));
    options.next = next(args, context);
    if args.out.as_deref() == Some(Path::new("-")) {
        let stored = document(&plan);
        context.out.stream(|out| stored.write(out))?;
        return Ok(Code::of(!plan.is_empty(), args.detailed_exitcode));
    }
    match args.format {
        PlanFormat::Text => context.out.put(&text(&plan, &resolved, &options))?,
        PlanFormat::Json => {
            let stored = document(&plan);
            context.out.stream(|out| stored.write_pretty(out))?;
        }
        PlanFormat::Markdown => context.out.put(&markdown(&plan, &resolved, &options))?,
    }
    Ok(Code::of(!plan.is_empty(), args.detailed_exitcode))
}

/// The plan from what the fleet in the file `path` wants.
fn against(
    path: &Path,
    args: &args::Plan,
    resolved: &Resolved,
    context: &Context<'_>,
) -> Result<Plan, Failure> {
    let fleet = read_fleet(path)?;
    Plan::of_edit(&format!("fleet:{}", path.display()), &fleet, resolved)
        .map_err(|findings| context.unresolved(findings, Some(path), &args.listing))
}

fn from_nothing(resolved: &Resolved) -> Plan {
    let desired = Desired { resolved, normalise: &|_, state| Some(Arc::clone(state)) };
    Plan::new("nothing", &Revision("nothing".into()), &Snapshot::empty(), &desired)
}

/// What to do next: the command that applies the plan, with every option that it was made with.
fn next(args: &args::Plan, context: &Context<'_>) -> Option<String> {
    let target = shell::quoted(&args.target.as_ref()?.to_string());
    let fleet = context.lock_option();
    let listing = shell::listing(&args.listing);
    let agreed = shell::agreed(&args.agreed);
    let out = args.out.as_ref().filter(|out| *out != Path::new("-"));
    let out = out.map(|path| format!(" {}", shell::path(path))).unwrap_or_default();
    let with = match args.listing.inventory == Path::new("-") {
        true => "Carry it out, with the same inventory on standard input, with",
        false => "Carry it out with",
    };
    let program = &context.program;
    Some(format!("{with}: {program}{fleet} apply{listing} --target {target}{agreed}{out}"))
}
