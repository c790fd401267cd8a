//! `explain`: what one device gets, and why.

use escadre_algebra::{ExplainedField, Path};
use escadre_interpreter::present::{explanation, explanation_json};

use super::args::{Explain, TextFormat};
use super::context::{Context, device};
use super::error::Failure;
use super::{Code, present};

pub(crate) fn run(args: &Explain, context: &mut Context<'_>) -> Result<Code, Failure> {
    let path = args.path.as_deref().map(Path::parse).transpose().map_err(|error| {
        Failure::of(&error)
            .help("a path is a resource, then fields: `recorder.containers.recorder.image`")
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
        let alike = alike(&fleet.explain(facts, None).fields, &path);
        context.note(&match alike.is_empty() {
            true => format!("nothing writes `{path}` for this device"),
            false => format!(
                "nothing writes `{path}` for this device, but something writes {}",
                alike.join(" and ")
            ),
        });
    }
    Ok(Code::Done)
}

/// The paths of the same resource that end like `path`, in backticks.
fn alike(fields: &[ExplainedField], path: &Path) -> Vec<String> {
    let like = |field: &&ExplainedField| {
        field.path.resource() == path.resource()
            && field.path.fields().last() == path.fields().last()
    };
    fields.iter().filter(like).take(3).map(|field| format!("`{}`", field.path)).collect()
}
