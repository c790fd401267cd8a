//! Diagrams made of one diagram: what is left of it in a class, and where each leaf is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Arena, Node, Ref};
use super::space::{Class, Var};
use crate::map::{Map, Set};

impl Arena {
    /// The nodes of `root`, each once, children before what leads to them, as far as `enter` says.
    pub(super) fn postorder(&self, root: Ref, enter: impl Fn(&Node) -> bool) -> Vec<(Ref, &Node)> {
        let mut order = Vec::new();
        let mut seen: Set<Ref> = Set::default();
        let mut open = vec![(root, false)];
        while let Some((at, children_done)) = open.pop() {
            let Some(node) = self.node(at).filter(|node| enter(node)) else { continue };
            if children_done {
                order.push((at, node));
            } else if seen.insert(at) {
                open.push((at, true));
                open.extend(node.children().map(|child| (child, false)));
            }
        }
        order
    }

    /// `root` where `var` is in `class`. Costs the nodes above `var`.
    pub(super) fn cofactor(&mut self, root: Ref, var: Var, class: Class) -> Result<Ref, TooLarge> {
        let above = self.postorder(root, |node| node.var < var);
        let above: Vec<(Ref, Node)> = above.into_iter().map(|(at, n)| (at, n.clone())).collect();
        let mut known: Map<Ref, Ref> = Map::default();
        for (at, node) in above {
            let of = |child: &Ref| {
                known.get(child).copied().unwrap_or_else(|| self.child(*child, var, class))
            };
            let listed = node.listed.iter().map(|(own, child)| (*own, of(child))).collect();
            let otherwise = of(&node.otherwise);
            let value = self.make(node.var, listed, otherwise)?;
            known.insert(at, value);
        }
        Ok(known.get(&root).copied().unwrap_or_else(|| self.child(root, var, class)))
    }

    /// Each leaf of `root` but the empty one, with the guard of where it is.
    ///
    /// Costs the nodes, each times the leaves below it at most.
    pub(super) fn split(&mut self, root: Ref) -> Result<Vec<(Ref, Ref)>, TooLarge> {
        let all = self.postorder(root, |_| true);
        let all: Vec<(Ref, Node)> = all.into_iter().map(|(at, node)| (at, node.clone())).collect();
        let mut known: Map<Ref, Arc<[(Ref, Ref)]>> = Map::default();
        for (at, node) in all {
            let parts = self.split_node(&node, &known)?;
            known.insert(at, parts.into());
        }
        Ok(known.remove(&root).map_or_else(|| whole(root), |parts| parts.to_vec()))
    }

    fn split_node(
        &mut self,
        node: &Node,
        known: &Map<Ref, Arc<[(Ref, Ref)]>>,
    ) -> Result<Vec<(Ref, Ref)>, TooLarge> {
        let parts = |child: &Ref| match known.get(child) {
            Some(parts) => Arc::clone(parts),
            None => whole(*child).into(),
        };
        let rest = parts(&node.otherwise);
        let mut listed: BTreeMap<Ref, Vec<(Class, Ref)>> = BTreeMap::new();
        for (class, child) in node.listed.iter() {
            for (leaf, guard) in parts(child).iter() {
                listed.entry(*leaf).or_default().push((*class, *guard));
            }
        }
        for (leaf, _) in rest.iter() {
            let have = listed.remove(leaf).unwrap_or_default();
            self.spend(node.listed.len())?;
            // Where a listed child does not have the leaf, the guard of the rest must not hold.
            let mut have = have.into_iter().peekable();
            let all = node.listed.iter().map(|(class, _)| {
                let own = have.next_if(|(has, _)| has == class).map(|(_, guard)| guard);
                (*class, own.unwrap_or(Ref::EMPTY))
            });
            let all: Vec<(Class, Ref)> = all.collect();
            listed.insert(*leaf, all);
        }
        let otherwise: Map<Ref, Ref> = rest.iter().copied().collect();
        let mut result = Vec::with_capacity(listed.len());
        for (leaf, children) in listed {
            let otherwise = otherwise.get(&leaf).copied().unwrap_or(Ref::EMPTY);
            result.push((leaf, self.make(node.var, children, otherwise)?));
        }
        Ok(result)
    }
}

/// A leaf is itself everywhere, if it is not empty.
fn whole(leaf: Ref) -> Vec<(Ref, Ref)> {
    if leaf == Ref::EMPTY { Vec::new() } else { vec![(leaf, Ref::TRUE)] }
}
