//! Diagrams: hash-consed functions from classes of facts to leaves.
//!
//! Note [Canonical nodes] A node lists the classes whose child differs from that of `otherwise`,
//! in order, and is never without listed ones; children test later variables only; equal nodes
//! are one. `otherwise` is the same class in every node of a variable. So within one arena two
//! references are equal iff they are the same function from classes to leaves.
//!
//! A leaf is a set of *slots* (see `table`): ∅ and {0} serve as false and true of guards.

use std::sync::Arc;

use super::answer::TooLarge;
use super::space::{Class, Var};
use crate::map::{Entry, Map};

/// A diagram of one arena: a node, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ref(u32);

const LEAF: u32 = 1 << 31;

impl Ref {
    /// Never, and no candidates.
    pub(super) const EMPTY: Self = Self(LEAF);
    /// Always: the leaf of a guard.
    pub(super) const TRUE: Self = Self(LEAF | 1);

    pub(super) fn is_leaf(self) -> bool {
        self.0 & LEAF != 0
    }

    fn leaf(index: usize) -> Self {
        Self(LEAF | u32::try_from(index).unwrap_or(LEAF - 1))
    }

    fn index(self) -> usize {
        (self.0 & !LEAF) as usize
    }
}

/// One operand of a union or overlay, by its number in the table of claims.
pub(super) type Slot = u32;

/// One inner node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) var: Var,
    /// The classes whose child is not `otherwise`, in order, at least one.
    pub(super) listed: Arc<[(Class, Ref)]>,
    pub(super) otherwise: Ref,
}

impl Node {
    /// The children on listed classes, then that on the others.
    pub(super) fn children(&self) -> impl Iterator<Item = Ref> {
        self.listed.iter().map(|(_, child)| *child).chain([self.otherwise])
    }
}

/// A pointwise operation on two diagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// Guards: both hold.
    And,
    /// Guards: one holds.
    Or,
    /// Guards: the first holds and the second does not.
    AndNot,
    /// Candidates of the second where the guard holds, else none.
    When,
    /// Candidates of the second where the guard does not hold, else none.
    Unless,
    /// The candidates of both.
    Union,
    /// The second's candidates where it has any, else the first's.
    Overlay,
    /// The first's candidates where the second has none.
    Mask,
    /// Where the first has candidates: the guard of that. (The second is not looked at.)
    Any,
    /// The pair of both leaves, as a leaf of its own.
    Pair,
    /// Whether both leaves are the same.
    Same,
}

/// Owns the nodes and leaves of one analysis.
pub(super) struct Arena {
    nodes: Vec<Node>,
    unique: Map<Node, Ref>,
    sets: Vec<Arc<[Slot]>>,
    set_of: Map<Arc<[Slot]>, Ref>,
    pairs: Vec<(Ref, Ref)>,
    pair_of: Map<(Ref, Ref), Ref>,
    /// What operations were found to be, so that none is done twice.
    pub(super) memo: Map<(Op, Ref, Ref), Ref>,
    /// How many steps a question may take, how many may have been taken at its end, and how many were.
    budget: usize,
    limit: usize,
    spent: usize,
}

impl Arena {
    pub(super) fn new(budget: usize) -> Self {
        let mut arena = Self {
            nodes: Vec::new(),
            unique: Map::default(),
            sets: Vec::new(),
            set_of: Map::default(),
            // Two leaves without candidates are one without a pair, so that `When` may cut pairs off.
            pairs: vec![(Ref::EMPTY, Ref::EMPTY)],
            pair_of: [((Ref::EMPTY, Ref::EMPTY), Ref::EMPTY)].into_iter().collect(),
            memo: Map::default(),
            budget,
            limit: budget,
            spent: 0,
        };
        // The leaves of `Ref::EMPTY` and `Ref::TRUE`, in this order.
        arena.set(Arc::from([]));
        arena.set(Arc::from([0]));
        arena
    }

    /// Counts `amount` of work against the budget.
    pub(super) fn spend(&mut self, amount: usize) -> Result<(), TooLarge> {
        self.spent = self.spent.saturating_add(amount);
        if self.spent > self.limit {
            return Err(TooLarge::new(self.budget, self.nodes.len()));
        }
        Ok(())
    }

    /// What was spent so far.
    pub(super) fn spent(&self) -> usize {
        self.spent
    }

    /// Lets the next question take `budget` steps.
    pub(super) fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        self.limit = self.spent.saturating_add(budget);
    }

    /// The leaf of `slots`, which are sorted, none twice.
    pub(super) fn set(&mut self, slots: Arc<[Slot]>) -> Ref {
        match self.set_of.entry(slots) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => {
                self.sets.push(Arc::clone(slot.key()));
                *slot.insert(Ref::leaf(self.sets.len() - 1))
            }
        }
    }

    /// The slots of a leaf.
    pub(super) fn slots(&self, leaf: Ref) -> &Arc<[Slot]> {
        &self.sets[leaf.index()]
    }

    /// The leaf that is the pair of two.
    pub(super) fn paired(&mut self, a: Ref, b: Ref) -> Ref {
        match self.pair_of.entry((a, b)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => {
                self.pairs.push((a, b));
                *slot.insert(Ref::leaf(self.pairs.len() - 1))
            }
        }
    }

    /// The two leaves of a leaf that `Op::Pair` made.
    pub(super) fn pair(&self, leaf: Ref) -> (Ref, Ref) {
        self.pairs[leaf.index()]
    }

    pub(super) fn node(&self, at: Ref) -> Option<&Node> {
        if at.is_leaf() { None } else { self.nodes.get(at.index()) }
    }

    /// The variable that `at` tests; `None` for a leaf.
    pub(super) fn var(&self, at: Ref) -> Option<Var> {
        self.node(at).map(|node| node.var)
    }

    /// The child of `at` on `class` of `var`, which is not later than the variable of `at`.
    pub(super) fn child(&self, at: Ref, var: Var, class: Class) -> Ref {
        match self.node(at) {
            Some(node) if node.var == var => {
                match node.listed.binary_search_by_key(&class, |(listed, _)| *listed) {
                    Ok(found) => node.listed[found].1,
                    Err(_) => node.otherwise,
                }
            }
            _ => at,
        }
    }

    /// The node with these children; `listed` is in order.
    pub(super) fn make(
        &mut self,
        var: Var,
        mut listed: Vec<(Class, Ref)>,
        otherwise: Ref,
    ) -> Result<Ref, TooLarge> {
        listed.retain(|(_, child)| *child != otherwise);
        if listed.is_empty() {
            return Ok(otherwise);
        }
        self.spend(1 + listed.len())?;
        let node = Node { var, listed: listed.into(), otherwise };
        Ok(match self.unique.entry(node) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => {
                let at = Ref(u32::try_from(self.nodes.len()).unwrap_or(LEAF - 1));
                self.nodes.push(slot.key().clone());
                *slot.insert(at)
            }
        })
    }

    /// What Note [Canonical nodes] says, or the first node that breaks it.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        for (at, node) in self.nodes.iter().enumerate() {
            let later = |child: Ref| self.var(child).is_none_or(|var| var > node.var);
            let before = |child: Ref| child.is_leaf() || child.index() < at;
            let broken = [
                ("lists nothing", node.listed.is_empty()),
                ("lists out of order", !node.listed.is_sorted_by(|a, b| a.0 < b.0)),
                ("tests a variable before its parent does", !node.children().all(later)),
                ("is made before its child", !node.children().all(before)),
                (
                    "lists what is otherwise so",
                    node.listed.iter().any(|(_, child)| *child == node.otherwise),
                ),
                ("is there twice", self.unique.get(node).map(|r| r.index()) != Some(at)),
            ];
            if let Some((what, _)) = broken.iter().find(|(_, broken)| *broken) {
                return Err(format!("node {at} {what}: {node:?}"));
            }
        }
        for (at, slots) in self.sets.iter().enumerate() {
            let sorted = slots.is_sorted_by(|a, b| a < b);
            if !sorted || self.set_of.get(slots).map(|r| r.index()) != Some(at) {
                return Err(format!("leaf {at} is out of order, or there twice: {slots:?}"));
            }
        }
        Ok(())
    }
}
