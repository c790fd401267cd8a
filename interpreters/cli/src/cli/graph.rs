//! `graph`: the fleet as a drawing.

use escadre_algebra::analysis::Analysis;
use escadre_algebra::{Fleet, Graph, Path};

use super::Code;
use super::args::{self, GraphFormat};
use super::context::Context;
use super::error::Failure;
use crate::svg::svg;

pub(crate) fn run(args: &args::Graph, context: &mut Context<'_>) -> Result<Code, Failure> {
    let fleet = context.fleet()?;
    let graph = match (&args.layer, &args.path) {
        (None, Some(path)) => diagram(&fleet, path)?,
        (None, None) => Graph::of(&fleet),
        (Some(name), _) => Graph::of_layer(&fleet, name).ok_or_else(|| {
            Failure::new(format!("no layer of the fleet is called `{name}`"))
                .help("layers are named with `.named(…)`; `graph` without --layer shows all")
        })?,
    };
    if graph.is_cut() {
        context.note(&format!(
            "there are {} nodes, of which the drawing has some; --layer or --path draws a part",
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

/// The decision diagram of one path.
fn diagram(fleet: &Fleet, path: &str) -> Result<Graph, Failure> {
    let path = Path::parse(path).map_err(|error| {
        Failure::of(&error).help("a path is a resource and its fields: web.containers.web.image")
    })?;
    Analysis::of([fleet]).diagram(fleet, &path).map_err(|error| {
        Failure::of(&error).help("`escadre explain` tells what decides the path on one device")
    })
}
