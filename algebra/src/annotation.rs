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

    /// The candidate replaced `shadowed`.
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
const MAX_LAYERS: usize = 16;

/// Remembers who wrote each candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
// INVARIANT: sorted, none twice.
pub struct Sources(pub(crate) Vec<Source>);

impl Sources {
    /// The writers, in order, none twice.
    #[must_use]
    pub fn all(&self) -> &[Source] {
        &self.0
    }
}

impl Annotation for Sources {
    const OBSERVES: bool = true;

    fn written(origin: &Origin) -> Self {
        Self(vec![Source { origin: origin.clone(), layers: Vec::new() }])
    }

    fn join(&mut self, other: &Self) {
        for source in &other.0 {
            if let Err(at) = self.0.binary_search(source) {
                self.0.insert(at, source.clone());
            }
        }
    }

    fn named(&mut self, name: &Arc<str>) {
        let named = self.0.iter_mut().filter(|source| source.layers.len() < MAX_LAYERS);
        named.for_each(|source| source.layers.push(Arc::clone(name)));
        self.0.sort();
    }
}

/// Remembers who wrote each candidate, and which candidates it replaced, latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Who wrote the candidate.
    pub sources: Sources,
    /// What it replaced, the last first: the value, and who wrote that.
    pub shadowed: Vec<(Value, Sources)>,
}

impl Annotation for History {
    const OBSERVES: bool = true;

    fn written(origin: &Origin) -> Self {
        Self { sources: Sources::written(origin), shadowed: Vec::new() }
    }

    fn join(&mut self, other: &Self) {
        self.sources.join(&other.sources);
        for entry in &other.shadowed {
            if !self.shadowed.contains(entry) {
                self.shadowed.push(entry.clone());
            }
        }
    }

    fn shadow(&mut self, shadowed: &[(Value, Self)]) {
        for (value, history) in shadowed {
            let entry = (value.clone(), history.sources.clone());
            for entry in std::iter::once(&entry).chain(&history.shadowed) {
                if !self.shadowed.contains(entry) {
                    self.shadowed.push(entry.clone());
                }
            }
        }
    }

    fn named(&mut self, name: &Arc<str>) {
        self.sources.named(name);
        self.shadowed.iter_mut().for_each(|(_, sources)| sources.named(name));
    }
}
