//! Fleet expressions as graphs: every node once, operands before what uses them.

use std::ops::Index;

use crate::fleet::{Fleet, Op};
use crate::map::Map;

/// The nodes of a fleet expression in post-order, each once. Costs O(nodes), without recursion.
pub(crate) struct Dag {
    pub(crate) nodes: Vec<Fleet>,
    /// For each node, the positions of its operands (all smaller).
    pub(crate) operands: Operands,
}

/// A list of operands for each node, all in one.
#[derive(Default)]
pub(crate) struct Operands {
    flat: Vec<usize>,
    /// Where the list of each node ends.
    ends: Vec<usize>,
}

impl Operands {
    /// The lists, node by node.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[usize]> {
        (0..self.ends.len()).map(|at| &self[at])
    }
}

impl Index<usize> for Operands {
    type Output = [usize];

    fn index(&self, at: usize) -> &[usize] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.flat[start..self.ends[at]]
    }
}

impl Dag {
    pub(crate) fn of(root: &Fleet) -> Self {
        Self::of_some(root, |_| true)
    }

    /// As [`Dag::of`], but without the operands of ∪ and ⊕ that are not to be kept, unless they are met
    /// elsewhere.
    pub(crate) fn of_some(root: &Fleet, keep: impl Fn(&Fleet) -> bool) -> Self {
        let mut dag = Self { nodes: Vec::new(), operands: Operands::default() };
        let mut positions: Map<usize, usize> = Map::default();
        // Each open node, and how many of its operands are done.
        let mut open: Vec<(&Fleet, usize)> = vec![(root, 0)];
        while let Some((fleet, n_done)) = open.pop() {
            if n_done == 0 && positions.contains_key(&fleet.address()) {
                continue;
            }
            if let Some(operand) = fleet.0.of.get(n_done) {
                open.push((fleet, n_done + 1));
                if !matches!(fleet.0.op, Op::Union | Op::Overlay) || keep(operand) {
                    open.push((operand, 0));
                }
                continue;
            }
            positions.insert(fleet.address(), dag.nodes.len());
            dag.nodes.push(fleet.clone());
            let at = fleet.0.of.iter().filter_map(|f| positions.get(&f.address()).copied());
            dag.operands.flat.extend(at);
            dag.operands.ends.push(dag.operands.flat.len());
        }
        dag
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The position of the root.
    pub(crate) fn root(&self) -> usize {
        self.nodes.len() - 1
    }
}
