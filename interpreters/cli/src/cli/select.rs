//! `select`: which devices a selector accepts.

use escadre_algebra::Selector;

use super::Code;
use super::args::Select;
use super::context::Context;
use super::error::Failure;

pub(crate) fn run(args: &Select, context: &mut Context<'_>) -> Result<Code, Failure> {
    let selector = Selector::parse(&args.selector)?;
    if let Some(problem) = selector.problems().first() {
        return Err(Failure::new(format!("this selector means nothing: {}", problem.message()))
            .help("see `select --help`"));
    }
    let inventory = context.inventory(&args.listing)?;
    let (mut n_selected, mut n_undetermined) = (0_usize, 0_usize);
    for facts in inventory.devices() {
        match selector.matches(facts) {
            Some(true) => {
                n_selected += 1;
                if !args.count {
                    context.out.line(facts.id().as_str())?;
                }
            }
            Some(false) => {}
            None => n_undetermined += 1,
        }
        if context.out.is_closed() {
            break;
        }
    }
    if args.count {
        context.out.line(&n_selected.to_string())?;
    }
    if n_undetermined > 0 {
        context.note(&format!(
            "{n_undetermined} more may be selected: labels that decide it are unknown"
        ));
    }
    Ok(Code::Done)
}
