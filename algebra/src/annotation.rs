//! Annotations: what a denotation remembers beside the meaning.

use std::sync::Arc;

use crate::origin::Origin;
use crate::value::Value;

/// What is remembered beside each candidate: nothing, where it was written, or what it shadowed.
///
/// Evaluation is generic over it, and no annotation can change what is claimed.
pub trait Annotation: Clone + 'static {
    /// Whether anything is remembered at all; `false` lets evaluation share more.
    const OBSERVES: bool;

    /// The candidate was written at `origin`.
    fn written(origin: &Origin) -> Self;

    /// The same candidate was also claimed elsewhere. Associative, commutative and idempotent.
    fn join(&mut self, other: &Self);

    /// The candidate replaced `shadowed`, and what those had replaced.
    fn shadow(&mut self, shadowed: &[(Value, Self)]) {
        let _ = shadowed;
    }

    /// The candidate passed through `Fleet::named`.
    fn named(&mut self, name: &Arc<str>) {
        let _ = name;
    }
}

/// Remembers nothing.
impl Annotation for () {
    const OBSERVES: bool = false;
    fn written(_: &Origin) {}
    fn join(&mut self, (): &Self) {}
}

/// One writer of a claim: a line of code, inside named layers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Where it was written.
    pub origin: Origin,
    /// The names given to the layers around it, innermost first, at most sixteen.
    pub layers: Vec<Arc<str>>,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.origin)?;
        for (i, layer) in self.layers.iter().enumerate() {
            write!(f, "{}{layer}", if i == 0 { " (" } else { " in " })?;
        }
        if self.layers.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

/// The most names that a source remembers; a person reads the innermost ones.
pub(crate) const MAX_LAYERS: usize = 16;

/// The most writers that one candidate remembers.
const MAX_SOURCES: usize = 32;

/// The most replaced candidates that one candidate remembers.
const MAX_SHADOWED: usize = 64;

/// Remembers who wrote each candidate: the least 32 writers, by file, line and layers.
///
/// Of two sets of writers, the least of the union are those of the least of each, so [`join`](Annotation::join)
/// is still associative, commutative and idempotent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
// INVARIANT: sorted, none twice, at most MAX_SOURCES; `join` and `rename` keep it.
// CHOICE: shared, since every overlay copies the writers of what it replaces.
pub struct Sources(Arc<[Source]>);

impl Default for Sources {
    fn default() -> Self {
        Self(Arc::from([]))
    }
}

impl Sources {
    /// The writers, in order, none twice, at most 32.
    #[must_use]
    pub fn all(&self) -> &[Source] {
        &self.0
    }

    /// Adds `name` to the layers around each writer; whether that changed anything.
    fn rename(&mut self, name: &Arc<str>) -> bool {
        if self.0.iter().all(|source| source.layers.len() >= MAX_LAYERS) {
            return false;
        }
        let mut sources = self.0.to_vec();
        let named = sources.iter_mut().filter(|source| source.layers.len() < MAX_LAYERS);
        named.for_each(|source| source.layers.push(Arc::clone(name)));
        sources.sort();
        sources.dedup();
        self.0 = sources.into();
        true
    }
}

impl Annotation for Sources {
    const OBSERVES: bool = true;

    fn written(origin: &Origin) -> Self {
        Self(Arc::from([Source { origin: origin.clone(), layers: Vec::new() }]))
    }

    fn join(&mut self, other: &Self) {
        if self != other {
            self.0 = least(&self.0, &other.0).into();
        }
    }

    fn named(&mut self, name: &Arc<str>) {
        self.rename(name);
    }
}

/// The least `MAX_SOURCES` of two sorted lists, none twice. Costs O(`MAX_SOURCES`).
fn least(a: &[Source], b: &[Source]) -> Vec<Source> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let merged = std::iter::from_fn(|| match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if x == y => {
            b.next();
            a.next()
        }
        (Some(x), Some(y)) if x > y => b.next(),
        (Some(_), _) => a.next(),
        (None, _) => b.next(),
    });
    merged.take(MAX_SOURCES).cloned().collect()
}

/// Remembers who wrote each candidate, and the last 64 candidates that it replaced.
///
/// What was replaced is ordered by how many replacements ago that was (the fewest, if there are
/// several ways to count), then by value and writers. That order makes
/// [`join`](Annotation::join) commutative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Who wrote the candidate.
    pub sources: Sources,
    // INVARIANT: sorted, no value with the same sources twice, at most MAX_SHADOWED;
    // `settle` and `shadow_one` keep it.
    shadowed: Vec<Replaced>,
    /// How many replacements lie on the longest way down.
    n_layers: usize,
    /// Whether something replaced is not in `shadowed`.
    cut: bool,
}

/// One replaced candidate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Replaced {
    /// How many replacements ago, from 1.
    depth: usize,
    value: Value,
    sources: Sources,
}

impl Replaced {
    fn is_same(&self, other: &Self) -> bool {
        self.value == other.value && self.sources == other.sources
    }

    fn below(&self, depth: usize) -> Self {
        Self { depth: self.depth.saturating_add(depth), ..self.clone() }
    }
}

impl History {
    /// What it replaced, the last first, at most 64: the value, and who wrote that.
    pub fn shadowed(&self) -> impl Iterator<Item = (&Value, &Sources)> {
        self.shadowed.iter().map(|replaced| (&replaced.value, &replaced.sources))
    }

    /// How many layers were replaced before those that [`shadowed`](Self::shadowed) gives.
    #[must_use]
    pub fn n_more(&self) -> usize {
        let listed = self.shadowed.last().map_or(0, |replaced| replaced.depth);
        if self.cut { self.n_layers.saturating_sub(listed).max(1) } else { 0 }
    }

    /// Keeps the last `MAX_SHADOWED` of `replaced`, none twice.
    fn settle(&mut self, mut replaced: Vec<Replaced>) {
        replaced.sort_by(|a, b| {
            (&a.value, &a.sources).cmp(&(&b.value, &b.sources)).then(a.depth.cmp(&b.depth))
        });
        replaced.dedup_by(|later, first| first.is_same(later));
        replaced.sort();
        self.cut |= replaced.len() > MAX_SHADOWED;
        replaced.truncate(MAX_SHADOWED);
        self.shadowed = replaced;
    }

    /// Adds what one replaced candidate says, in its order, until the list is full.
    fn shadow_one(&mut self, head: Replaced, below: &[Replaced]) {
        let above = head.depth;
        let mut n_known = self.shadowed.len();
        if !self.shadowed.iter().any(|known| known.is_same(&head)) {
            self.shadowed.push(head);
            n_known += 1;
        }
        for replaced in below {
            if self.shadowed[..n_known].iter().any(|known| known.is_same(replaced)) {
                continue;
            }
            if self.shadowed.len() == MAX_SHADOWED {
                self.cut = true;
                break;
            }
            self.shadowed.push(replaced.below(above));
        }
    }
}

impl Annotation for History {
    const OBSERVES: bool = true;

    fn written(origin: &Origin) -> Self {
        Self { sources: Sources::written(origin), ..Self::default() }
    }

    fn join(&mut self, other: &Self) {
        self.sources.join(&other.sources);
        self.n_layers = self.n_layers.max(other.n_layers);
        self.cut |= other.cut;
        if self.shadowed != other.shadowed {
            let mut both = std::mem::take(&mut self.shadowed);
            both.extend_from_slice(&other.shadowed);
            self.settle(both);
        }
    }

    fn shadow(&mut self, shadowed: &[(Value, Self)]) {
        let Some(below) = shadowed.iter().map(|(_, history)| history.n_layers).max() else {
            return;
        };
        let depth = self.n_layers.saturating_add(1);
        self.n_layers = depth.saturating_add(below);
        self.cut |= shadowed.len() > MAX_SHADOWED || shadowed.iter().any(|(_, h)| h.cut);
        if self.shadowed.len() == MAX_SHADOWED {
            self.cut = true;
            return;
        }
        let head = |value: &Value, history: &Self| Replaced {
            depth,
            value: value.clone(),
            sources: history.sources.clone(),
        };
        if let [(value, history)] = shadowed {
            return self.shadow_one(head(value, history), &history.shadowed);
        }
        let mut all = std::mem::take(&mut self.shadowed);
        for (value, history) in shadowed.iter().take(MAX_SHADOWED) {
            all.push(head(value, history));
            all.extend(history.shadowed.iter().map(|replaced| replaced.below(depth)));
        }
        self.settle(all);
    }

    fn named(&mut self, name: &Arc<str>) {
        self.sources.rename(name);
        let renamed = self.shadowed.iter_mut().map(|replaced| replaced.sources.rename(name));
        if renamed.fold(false, |any, one| any | one) {
            let all = std::mem::take(&mut self.shadowed);
            self.settle(all);
        }
    }
}
