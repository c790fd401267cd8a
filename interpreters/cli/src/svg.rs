//! Drawings as SVG, without Graphviz.

use layout::backends::svg::SVGWriter;
use layout::gv::{DotParser, GraphBuilder};

/// A drawing that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the graph cannot be drawn as SVG: {message}")]
pub(crate) struct SvgError {
    message: String,
}

/// Drawings of more edges than this are left to Graphviz: layout takes minutes.
const MAX_EDGES: usize = 500;

/// The drawing that `dot` describes, as SVG. Frames around layers are left out.
///
/// # Errors
/// [`SvgError`] if `dot` is not understood, or too large to be laid out.
pub(crate) fn svg(dot: &str) -> Result<String, SvgError> {
    let n_edges = dot.matches(" -> ").count();
    if n_edges > MAX_EDGES {
        let message = format!("it has {n_edges} edges, more than {MAX_EDGES}");
        return Err(SvgError { message });
    }
    let graph = DotParser::new(dot).process().map_err(|message| SvgError { message })?;
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&graph);
    let mut writer = SVGWriter::new();
    builder.get().do_it(false, false, false, &mut writer);
    Ok(writer.finalize())
}
