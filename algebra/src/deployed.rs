//! What a deployed resource claims, as it was written.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use crate::annotation::Annotation;
use crate::digest::Digest;
use crate::map::State;
use crate::names::{Field, LabelKey, ResourceName};
use crate::origin::Origin;
use crate::tree::Tree;
use crate::value::Value;
use crate::word::Part;

/// The claims of one deployed resource.
pub(crate) struct Deployed {
    pub(crate) resource: ResourceName,
    // INVARIANT: `claims` is the overlay of `leaves`, in order.
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) claims: Arc<Tree<()>>,
    pub(crate) contents: Vec<(Digest, Arc<[u8]>)>,
    /// Of the resource and its claims: equal ones have equal hashes. Made while they are at hand.
    pub(crate) hash: u64,
    /// The labels that its texts mention, sorted, each once. Noted while the leaves are at hand.
    pub(crate) labels: Box<[LabelKey]>,
    /// Whether no literal of its texts has a character outside of ASCII.
    pub(crate) is_ascii: bool,
}

/// One claim of a deployed resource, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) fields: Vec<Field>,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Deployed {
    pub(crate) fn new(
        resource: ResourceName,
        leaves: Vec<Leaf>,
        contents: Vec<(Digest, Arc<[u8]>)>,
    ) -> Self {
        let claims = overlay_of(&leaves, |_| ());
        let mut hasher = State::default().build_hasher();
        resource.hash(&mut hasher);
        claims.hash_claims(&mut hasher);
        let hash = hasher.finish();
        let mut labels = BTreeSet::new();
        let mut is_ascii = true;
        for word in leaves.iter().flat_map(|leaf| leaf.value.words()) {
            labels.extend(word.labels().cloned());
            is_ascii &= word.parts().iter().all(|part| match part {
                Part::Literal(text) => text.is_ascii(),
                _ => true,
            });
        }
        let labels = labels.into_iter().collect();
        Self { resource, leaves, claims, contents, hash, labels, is_ascii }
    }

    /// The claims, each annotated with where it was written.
    pub(crate) fn annotated<A: Annotation>(&self) -> Arc<Tree<A>> {
        overlay_of(&self.leaves, A::written)
    }
}

fn overlay_of<A: Annotation>(leaves: &[Leaf], annotate: impl Fn(&Origin) -> A) -> Arc<Tree<A>> {
    let mut claims = Arc::new(Tree::nothing());
    for leaf in leaves {
        let annotation = annotate(&leaf.origin);
        Tree::set(&mut claims, &leaf.fields, &leaf.value, &annotation);
    }
    claims
}
