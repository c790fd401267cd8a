//! Fleet expressions as drawings.

mod labels;

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;

use self::labels::{cut, edge_label, label};
use crate::dag::Dag;
use crate::fleet::{Fleet, Op};

/// The most nodes that are drawn; the rest is one node that says how many there are.
pub const MAX_DRAWN: usize = 2_000;
/// Layers inside layers are framed up to this depth.
const MAX_FRAMES: usize = 16;

/// A fleet expression as a drawing: operators above their operands, each shared part once.
///
/// A named layer is a node of its own, in a frame with what only this layer uses.
/// The same expression gives the same drawing.
///
/// ```
/// use escadre_algebra::{Graph, Resource, deploy, label};
/// let f = deploy(Resource::new("motd").set("text", "hello")).restrict(label("role").eq("camera"));
/// let dot = Graph::of(&f).to_dot();
/// assert!(dot.contains(r#"n0 [label="restrict role = camera"];"#));
/// assert!(dot.contains(r#"n1 [label="deploy motd (1 field)""#));
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    // INVARIANT: breadth first from the root, which is the first.
    nodes: Vec<Drawn>,
    edges: Vec<Edge>,
    frames: Vec<Frame>,
    n_nodes: usize,
}

#[derive(Clone, Debug)]
struct Drawn {
    label: String,
    kind: Kind,
    frame: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Operator,
    Deploy,
    Layer,
    Problem,
    More,
}

#[derive(Clone, Debug)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
}

/// The frame around a named layer.
#[derive(Clone, Debug)]
struct Frame {
    name: String,
    parent: Option<usize>,
    depth: usize,
}

impl Graph {
    /// The drawing of `nodes`, each a text and whether it is an end, and edges between them.
    /// What is past [`MAX_DRAWN`] nodes is left out, and one node says so.
    pub(crate) fn of_parts(nodes: Vec<(String, bool)>, edges: Vec<(usize, usize, String)>) -> Self {
        let n_nodes = nodes.len();
        let kind = |is_end: bool| if is_end { Kind::Deploy } else { Kind::Operator };
        let drawn = nodes.into_iter().take(MAX_DRAWN);
        let mut nodes: Vec<Drawn> = drawn
            .map(|(label, is_end)| Drawn { label: cut(&label), kind: kind(is_end), frame: None })
            .collect();
        if n_nodes > nodes.len() {
            let label = format!("{} more nodes", n_nodes - nodes.len());
            nodes.push(Drawn { label, kind: Kind::More, frame: None });
        }
        let last = nodes.len().saturating_sub(1);
        let edges = edges.into_iter().filter(|(from, ..)| *from < MAX_DRAWN);
        let edges = edges
            .map(|(from, to, label)| Edge { from, to: to.min(last), label: cut(&label) })
            .collect();
        Self { nodes, edges, frames: Vec::new(), n_nodes }
    }

    /// The drawing of `fleet`. Costs O(nodes), without recursion; draws at most [`MAX_DRAWN`] nodes.
    #[must_use]
    pub fn of(fleet: &Fleet) -> Self {
        let dag = Dag::of(fleet);
        let drawn = breadth_first(&dag);
        let mut n_users = vec![0_usize; dag.len()];
        dag.operands.iter().flatten().for_each(|&operand| n_users[operand] += 1);
        let (frames, frame_of) = frames(&dag);
        let mut graph = Self { nodes: Vec::new(), edges: Vec::new(), frames, n_nodes: dag.len() };
        let mut names = HashMap::new();
        for (name, &at) in drawn.iter().enumerate() {
            names.insert(at, name);
            let op = &dag.nodes[at].0.op;
            let mut label = label(op);
            if n_users[at] > 1 {
                let _ = write!(label, "\nused {} times", n_users[at]);
            }
            graph.nodes.push(Drawn { label, kind: kind(op), frame: frame_of[at] });
        }
        let more = graph.nodes.len();
        for (from, &at) in drawn.iter().enumerate() {
            let mut to_more = false;
            for (i, operand) in dag.operands[at].iter().enumerate() {
                let to = names.get(operand).copied().unwrap_or(more);
                // One edge stands for all that lead to what is not drawn.
                if to < more || !std::mem::replace(&mut to_more, true) {
                    let label = edge_label(&dag.nodes[at].0.op, i);
                    graph.edges.push(Edge { from, to, label });
                }
            }
        }
        if dag.len() > more {
            let n_more = dag.len() - more;
            let label = format!("{n_more} more nodes\ndraw one layer with --layer NAME");
            graph.nodes.push(Drawn { label, kind: Kind::More, frame: None });
        }
        graph
    }

    /// The drawing of the first layer of `fleet`, outermost first, that is called `name`.
    #[must_use]
    pub fn of_layer(fleet: &Fleet, name: &str) -> Option<Self> {
        let dag = Dag::of(fleet);
        let layer = dag.nodes.iter().rev().find(|node| match &node.0.op {
            Op::Named(named) => **named == *name,
            _ => false,
        });
        layer.map(Self::of)
    }

    /// How many nodes the expression has, each shared one counted once.
    #[must_use]
    pub fn n_nodes(&self) -> usize {
        self.n_nodes
    }

    /// Whether some nodes are not drawn one by one.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.nodes.last().is_some_and(|node| node.kind == Kind::More)
    }

    /// The text of this drawing for Graphviz.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = "digraph fleet {\n  rankdir=TB;\n  node [shape=box];\n".to_owned();
        self.write_frames(&mut dot, &DOT);
        for Edge { from, to, label } in &self.edges {
            let _ = match label.as_str() {
                "" => writeln!(dot, "  n{from} -> n{to};"),
                label => writeln!(dot, "  n{from} -> n{to} [label=\"{}\"];", dot_text(label)),
            };
        }
        dot.push_str("}\n");
        dot
    }

    /// The text of this drawing for Mermaid.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = "flowchart TB\n".to_owned();
        self.write_frames(&mut text, &MERMAID);
        for Edge { from, to, label } in &self.edges {
            let _ = match label.as_str() {
                "" => writeln!(text, "  n{from} --> n{to}"),
                label => writeln!(text, "  n{from} -->|\"{}\"| n{to}", mermaid_text(label)),
            };
        }
        text
    }

    /// Writes every node inside its frame.
    fn write_frames(&self, out: &mut String, language: &Language) {
        let mut inside: Vec<Vec<usize>> = vec![Vec::new(); self.frames.len()];
        let mut nested: Vec<Vec<usize>> = vec![Vec::new(); self.frames.len()];
        let mut outside = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            node.frame.map_or(&mut outside, |frame| &mut inside[frame]).push(at);
        }
        // Frames around nodes that are not drawn are left out: inner frames come later.
        let mut top = Vec::new();
        let mut drawn: Vec<bool> = inside.iter().map(|nodes| !nodes.is_empty()).collect();
        for at in (0..self.frames.len()).rev() {
            if let Some(parent) = self.frames[at].parent.filter(|_| drawn[at]) {
                drawn[parent] = true;
            }
        }
        for (at, frame) in self.frames.iter().enumerate().filter(|(at, _)| drawn[*at]) {
            frame.parent.map_or(&mut top, |parent| &mut nested[parent]).push(at);
        }
        self.write_nodes(out, language, &outside, 1);
        let mut open: Vec<(usize, bool)> = top.into_iter().rev().map(|at| (at, false)).collect();
        while let Some((at, inner_done)) = open.pop() {
            let frame = &self.frames[at];
            let indent = "  ".repeat(frame.depth + 1);
            if inner_done {
                let _ = writeln!(out, "{indent}{}", language.close);
                continue;
            }
            (language.open)(out, &indent, at, &frame.name);
            self.write_nodes(out, language, &inside[at], frame.depth + 2);
            open.push((at, true));
            open.extend(nested[at].iter().rev().map(|&at| (at, false)));
        }
    }

    fn write_nodes(&self, out: &mut String, language: &Language, nodes: &[usize], depth: usize) {
        for &at in nodes {
            out.push_str(&"  ".repeat(depth));
            (language.node)(out, at, &self.nodes[at]);
        }
    }
}

/// How a language spells frames and nodes.
struct Language {
    open: fn(&mut String, &str, usize, &str),
    close: &'static str,
    node: fn(&mut String, usize, &Drawn),
}

const DOT: Language = Language {
    open: |out, indent, at, name| {
        let name = dot_text(name);
        let _ = writeln!(out, "{indent}subgraph cluster_{at} {{\n{indent}  label=\"{name}\";");
    },
    close: "}",
    node: |out, at, node| {
        let colour = match node.kind {
            Kind::Operator => "",
            Kind::Deploy => ", style=filled, fillcolor=lightblue",
            Kind::Layer => ", style=filled, fillcolor=lightyellow",
            Kind::Problem => ", style=filled, fillcolor=lightpink",
            Kind::More => ", style=filled, fillcolor=lightgrey",
        };
        let _ = writeln!(out, "n{at} [label=\"{}\"{colour}];", dot_text(&node.label));
    },
};

const MERMAID: Language = Language {
    open: |out, indent, at, name| {
        let _ = writeln!(out, "{indent}subgraph f{at}[\"{}\"]", mermaid_text(name));
    },
    close: "end",
    node: |out, at, node| {
        let label = mermaid_text(&node.label);
        let _ = match node.kind {
            Kind::Operator => writeln!(out, "n{at}[\"{label}\"]"),
            Kind::Deploy => writeln!(out, "n{at}([\"{label}\"])"),
            Kind::Layer => writeln!(out, "n{at}[/\"{label}\"/]"),
            Kind::Problem => writeln!(out, "n{at}{{{{\"{label}\"}}}}"),
            Kind::More => writeln!(out, "n{at}((\"{label}\"))"),
        };
    },
};

fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn mermaid_text(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '\n' => out.push_str("<br/>"),
            c => out.push(c),
        }
        out
    })
}

/// The nodes to draw, the root first.
fn breadth_first(dag: &Dag) -> Vec<usize> {
    let mut seen = vec![false; dag.len()];
    seen[dag.root()] = true;
    let mut waiting = VecDeque::from([dag.root()]);
    let mut drawn = Vec::new();
    while let Some(at) = waiting.pop_front() {
        if drawn.len() == MAX_DRAWN {
            break;
        }
        drawn.push(at);
        for &operand in &dag.operands[at] {
            if !std::mem::replace(&mut seen[operand], true) {
                waiting.push_back(operand);
            }
        }
    }
    drawn
}

/// The frames, outer ones first, and for each node the innermost frame that all its users are in.
fn frames(dag: &Dag) -> (Vec<Frame>, Vec<Option<usize>>) {
    let mut frames: Vec<Frame> = Vec::new();
    let mut frame_of: Vec<Option<usize>> = vec![None; dag.len()];
    let mut reached = vec![false; dag.len()];
    for at in (0..dag.len()).rev() {
        if let Op::Named(name) = &dag.nodes[at].0.op {
            let parent = frame_of[at];
            let depth = parent.map_or(0, |parent| frames[parent].depth + 1);
            if depth < MAX_FRAMES {
                frame_of[at] = Some(frames.len());
                frames.push(Frame { name: cut(name), parent, depth });
            }
        }
        for &operand in &dag.operands[at] {
            frame_of[operand] = match std::mem::replace(&mut reached[operand], true) {
                false => frame_of[at],
                true => common(&frames, frame_of[operand], frame_of[at]),
            };
        }
    }
    (frames, frame_of)
}

/// The innermost frame around both.
fn common(frames: &[Frame], mut a: Option<usize>, mut b: Option<usize>) -> Option<usize> {
    while a != b {
        // A frame comes after those around it.
        if a > b {
            a = a.and_then(|a| frames[a].parent);
        } else {
            b = b.and_then(|b| frames[b].parent);
        }
    }
    a
}

fn kind(op: &Op) -> Kind {
    match op {
        Op::Deploy(_) => Kind::Deploy,
        Op::Named(_) => Kind::Layer,
        Op::Invalid(_) | Op::Foreign(_) => Kind::Problem,
        _ => Kind::Operator,
    }
}
