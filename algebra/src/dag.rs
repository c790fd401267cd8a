//! Fleet expressions as graphs: every node once, operands before what uses them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::fleet::Fleet;

/// The nodes of a fleet expression in post-order, each once. Costs O(nodes), without recursion.
pub(crate) struct Dag {
    pub(crate) nodes: Vec<Fleet>,
    /// For each node, the positions of its operands (all smaller).
    pub(crate) operands: Vec<Vec<usize>>,
}

impl Dag {
    pub(crate) fn of(root: &Fleet) -> Self {
        let mut dag = Self { nodes: Vec::new(), operands: Vec::new() };
        let mut positions: HashMap<usize, usize> = HashMap::new();
        // Each open node, and how many of its operands are done.
        let mut open: Vec<(&Fleet, usize)> = vec![(root, 0)];
        while let Some((fleet, n_done)) = open.pop() {
            if positions.contains_key(&fleet.address()) {
                continue;
            }
            if let Some(operand) = fleet.0.of.get(n_done) {
                open.push((fleet, n_done + 1));
                open.push((operand, 0));
                continue;
            }
            if let Entry::Vacant(slot) = positions.entry(fleet.address()) {
                slot.insert(dag.nodes.len());
                dag.nodes.push(fleet.clone());
                let at = fleet.0.of.iter().filter_map(|f| positions.get(&f.address()).copied());
                let at = at.collect();
                dag.operands.push(at);
            }
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
