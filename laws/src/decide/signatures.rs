//! Everything that operators can see of sets of paths at one point.
//!
//! Note [Sets of paths] `forget` reads a set closed under descendants, `keep` closed under
//! ancestors. So at a path p of a resource with root r, `forget` of a set T sees whether T holds
//! r, a path between r and p, or p; `keep` sees whether it holds p or a path below p, and of r
//! whether it holds any path of the resource. T is made of P and Q by ∪ and ∩, path by path, so
//! what counts of one path is its *type*: which of P and Q hold it. A set is therefore seen
//! through five things: the type of r, the types on the way to p, the type of p, the types that
//! occur below p, and those that occur elsewhere in the resource. Every observation is a
//! disjunction over these types, so the signatures (all observations together) are found by
//! adding one path after another until nothing new appears; a witness of each is kept. A set of
//! subtrees never loses a bit of the type on the way down; a set of whole resources has one type
//! for all paths of a resource. A path that *is* its resource's root sees what p sees where the
//! types of r and p are equal, nothing lies between and everything else lies below, so it needs
//! no case of its own. All of these sets exist, whatever the types (up to the depth that a path
//! may have, which is far above the number of types), so each signature is met by real sets.
//! The complement of a set is defined between whole resources only.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use crate::condition::Sets;
use crate::decide::evaluate::{Observation, Signature};
use crate::formula::{MAX_ATOMS, N_ASSIGNMENTS};

/// Which of the named sets hold one path, a bit each.
pub(crate) type Type = usize;

/// Sets of paths, as far as they can be seen from one path.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nodes {
    /// How much there is to read: what is smaller is preferred.
    weight: usize,
    pub(crate) root: Type,
    /// Between the root and the path, downwards.
    pub(crate) above: Vec<Type>,
    pub(crate) path: Type,
    pub(crate) below: Vec<Type>,
    pub(crate) elsewhere: Vec<Type>,
}

#[derive(Clone, Copy)]
enum Place {
    Root,
    Above,
    Path,
    Below,
    Elsewhere,
}

impl Nodes {
    fn with(&self, place: Place, kind: Type) -> Self {
        let mut nodes = self.clone();
        nodes.weight += kind.count_ones() as usize;
        match place {
            Place::Root => nodes.root = kind,
            Place::Path => nodes.path = kind,
            Place::Above => nodes.above.push(kind),
            Place::Below => nodes.below.push(kind),
            Place::Elsewhere => nodes.elsewhere.push(kind),
        }
        nodes.weight += nodes.above.len() + nodes.below.len() + nodes.elsewhere.len();
        nodes
    }

    pub(crate) fn weight(&self) -> usize {
        self.weight
    }
}

/// What is seen so far, and the type below which the next path lies.
type Seen = BTreeMap<(Type, Signature), Nodes>;

struct Search<'a> {
    observations: &'a [Observation],
    sets: [Sets; MAX_ATOMS],
    types: Vec<Type>,
}

/// Every signature of `observations`, with the smallest sets that have it.
/// `atoms` are the named sets; what is seen of roots is left out unless `sees_roots`.
pub(crate) fn signatures(
    observations: &[Observation],
    atoms: u8,
    sets: [Sets; MAX_ATOMS],
    sees_roots: bool,
) -> Vec<(Signature, Nodes)> {
    let types = (0..N_ASSIGNMENTS).filter(|kind| kind & !usize::from(atoms) == 0).collect();
    let search = Search { observations, sets, types };
    let kept = if sees_roots { Signature::MAX } else { 0xaaaa_aaaa_aaaa_aaaa };
    let mut found: BTreeMap<Signature, Nodes> = BTreeMap::new();
    for &root in &search.types {
        for ((_, signature), nodes) in search.below_root(root) {
            let best = found.entry(signature & kept).or_insert_with(|| nodes.clone());
            if nodes < *best {
                *best = nodes;
            }
        }
    }
    found.into_iter().collect()
}

/// Every signature where each set is a predicate that is read as it is: of the root and of the
/// path separately, closed or not. `allowed` says which types of root and path go together.
pub(crate) fn pointwise(
    observations: &[Observation],
    atoms: u8,
    allowed: impl Fn(Type, Type) -> bool,
) -> Vec<(Signature, Nodes)> {
    let types: Vec<Type> =
        (0..N_ASSIGNMENTS).filter(|kind| kind & !usize::from(atoms) == 0).collect();
    let pairs = types.iter().flat_map(|&root| types.iter().map(move |&path| (root, path)));
    let pairs = pairs.filter(|&(root, path)| allowed(root, path));
    pairs
        .map(|(root, path)| {
            let nodes = Nodes::default().with(Place::Root, root).with(Place::Path, path);
            (pointwise_signature(observations, root, path), nodes)
        })
        .collect()
}

/// What is seen of predicates that are read as they are.
pub(crate) fn pointwise_signature(
    observations: &[Observation],
    root: Type,
    path: Type,
) -> Signature {
    observations.iter().enumerate().fold(0, |seen: Signature, (i, observation)| {
        let holds = |kind: Type| Signature::from(observation.table >> kind & 1);
        seen | holds(root) << (2 * i) | holds(path) << (2 * i + 1)
    })
}

impl Search<'_> {
    fn below_root(&self, root: Type) -> Seen {
        let nodes = Nodes::default().with(Place::Root, root);
        let start = BTreeMap::from([((root, self.seen(Place::Root, root)), nodes)]);
        let above = self.close(start, Place::Above, None);
        let mut at_path = Seen::new();
        for ((last, signature), nodes) in &above {
            for &path in self.types.iter().filter(|&&path| self.leads(*last, path)) {
                let key = (path, signature | self.seen(Place::Path, path));
                add(&mut at_path, key, nodes.with(Place::Path, path));
            }
        }
        let below = self.close(at_path, Place::Below, None);
        self.close(below, Place::Elsewhere, Some(root))
    }

    /// Adds paths at `place` until nothing new is seen. On the way to the path, each path is
    /// below the one before; elsewhere, all are below `from`, and below, all are below the path.
    fn close(&self, mut seen: Seen, place: Place, from: Option<Type>) -> Seen {
        let mut open: VecDeque<(Type, Signature)> = seen.keys().copied().collect();
        while let Some((last, signature)) = open.pop_front() {
            let Some(nodes) = seen.get(&(last, signature)).cloned() else { continue };
            for &kind in self.types.iter().filter(|&&kind| self.leads(from.unwrap_or(last), kind)) {
                let next = if matches!(place, Place::Above) { kind } else { last };
                let key = (next, signature | self.seen(place, kind));
                if let Entry::Vacant(vacant) = seen.entry(key) {
                    vacant.insert(nodes.with(place, kind));
                    open.push_back(key);
                }
            }
        }
        seen
    }

    /// Whether a path of type `to` may lie below one of type `from`.
    fn leads(&self, from: Type, to: Type) -> bool {
        self.sets.iter().enumerate().all(|(atom, sets)| {
            let (from, to) = (from >> atom & 1, to >> atom & 1);
            match sets {
                Sets::All => true,
                Sets::Subtrees => from <= to,
                Sets::Whole => from == to,
            }
        })
    }

    /// What a path of type `kind` at `place` adds to what is seen.
    fn seen(&self, place: Place, kind: Type) -> Signature {
        self.observations.iter().enumerate().fold(0, |seen, (i, observation)| {
            if observation.table >> kind & 1 == 0 {
                return seen;
            }
            let (root, path) = match (place, observation.keeps) {
                (Place::Root, false) if mutant!(ForgetPrefixOnly) => (true, false),
                (Place::Above, false) if mutant!(ForgetPrefixOnly) => (false, false),
                (Place::Path, true) if mutant!(KeepDropsAbove) => (false, true),
                (Place::Below | Place::Elsewhere, true) if mutant!(KeepDropsAbove) => {
                    (false, false)
                }
                (Place::Root, false) => (true, true),
                (Place::Above | Place::Path, false) => (false, true),
                (Place::Below | Place::Elsewhere, false) => (false, false),
                (Place::Path | Place::Below, true) => (true, true),
                (Place::Root | Place::Above | Place::Elsewhere, true) => (true, false),
            };
            seen | Signature::from(root) << (2 * i) | Signature::from(path) << (2 * i + 1)
        })
    }
}

fn add(seen: &mut Seen, key: (Type, Signature), nodes: Nodes) {
    let best = seen.entry(key).or_insert_with(|| nodes.clone());
    if nodes < *best {
        *best = nodes;
    }
}
