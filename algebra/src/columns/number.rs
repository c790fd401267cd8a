//! Numbers for expressions: equal numbers, equal spellings, and so equal meanings.

use std::hash::{BuildHasher as _, Hash, Hasher};

use crate::fleet::{Fleet, Op};
use crate::map::{Map, State};
use crate::selector::{Selector, View};
use crate::tree::Tree;

/// A node, the numbers of its operands, and its own.
type Numbered<'a> = (&'a Fleet, Vec<u32>, u32);

/// The number of every expression that means 0 whatever its operands are.
const EMPTY: u32 = 0;

/// Numbers of fleets and selectors: two have the same one iff they are spelled alike, sharing,
/// names and origins aside. What was met once, by address, is not looked at again.
///
/// Candidates are found by a hash and compared in full, so numbers are exact.
#[derive(Default)]
pub(super) struct Numbers<'a> {
    by_address: Map<usize, u32>,
    by_hash: Map<u64, Vec<Numbered<'a>>>,
    n_fleets: u32,
    selectors: Map<usize, u32>,
    selectors_by_hash: Map<u64, Vec<(&'a Selector, u32)>>,
    n_selectors: u32,
}

impl<'a> Numbers<'a> {
    /// The number of `root`. Costs O(nodes that were not met before), without recursion.
    pub(super) fn of(&mut self, root: &'a Fleet) -> u32 {
        let mut open = vec![root];
        while let Some(&fleet) = open.last() {
            if self.by_address.contains_key(&fleet.address()) {
                open.pop();
                continue;
            }
            let n_open = open.len();
            let unknown = |of: &&Fleet| !self.by_address.contains_key(&of.address());
            open.extend(fleet.0.of.iter().filter(unknown));
            if open.len() == n_open {
                let number = self.assign(fleet);
                self.by_address.insert(fleet.address(), number);
                open.pop();
            }
        }
        self.by_address.get(&root.address()).copied().unwrap_or(EMPTY)
    }

    /// The number of a node whose operands have theirs.
    fn assign(&mut self, fleet: &'a Fleet) -> u32 {
        let of = fleet.0.of.iter().filter_map(|of| self.by_address.get(&of.address()).copied());
        let of: Vec<u32> = of.collect();
        let mut hasher = State::default().build_hasher();
        match &fleet.0.op {
            Op::Empty | Op::Invalid(_) | Op::Foreign(_) => return EMPTY,
            Op::Named(_) => return of.first().copied().unwrap_or(EMPTY),
            Op::Deploy(deployed) => {
                deployed.resource.hash(&mut hasher);
                hash_tree(&deployed.claims, &mut hasher);
            }
            Op::Restrict(s) | Op::Choose(s) => self.selector(s).hash(&mut hasher),
            Op::Forget(paths) | Op::Keep(paths) => paths.hash(&mut hasher),
            _ => {}
        }
        fleet.0.op.name().hash(&mut hasher);
        of.hash(&mut hasher);
        let hash = hasher.finish();
        let alike = self.by_hash.get(&hash).into_iter().flatten().find(|(other, operands, _)| {
            *operands == of && same_operator(&self.selectors, &fleet.0.op, &other.0.op)
        });
        if let Some((_, _, number)) = alike {
            return *number;
        }
        self.n_fleets += 1;
        self.by_hash.entry(hash).or_default().push((fleet, of, self.n_fleets));
        self.n_fleets
    }

    /// The number of `selector`.
    pub(super) fn selector(&mut self, selector: &'a Selector) -> u32 {
        if let Some(&number) = self.selectors.get(&selector.address()) {
            return number;
        }
        let mut hasher = State::default().build_hasher();
        for node in selector.postorder() {
            node.view().children().len().hash(&mut hasher);
            std::mem::discriminant(&node.view()).hash(&mut hasher);
            if let View::Test(test) = node.view() {
                test.hash(&mut hasher);
            }
        }
        let alike = self.selectors_by_hash.entry(hasher.finish()).or_default();
        let number = match alike.iter().find(|(other, _)| other.same_shape(selector)) {
            Some((_, number)) => *number,
            None => {
                self.n_selectors += 1;
                alike.push((selector, self.n_selectors));
                self.n_selectors
            }
        };
        self.selectors.insert(selector.address(), number);
        number
    }
}

fn same_operator(selectors: &Map<usize, u32>, a: &Op, b: &Op) -> bool {
    match (a, b) {
        (Op::Deploy(a), Op::Deploy(b)) => {
            a.resource == b.resource && a.claims.same_claims(&b.claims)
        }
        (Op::Restrict(a), Op::Restrict(b)) | (Op::Choose(a), Op::Choose(b)) => {
            selectors.get(&a.address()) == selectors.get(&b.address())
        }
        (Op::Forget(a), Op::Forget(b)) | (Op::Keep(a), Op::Keep(b)) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn hash_tree(tree: &Tree<()>, hasher: &mut impl Hasher) {
    tree.own.hash(hasher);
    tree.below.is_some().hash(hasher);
    for (field, child) in &tree.children {
        field.hash(hasher);
        hash_tree(child, hasher);
    }
    tree.children.len().hash(hasher);
}
