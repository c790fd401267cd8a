//! `diff`: what a change of a fleet does, on every device that could exist.

use std::path::Path;

use escadre_algebra::analysis::{Analysis, Answer, Difference, TooLarge};
use escadre_algebra::{Fleet, Inventory, Selector};
use escadre_interpreter::present::{
    Review, SarifOptions, Side, difference_json, difference_markdown, difference_sarif,
    difference_text, refutation, refutation_json, undecided_sarif,
};
use serde_json::json;

use super::args::{Diff, DiffFormat};
use super::assumed::{self, Named, analysis, assumptions, one_standard_input};
use super::context::{Context, read_inventory};
use super::error::Failure;
use super::{Code, present};

/// Two fleets, and what is asked about them.
struct Question<'a> {
    args: &'a Diff,
    old: Named,
    new: Named,
    /// Whether something is assumed of the devices.
    assumed: bool,
    inventory: Option<Inventory>,
}

pub(crate) fn run(args: &Diff, context: &mut Context<'_>) -> Result<Code, Failure> {
    let present = args.new.is_none().then(|| context.lock_path());
    one_standard_input([
        Some(Path::new(&args.old)),
        args.new.as_deref().map(Path::new),
        present.as_deref(),
        args.inventory.as_deref(),
        args.assumed.assume_inventory.as_deref(),
    ])?;
    let selector = args.only_within.as_deref().map(valid_selector).transpose()?;
    let old = Named::read(Some(&args.old), context)?.understood()?;
    let new = Named::read(args.new.as_deref(), context)?.understood()?;
    let read = |path: &std::path::PathBuf| read_inventory(path, &args.reading);
    let inventory = args.inventory.as_ref().map(read).transpose()?;
    let assumptions = assumptions(&args.assumed, &args.reading)?;
    let question = Question { args, old, new, assumed: !assumptions.is_nothing(), inventory };
    let fleets = [&question.old.fleet, &question.new.fleet];
    match selector {
        _ if args.equal => equal(&question, analysis(fleets, &assumptions, &args.assumed), context),
        None => plain(&question, analysis(fleets, &assumptions, &args.assumed), context),
        Some(selector) => {
            let outside = |named: &Named| named.fleet.clone().restrict(!selector.clone());
            let (old, new) = (outside(&question.old), outside(&question.new));
            let mut analysis = analysis([&old, &new], &assumptions, &args.assumed);
            let found = found(&mut analysis, &old, &new);
            let (difference, proven) = match found {
                Ok(found) => found,
                Err(error) => return undecided(&question, error, context),
            };
            let review = question.review(&difference).outside(selector.to_string(), proven);
            show(&question, &review, context)?;
            Ok(if proven { Code::Done } else { Code::Changes })
        }
    }
}

/// The selector, which means something.
fn valid_selector(text: &str) -> Result<Selector, Failure> {
    let selector = Selector::parse(text)?;
    match selector.problems().first() {
        None => Ok(selector),
        Some(problem) => {
            Err(Failure::new(format!("this selector means nothing: {}", problem.message()))
                .help("see `select --help`"))
        }
    }
}

impl Question<'_> {
    fn sides(&self) -> (Side<'_>, Side<'_>) {
        (Side::new(&*self.old.name, &self.old.fleet), Side::new(&*self.new.name, &self.new.fleet))
    }

    fn review<'a>(&'a self, difference: &'a Difference) -> Review<'a> {
        let (old, new) = self.sides();
        Review::new(old, new, difference, self.inventory.as_ref()).assuming(self.assumed)
    }
}

/// What differs between `old` and `new`, and whether it is proven that nothing does.
///
/// Texts may say the same on every device although they are written differently; a difference would
/// list them, so that both are asked.
fn found(
    analysis: &mut Analysis,
    old: &Fleet,
    new: &Fleet,
) -> Result<(Difference, bool), TooLarge> {
    match analysis.equivalent(old, new) {
        Answer::Proven => Ok((Difference::default(), true)),
        Answer::Refuted(_) => Ok((analysis.difference(old, new)?, false)),
        Answer::Undecided(error) => Err(error),
    }
}

fn plain(
    question: &Question<'_>,
    mut analysis: Analysis,
    context: &mut Context<'_>,
) -> Result<Code, Failure> {
    let (old, new) = (&question.old.fleet, &question.new.fleet);
    let (difference, same) = match found(&mut analysis, old, new) {
        Ok(found) => found,
        Err(error) => return undecided(question, error, context),
    };
    show(question, &question.review(&difference), context)?;
    Ok(Code::of(!same, question.args.exit_code))
}

fn show(
    question: &Question<'_>,
    review: &Review<'_>,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let options = present::options(context.out.look);
    match question.args.format {
        DiffFormat::Text => context.out.put(&difference_text(review, &options)),
        DiffFormat::Json => context.out.json(&difference_json(review)),
        DiffFormat::Markdown => context.out.put(&difference_markdown(review, &options)),
        DiffFormat::Sarif => {
            let options = SarifOptions { file: question.new.file.clone() };
            context.out.json(&difference_sarif(review, &options))
        }
    }
}

fn equal(
    question: &Question<'_>,
    mut analysis: Analysis,
    context: &mut Context<'_>,
) -> Result<Code, Failure> {
    let (old, new) = question.sides();
    let witness = match analysis.equivalent(&question.old.fleet, &question.new.fleet) {
        Answer::Proven => None,
        Answer::Refuted(witness) => Some(witness),
        Answer::Undecided(error) => return undecided(question, error, context),
    };
    let nothing = Difference::default();
    match (question.args.format, &witness) {
        (DiffFormat::Text, None) => {
            let scope = question.review(&nothing).scope();
            context
                .out
                .line(&format!("Proven: {old} and {new} are the same fleet, on {scope}."))?;
        }
        (DiffFormat::Text, Some(witness)) => {
            let options = present::options(context.out.look);
            context.out.put(&refutation((&old, &new), witness, &options))?;
        }
        (DiffFormat::Json, _) => context.out.json(&json!({
            "escadre": "difference",
            "version": 1,
            "old": old.json(),
            "new": new.json(),
            "assumed": question.assumed,
            "question": "equal",
            "answer": if witness.is_none() { "proven" } else { "refuted" },
            "witness": witness.as_ref().map(|witness| refutation_json((&old, &new), witness)),
        }))?,
        (DiffFormat::Markdown | DiffFormat::Sarif, None) => {
            show(question, &question.review(&nothing), context)?;
        }
        (DiffFormat::Markdown | DiffFormat::Sarif, Some(_)) => {
            return plain(question, analysis, context).map(|code| match code {
                Code::Done => Code::Changes,
                code => code,
            });
        }
    }
    Ok(if witness.is_none() { Code::Done } else { Code::Changes })
}

/// Says that the budget was spent.
fn undecided(
    question: &Question<'_>,
    error: TooLarge,
    context: &mut Context<'_>,
) -> Result<Code, Failure> {
    let (old, new) = question.sides();
    match question.args.format {
        DiffFormat::Text | DiffFormat::Markdown => {
            context.out.line(&format!("Undecided: {}", assumed::undecided(error)))?;
        }
        DiffFormat::Json => context.out.json(&json!({
            "escadre": "difference",
            "version": 1,
            "old": old.json(),
            "new": new.json(),
            "assumed": question.assumed,
            "answer": "undecided",
            "why": error.to_string(),
        }))?,
        DiffFormat::Sarif => {
            let options = SarifOptions { file: question.new.file.clone() };
            context.out.json(&undecided_sarif(&assumed::undecided(error), &options))?;
        }
    }
    Ok(Code::Undecided)
}
