//! `laws`: the laws of the algebra, and equations that somebody types.

use clap::{Args, Subcommand};
use escadre_laws::{Consequence, Implication, answer, catalogue};
use serde_json::{Value, json};

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
    /// Print the laws, implications and properties by name, and what looks like one but does not hold.
    ///
    /// With `--format json`, also what each means and the theorem behind it, if there is one.
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
    let catalogue = catalogue();
    for group in &catalogue.groups {
        context.out.line(&format!("{}: {}", group.name, group.about))?;
        for law in catalogue.laws.iter().filter(|law| law.group == group.name) {
            let equation = match law.condition.is_empty() {
                true => law.text.to_owned(),
                false => format!("{} for {}", law.text, law.condition),
            };
            context.out.line(&row(&equation, law.name))?;
        }
        context.out.line("")?;
    }
    let (hold, fail): (Vec<&Consequence>, Vec<&Consequence>) =
        catalogue.consequences.iter().partition(|law| law.holds());
    context.out.line("What follows from what:")?;
    for law in hold {
        context.out.line(&row(&law.implication.to_string(), law.name))?;
    }
    context.out.line("\nProperties, which are no equations between fleets:")?;
    for property in &catalogue.properties {
        context.out.line(&format!("  {}: {}", property.name, property.meaning))?;
    }
    context.out.line("\nThese do not hold:")?;
    for law in &catalogue.non_laws {
        let name = format!("{} ({})", law.name, law.counterexample);
        context.out.line(&row(&law.equation.to_string(), &name))?;
    }
    for law in fail {
        let name = format!("{} ({})", law.name, law.counterexample.unwrap_or_default());
        context.out.line(&row(&law.implication.to_string(), &name))?;
    }
    Ok(Code::Done)
}

fn row(statement: &str, name: &str) -> String {
    format!("  {statement:<60}  {name}")
}

fn list_json(context: &mut Context<'_>) -> Result<Code, Failure> {
    let catalogue = catalogue();
    let laws = catalogue.laws.iter().map(|law| {
        json!({
            "kind": "law", "name": law.name, "id": law.id, "group": law.group, "holds": true,
            "equation": law.text, "meaning": law.meaning, "theorem": law.theorem(),
            "condition": law.condition.to_string(),
        })
    });
    let non_laws = catalogue.non_laws.iter().map(|law| {
        json!({
            "kind": "law", "name": law.name, "id": law.id, "holds": false, "meaning": law.meaning,
            "equation": law.equation.to_string(), "theorem": law.theorem(),
            "counterexample": law.counterexample,
        })
    });
    let implications = catalogue.consequences.iter().map(implication);
    let properties = catalogue.properties.iter().map(|property| {
        json!({
            "kind": "property", "name": property.name, "id": property.id, "holds": true,
            "meaning": property.meaning, "theorem": property.theorem,
        })
    });
    let all: Vec<Value> = laws.chain(non_laws).chain(implications).chain(properties).collect();
    context.out.json(&all)?;
    Ok(Code::Done)
}

/// An implication for programs; like an equation, it has a counterexample iff it does not hold.
fn implication(law: &Consequence) -> Value {
    let Implication { premises, conclusion } = &law.implication;
    let premises: Vec<String> = premises.iter().map(ToString::to_string).collect();
    let mut object = json!({
        "kind": "implication", "name": law.name, "id": law.id, "holds": law.holds(),
        "premises": premises, "conclusion": conclusion.to_string(), "meaning": law.meaning,
        "theorem": law.theorem(),
    });
    if let Some(counterexample) = law.counterexample {
        object["counterexample"] = counterexample.into();
    }
    object
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
