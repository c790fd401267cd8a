//! `graph`: the fleet as a drawing.

use escadre_algebra::Graph;

use super::Code;
use super::args::{self, GraphFormat};
use super::context::Context;
use super::error::Failure;
use crate::svg::svg;

pub(crate) fn run(args: &args::Graph, context: &mut Context<'_>) -> Result<Code, Failure> {
    let fleet = context.fleet()?;
    let graph = match &args.layer {
        None => Graph::of(&fleet),
        Some(name) => Graph::of_layer(&fleet, name).ok_or_else(|| {
            Failure::new(format!("no layer of the fleet is called `{name}`"))
                .help("layers are named with `.named(…)`; `graph` without --layer shows all")
        })?,
    };
    if graph.is_cut() {
        context.note(&format!(
            "the fleet has {} nodes, of which the drawing has some; --layer draws one layer",
            graph.n_nodes()
        ));
    }
    let drawing = match args.format {
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Mermaid => graph.to_mermaid(),
        GraphFormat::Svg => svg(&graph.to_dot()).map_err(|error| {
            Failure::of(&error).help(
                "`--layer NAME` draws one layer; `--format dot` is for Graphviz, which draws all",
            )
        })?,
    };
    context.out.put(&drawing)?;
    Ok(Code::Done)
}
