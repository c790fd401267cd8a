//! `explain`: what one device gets, and why.

use escadre_algebra::Path;
use escadre_interpreter::present::{explanation, explanation_json};

use super::args::{Explain, TextFormat};
use super::context::{Context, device};
use super::error::Failure;
use super::{Code, present};

pub(crate) fn run(args: &Explain, context: &mut Context<'_>) -> Result<Code, Failure> {
    let path = args.path.as_deref().map(Path::parse).transpose().map_err(|error| {
        Failure::of(&error).help("a path is a resource, then fields: `recorder.env.SITE`")
    })?;
    let fleet = context.fleet()?;
    let inventory = context.inventory(&args.listing)?;
    let facts = device(&inventory, &args.device)?;
    let why = fleet.explain(facts, path.as_ref());
    match args.format {
        TextFormat::Text => {
            let options = present::options(context.out.look);
            context.out.put(&explanation(&why, facts, &options))?;
        }
        TextFormat::Json => context.out.json(&explanation_json(&why, facts))?,
    }
    if let Some(path) = path.filter(|_| why.fields.is_empty()) {
        let reach = if why.unreached.is_empty() { " anywhere" } else { " for this device" };
        context.note(&format!("nothing writes `{path}`{reach}"));
    }
    Ok(Code::Done)
}
