//! `apply`: making a target hold what the fleet says.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use escadre_algebra::Resolved;
use escadre_interpreter::present::{PlanDocument, number, text};
use escadre_interpreter::{Applied, Consent, Interpreter, Plan};

use super::args::Apply;
use super::context::Context;
use super::error::Failure;
use super::progress::Bar;
use super::target::{
    Access, Seen, Settled, Target, Task, advised, check_faults, is_same, observe, wait,
};
use super::{Code, present};

/// At most this many devices that were not written are named.
const MAX_FAILED: usize = 10;

pub(crate) fn run(args: &Apply, context: &mut Context<'_>) -> Result<Code, Failure> {
    check_faults(args.faults.as_deref())?;
    if args.faults.is_some() && !matches!(args.target, Target::Sim(_)) {
        return Err(Failure::new("only the simulator plays `--faults`")
            .help("leave the option out, or apply to `sim:DIR`"));
    }
    if args.adopt && matches!(args.target, Target::Sim(_) | Target::Nats(_)) {
        return Err(Failure::new("only Kubernetes has objects that others made, to `--adopt`")
            .help("leave the option out, or apply to `kube:CONTEXT`"));
    }
    let stored = args.plan.as_deref().map(read_plan).transpose()?;
    let resolved = context.resolved(&args.listing)?;
    // Whoever says no has changed nothing: there is no world yet, and none is locked meanwhile.
    let agreeing = Agreeing { args, resolved: &resolved, stored, context };
    let reading = if args.dry_run { Access::Read } else { Access::ReadToWrite };
    let Some(plan) = args.target.with(reading, agreeing)? else { return Ok(Code::Done) };
    let access = match args.dry_run {
        true => Access::Read,
        false => Access::Write(args.faults.clone()),
    };
    args.target.with(access, Applying { args, resolved: &resolved, plan, context })
}

/// The plan that the file `path` holds.
fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::file("read", path, &error).help("write it with `plan --out PLAN`")
    })?;
    let plan = PlanDocument::from_text(&text).and_then(PlanDocument::plan);
    plan.map_err(|error| {
        Failure::caused(path.display(), &error).help("nothing was written; make a new plan")
    })
}

/// Shows a plan and asks: gives the plan, if there is something to do and everybody agrees.
struct Agreeing<'a, 'c> {
    args: &'a Apply,
    resolved: &'a Resolved,
    stored: Option<Plan>,
    context: &'a mut Context<'c>,
}

impl Task for Agreeing<'_, '_> {
    type Output = Option<Plan>;

    fn run<I: Interpreter>(mut self, interpreter: &mut I) -> Result<Option<Plan>, Failure> {
        // What the target cannot express is refused before anybody is asked.
        interpreter.lower(self.resolved).map_err(|error| advised(&error))?;
        let (plan, settled) = self.plan(interpreter)?;
        let consent = Consent::from(&self.args.agreed);
        let mut options = present::options(self.context.out.look);
        // The refusal itself says it, once.
        options.consent = None;
        let refused = consent.check(&plan);
        if !self.context.is_quiet() {
            self.context.out.put(&text(&plan, self.resolved, &options))?;
        }
        if plan.is_empty() {
            let is_settled = settled.with(plan.coverage());
            if !settled.complete {
                let what = match (is_settled, self.args.dry_run) {
                    (true, _) => "tidying up needs a complete inventory",
                    (false, true) => "it would be tidied up",
                    (false, false) => "tidying up",
                };
                let left = "the last apply did not end or left something behind";
                self.context.note(&format!("{left}: {what}"));
            }
            // What is tidied up changes no device, so nobody is asked.
            return Ok((!is_settled).then_some(plan));
        }
        refused.map_err(|refused| Failure::refused(&refused))?;
        // Nothing is written that was not shown.
        self.context.out.finish()?;
        if !self.args.dry_run && !self.args.yes {
            ask(&plan)?;
        }
        Ok(Some(plan))
    }
}

impl Agreeing<'_, '_> {
    /// The stored plan, if it still fits, else a new one; and whether the target is settled.
    fn plan<I: Interpreter>(&mut self, interpreter: &mut I) -> Result<(Plan, Settled), Failure> {
        let Seen { held, base, settled, .. } = observe(interpreter)?;
        let Some(plan) = self.stored.take() else {
            return Ok((interpreter.plan(self.resolved, &held, &base), settled));
        };
        let target = interpreter.target();
        if !is_same(plan.target(), &target) {
            return Err(Failure::new(format!(
                "the plan is for {}, but the target is {target}",
                plan.target()
            ))
            .help("nothing was written; plan for this target, or apply to that one"));
        }
        let program = &self.context.program;
        plan.check(&base, self.resolved).map_err(|stale| Failure::stale(&stale, program))?;
        Ok((plan, settled))
    }
}

/// Carries out a plan.
struct Applying<'a, 'c> {
    args: &'a Apply,
    resolved: &'a Resolved,
    plan: Plan,
    context: &'a mut Context<'c>,
}

impl Task for Applying<'_, '_> {
    type Output = Code;

    fn run<I: Interpreter>(mut self, interpreter: &mut I) -> Result<Code, Failure> {
        let objects = interpreter.lower(self.resolved).map_err(|error| advised(&error))?;
        let consent = Consent { adopt: self.args.adopt, ..Consent::from(&self.args.agreed) };
        let mut bar = Bar::new(self.context.err);
        let dry_run = self.args.dry_run;
        // Of a target that was written since the plan was shown, this refuses the revision.
        let applied = wait(interpreter.apply(&self.plan, &objects, &consent, dry_run, &mut bar));
        bar.clear();
        let applied = applied.map_err(|error| advised(&error))?;
        self.tell(&applied)
    }
}

impl Applying<'_, '_> {
    /// Tells what was done.
    fn tell(&mut self, applied: &Applied) -> Result<Code, Failure> {
        let Applied { n_written, n_removed, failed, .. } = applied;
        let would = if self.args.dry_run { "would be " } else { "" };
        let head = if self.args.dry_run { "Dry run" } else { "Applied" };
        let target = self.plan.target();
        let written = devices(*n_written);
        let done = format!(
            "{head} to {target}: {written} {would}written, {} of them {would}removed",
            number(*n_removed)
        );
        let gap = if self.context.is_quiet() { "" } else { "\n" };
        let out = &mut self.context.out;
        let told = out.line(&format!("{gap}{done}")).and_then(|()| out.finish());
        told.map_err(|failure| failure.help(format!("{done}; only this report is missing")))?;
        if failed.is_empty() {
            return Ok(Code::Done);
        }
        let named = failed.iter().take(MAX_FAILED).map(|(id, why)| format!("\n`{id}`: {why}"));
        let mut message = format!("{} {would}not written", devices(failed.len()));
        message.extend(named);
        if failed.len() > MAX_FAILED {
            message.push_str(&format!("\n… and {} more", number(failed.len() - MAX_FAILED)));
        }
        Err(Failure::new(message).help("run the same command again: it writes what is missing"))
    }
}

/// Asks whoever sits there.
fn ask(plan: &Plan) -> Result<(), Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::new("nobody can be asked: this is no terminal").help(
            "nothing was written; review the plan above and add `--yes`, or apply a reviewed \
             plan: `plan … --out PLAN`, then `apply … PLAN --yes`",
        ));
    }
    // The question need not be seen for the answer to count.
    let _ = write!(io::stderr(), "\nApply this plan to {}? [y/N] ", plan.target());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if read.map_err(|error| Failure::caused("the answer could not be read", &error))? == 0 {
        let _ = writeln!(io::stderr());
    }
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::new("not applied: the answer was not yes").help("nothing was written")),
    }
}

fn devices(n: usize) -> String {
    if n == 1 { "1 device".to_owned() } else { format!("{} devices", number(n)) }
}
