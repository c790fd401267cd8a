//! `laws`: the laws of the algebra, and equations that somebody types.

use clap::{Args, Subcommand};
use escadre_laws::{answer, catalogue};
use serde_json::json;

use super::Code;
use super::args::TextFormat;
use super::context::Context;
use super::error::Failure;

/// List the laws of the algebra, or ask whether an equation of your own is one.
#[derive(Debug, Args)]
pub(crate) struct Laws {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Print every law with what it means, and the equations that do not hold.
    #[command(after_help = "Exit codes: 0 done, 1 an error (also of usage)")]
    List {
        /// How to print them.
        #[arg(long, default_value = "text")]
        format: TextFormat,
    },
    /// Say whether an equation holds for every fleet and inventory, or show the smallest counterexample.
    #[command(after_help = CHECK)]
    Check {
        /// The equation, such as `a overlay (b union a) = b union a`.
        equation: String,
    },
}

const CHECK: &str = "\
Example: escadre laws check 'a overlay b = b overlay a'
Terms: fleets a b c d, 0 (no device), 1 (every device, no claims); infix union overlay patch mask;
  restrict(s, a) choose(s, a, b) within(a, f) without(a, f) forget(P, a) keep(P, a);
  selectors s t with and, or, not; sets of paths P Q; `=` or `<=` between the sides
Exit codes: 0 proved, 1 an error (also of usage), 2 refuted";

pub(crate) fn run(args: &Laws, context: &mut Context<'_>) -> Result<Code, Failure> {
    match &args.task {
        Task::List { format: TextFormat::Text } => list(context),
        Task::List { format: TextFormat::Json } => list_json(context),
        Task::Check { equation } => check(equation, context),
    }
}

fn list(context: &mut Context<'_>) -> Result<Code, Failure> {
    for group in &catalogue().groups {
        context.out.line(&format!("{}: {}", group.name, group.about))?;
        for law in catalogue().laws.iter().filter(|law| law.group == group.name) {
            context.out.line(&format!("  {:<60}  {}", law.text, law.name))?;
        }
        context.out.line("")?;
    }
    context.out.line("These do not hold:")?;
    for law in &catalogue().non_laws {
        let equation = law.equation.to_string();
        context.out.line(&format!("  {equation:<60}  {} ({})", law.name, law.counterexample))?;
    }
    Ok(Code::Done)
}

fn list_json(context: &mut Context<'_>) -> Result<Code, Failure> {
    let laws = catalogue().laws.iter().map(|law| {
        json!({
            "name": law.name, "id": law.id, "group": law.group, "holds": true,
            "equation": law.text, "meaning": law.meaning, "theorem": law.theorem(),
            "condition": law.condition.to_string(),
        })
    });
    let others = catalogue().non_laws.iter().map(|law| {
        json!({
            "name": law.name, "id": law.id, "holds": false, "meaning": law.meaning,
            "equation": law.equation.to_string(), "theorem": law.theorem(),
            "counterexample": law.counterexample,
        })
    });
    let all: Vec<serde_json::Value> = laws.chain(others).collect();
    context.out.json(&all)?;
    Ok(Code::Done)
}

fn check(equation: &str, context: &mut Context<'_>) -> Result<Code, Failure> {
    let answer = answer(equation).map_err(|error| {
        let column = " ".repeat(error.column().saturating_sub(1));
        Failure::new(format!("this is no equation: {}", error.message()))
            .help(format!("{equation}\n{column}^\nsee `laws check --help`"))
    })?;
    context.out.put(&answer.to_string())?;
    Ok(Code::of(!answer.holds(), true))
}
