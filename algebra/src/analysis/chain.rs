//! Chains: unions in unions, and overlays in overlays, as one expression with many operands.

use super::expression::ExprId;
use crate::dag::Dag;
use crate::fleet;

/// What a node of a fleet became: an expression, or operands of the chain above it, each with
/// the position of its node.
pub(super) enum Built {
    One(ExprId),
    Chain(Vec<(ExprId, usize)>),
}

impl Built {
    pub(super) fn id(&self) -> ExprId {
        match self {
            Self::One(id) => *id,
            Self::Chain(of) => of.first().map_or(0, |(id, _)| *id),
        }
    }
}

/// Which nodes are unions within a union, or overlays within an overlay, that nothing else uses.
pub(super) fn absorbed(dag: &Dag) -> Vec<bool> {
    let mut n_users = vec![0usize; dag.len()];
    for of in dag.operands.iter() {
        of.iter().for_each(|&operand| n_users[operand] += 1);
    }
    let mut absorbed = vec![false; dag.len()];
    for (at, node) in dag.nodes.iter().enumerate() {
        let alike = |operand: &fleet::Op| {
            matches!(
                (&node.0.op, operand),
                (fleet::Op::Union, fleet::Op::Union) | (fleet::Op::Overlay, fleet::Op::Overlay)
            )
        };
        for &operand in &dag.operands[at] {
            absorbed[operand] = n_users[operand] == 1 && alike(&dag.nodes[operand].0.op);
        }
    }
    absorbed
}

/// The operands of a chain: those of absorbed operands in their places, the first one's moved.
pub(super) fn chain(built: &mut [Built], of: &[usize], absorbed: &[bool]) -> Vec<(ExprId, usize)> {
    let mut operands = Vec::new();
    for &operand in of {
        match &mut built[operand] {
            Built::Chain(more) if absorbed[operand] => {
                if operands.is_empty() {
                    operands = std::mem::take(more);
                } else {
                    operands.append(more);
                }
            }
            one => operands.push((one.id(), operand)),
        }
    }
    operands
}
