//! What the parts of a drawing are called.

use std::fmt::Write as _;

use crate::fleet::Op;
use crate::path_set::PathSet;
use crate::value::Value;

/// Longer selectors, paths and messages are cut after this many characters.
const MAX_LABEL: usize = 60;

/// What the node of `op` is called.
pub(super) fn label(op: &Op) -> String {
    match op {
        Op::Deploy(deployed) => {
            let mut n_fields = 0;
            deployed.claims.walk(&mut Vec::new(), &mut |_, tree| {
                n_fields += tree.own.iter().filter(|(value, ())| *value != Value::Object).count();
                true
            });
            let s = if n_fields == 1 { "" } else { "s" };
            format!("deploy {} ({n_fields} field{s})", deployed.resource)
        }
        Op::Restrict(selector) => format!("restrict {}", cut(selector)),
        Op::Choose(selector) => format!("choose {}", cut(selector)),
        Op::Forget(set) => format!("forget {}", paths(set)),
        Op::Keep(set) => format!("keep {}", paths(set)),
        Op::Named(name) => format!("layer {}", cut(name)),
        Op::Invalid(problem) => format!("invalid: {}", cut(problem.message())),
        Op::Foreign(foreign) => format!("{} (unknown operator)", cut(&foreign.name)),
        op => op.name().to_owned(),
    }
}

fn paths(set: &PathSet) -> String {
    if set.is_everything() {
        return "all paths".to_owned();
    }
    let paths = set.subtrees().chain(set.points()).take(MAX_LABEL).map(ToString::to_string);
    cut(paths.collect::<Vec<_>>().join(", "))
}

/// What the edge from `op` to one operand is called; nothing where that is clear.
pub(super) fn edge_label(op: &Op, operand: usize) -> String {
    match (op, operand) {
        (Op::Choose(_), 0) => "then".to_owned(),
        (Op::Choose(_), _) => "else".to_owned(),
        (Op::Patch | Op::Mask | Op::Within | Op::Without, 1) => op.name().to_owned(),
        (Op::Overlay, i) => (i + 1).to_string(),
        _ => String::new(),
    }
}

/// The beginning of what `text` displays; never more of it than that is written.
pub(super) fn cut(text: impl std::fmt::Display) -> String {
    let mut start = Start { text: String::new(), n_left: MAX_LABEL };
    match write!(start, "{text}") {
        Ok(()) => start.text,
        Err(_) => start.text + "…",
    }
}

struct Start {
    text: String,
    n_left: usize,
}

impl std::fmt::Write for Start {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        for c in piece.chars() {
            self.n_left = self.n_left.checked_sub(1).ok_or(std::fmt::Error)?;
            self.text.push(if c.is_control() { ' ' } else { c });
        }
        Ok(())
    }
}
