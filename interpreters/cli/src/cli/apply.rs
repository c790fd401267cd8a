//! `apply`: making a target hold what the fleet says.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use escadre_algebra::Resolved;
use escadre_interpreter::present::{PlanDocument, text};
use escadre_interpreter::{Applied, Consent, Interpreter, Plan};

use super::args::Apply;
use super::context::Context;
use super::error::Failure;
use super::progress::Bar;
use super::target::{Access, Task, advised, observe, wait};
use super::{Code, present};

/// At most this many devices that were not written are named.
const MAX_FAILED: usize = 10;

pub(crate) fn run(args: &Apply, context: &mut Context<'_>) -> Result<Code, Failure> {
    let stored = args.plan.as_deref().map(read_plan).transpose()?;
    let resolved = context.resolved(&args.listing)?;
    let access = match args.dry_run {
        true => Access::Read,
        false => Access::Write(args.faults.clone()),
    };
    args.target.with(access, Applying { args, resolved: &resolved, stored, context })
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

/// Applies a fleet.
struct Applying<'a, 'c> {
    args: &'a Apply,
    resolved: &'a Resolved,
    stored: Option<Plan>,
    context: &'a mut Context<'c>,
}

impl Task for Applying<'_, '_> {
    type Output = Code;

    fn run<I: Interpreter>(mut self, interpreter: &mut I) -> Result<Code, Failure> {
        let objects = interpreter.lower(self.resolved).map_err(|error| advised(&error))?;
        let plan = self.plan(interpreter)?;
        let consent = Consent::from(&self.args.agreed);
        let mut options = present::options(self.context.out.look);
        options.consent = consent;
        if !self.context.is_quiet() {
            self.context.out.put(&text(&plan, self.resolved, &options))?;
        }
        if plan.is_empty() {
            return Ok(Code::Done);
        }
        consent.check(&plan).map_err(|refused| Failure::refused(&refused))?;
        if !self.args.dry_run && !self.args.yes {
            self.ask(&plan)?;
        }
        let mut bar = Bar::new(self.context.err, self.context.is_quiet());
        let dry_run = self.args.dry_run;
        let applied = wait(interpreter.apply(&plan, &objects, &consent, dry_run, &mut bar));
        bar.clear();
        let applied = applied.map_err(|error| advised(&error))?;
        self.tell(&applied, &plan)
    }
}

impl Applying<'_, '_> {
    /// The stored plan, if it still fits; else a new one.
    fn plan<I: Interpreter>(&mut self, interpreter: &mut I) -> Result<Plan, Failure> {
        let (held, base) = observe(interpreter)?;
        let Some(plan) = self.stored.take() else {
            return Ok(interpreter.plan(self.resolved, &held, &base));
        };
        let target = interpreter.target();
        if plan.target() != target {
            return Err(Failure::new(format!(
                "the plan is for {}, but the target is {target}",
                plan.target()
            ))
            .help("nothing was written; plan for this target, or apply to that one"));
        }
        let program = &self.context.program;
        plan.check(&base, self.resolved).map_err(|stale| Failure::stale(&stale, program))?;
        Ok(plan)
    }

    /// Asks whoever sits there.
    fn ask(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.context.out.finish()?;
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
            _ => {
                Err(Failure::new("not applied: the answer was not yes").help("nothing was written"))
            }
        }
    }

    /// Tells what was done.
    fn tell(&mut self, applied: &Applied, plan: &Plan) -> Result<Code, Failure> {
        let Applied { n_written, n_removed, failed, .. } = applied;
        let would = if self.args.dry_run { "would be " } else { "" };
        let head = if self.args.dry_run { "Dry run" } else { "Applied" };
        let target = plan.target();
        let written = devices(*n_written);
        let gap = if self.context.is_quiet() { "" } else { "\n" };
        self.context.out.line(&format!(
            "{gap}{head} to {target}: {written} {would}written, {n_removed} of them {would}removed"
        ))?;
        if failed.is_empty() {
            return Ok(Code::Done);
        }
        let named = failed.iter().take(MAX_FAILED).map(|(id, why)| format!("\n`{id}`: {why}"));
        let mut message = format!("{} {would}not written", devices(failed.len()));
        message.extend(named);
        if failed.len() > MAX_FAILED {
            message.push_str(&format!("\n… and {} more", failed.len() - MAX_FAILED));
        }
        Err(Failure::new(message).help("run the same command again: it writes what is missing"))
    }
}

fn devices(n: usize) -> String {
    if n == 1 { "1 device".to_owned() } else { format!("{n} devices") }
}
