//! Diagrams made of one diagram: what is left of it in a class, and where each leaf is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Arena, Node, Ref};
use super::map::Map;
use super::space::{Class, Var};

impl Arena {
    /// `root` where `var` is in `class`. Costs the nodes above `var`.
    pub(super) fn cofactor(&mut self, root: Ref, var: Var, class: Class) -> Result<Ref, TooLarge> {
        let mut known: Map<Ref, Ref> = Map::default();
        let mut open = vec![root];
        while let Some(&at) = open.last() {
            let Some(node) = self.node(at).filter(|node| node.var < var).cloned() else {
                known.insert(at, self.child(at, var, class));
                open.pop();
                continue;
            };
            let children = node.listed.iter().map(|(_, child)| *child).chain([node.otherwise]);
            let missing: Vec<Ref> = children.filter(|child| !known.contains_key(child)).collect();
            if !missing.is_empty() {
                open.extend(missing);
                continue;
            }
            let of = |child: &Ref| known.get(child).copied().unwrap_or(*child);
            let listed = node.listed.iter().map(|(own, child)| (*own, of(child))).collect();
            let value = self.make(node.var, listed, of(&node.otherwise))?;
            known.insert(at, value);
            open.pop();
        }
        Ok(known.get(&root).copied().unwrap_or(root))
    }

    /// Each leaf of `root` but the empty one, with the guard of where it is.
    ///
    /// Costs the nodes, each times the leaves below it at most.
    pub(super) fn split(&mut self, root: Ref) -> Result<Vec<(Ref, Ref)>, TooLarge> {
        let mut known: Map<Ref, Arc<[(Ref, Ref)]>> = Map::default();
        let mut open = vec![root];
        while let Some(&at) = open.last() {
            if known.contains_key(&at) {
                open.pop();
                continue;
            }
            let Some(node) = self.node(at).cloned() else {
                let whole = if at == Ref::EMPTY { Vec::new() } else { vec![(at, Ref::TRUE)] };
                known.insert(at, whole.into());
                open.pop();
                continue;
            };
            let children = node.listed.iter().map(|(_, child)| *child).chain([node.otherwise]);
            let missing: Vec<Ref> = children.filter(|child| !known.contains_key(child)).collect();
            if !missing.is_empty() {
                open.extend(missing);
                continue;
            }
            let parts = self.split_node(&node, &known)?;
            known.insert(at, parts.into());
            open.pop();
        }
        Ok(known.remove(&root).map(|parts| parts.to_vec()).unwrap_or_default())
    }

    fn split_node(
        &mut self,
        node: &Node,
        known: &Map<Ref, Arc<[(Ref, Ref)]>>,
    ) -> Result<Vec<(Ref, Ref)>, TooLarge> {
        let parts = |child: &Ref| known.get(child).cloned().unwrap_or_else(|| Arc::from([]));
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
