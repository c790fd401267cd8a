//! What resources are called on Kubernetes.
//!
//! - The label of a resource: [`OWN_LABEL_PREFIX`] and the resource's name, which is a label name
//!   as it is; `parse ∘ render = id`.
//! - The value of that label, a [`Variant`]: what of the resource the node has.
//! - The object of a variant: the beginning of the resource's name and the variant. Two objects
//!   have one name only if they have one variant, and that is a digest of the whole object.

use std::fmt;
use std::sync::Arc;

use escadre_algebra::{Digest, Digester, ResourceName, ResourceState};
use escadre_interpreter::inventory::OWN_LABEL_PREFIX;

use crate::template::Entries;

/// The domain of this project's labels and annotations on its own objects.
pub(crate) const DOMAIN: &str = "escadre.github.io";
/// Who writes, as Kubernetes records it for each field.
pub(crate) const MANAGER: &str = "escadre";
/// The name of the label that says that a node is a member: no resource has an upper-case letter.
const MEMBER: &str = "Member";
/// Domains below that of the labels, for what a node has while it changes.
const KEEP: &str = "keep.";
const PULL: &str = "pull.";
const HOLD: &str = "hold.";
/// How many characters of a resource's name its objects have: with the variant, and the five
/// characters that pods get, they stay below 63.
const N_NAME: usize = 36;
/// Lower-case digits of the base 32 (RFC 4648).
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The label of a node that says that it is a member.
#[must_use]
pub fn member_label() -> String {
    format!("{OWN_LABEL_PREFIX}{MEMBER}")
}

/// The label of a node that says which variant of `resource` it has.
///
/// ```
/// use escadre_kube::{parse_resource_label, resource_label};
/// let recorder = "recorder".try_into()?;
/// let label = resource_label(&recorder);
/// assert_eq!(label, "escadre.node-restriction.kubernetes.io/recorder");
/// assert_eq!(parse_resource_label(&label), Some(recorder));
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[must_use]
pub fn resource_label(resource: &ResourceName) -> String {
    format!("{OWN_LABEL_PREFIX}{resource}")
}

/// The resource whose label `key` is, if it is one.
#[must_use]
pub fn parse_resource_label(key: &str) -> Option<ResourceName> {
    ResourceName::parse(key.strip_prefix(OWN_LABEL_PREFIX)?).ok()
}

/// The label of a node that says which variant of `resource` is kept there until the one that it has is ready.
pub(crate) fn keep_label(resource: &ResourceName) -> String {
    format!("{KEEP}{OWN_LABEL_PREFIX}{resource}")
}

/// The label of a node that says of which variant of `resource` it pulls the images.
pub(crate) fn pull_label(resource: &ResourceName) -> String {
    format!("{PULL}{OWN_LABEL_PREFIX}{resource}")
}

/// The label of a node that says which variant of `resource` has to be gone before the one that it has runs.
pub(crate) fn hold_label(resource: &ResourceName) -> String {
    format!("{HOLD}{OWN_LABEL_PREFIX}{resource}")
}

/// The resource whose kept variant the label `key` names, if it names one.
pub(crate) fn parse_keep_label(key: &str) -> Option<ResourceName> {
    parse_resource_label(key.strip_prefix(KEEP)?)
}

/// The resource whose pulled variant the label `key` names, if it names one.
pub(crate) fn parse_pull_label(key: &str) -> Option<ResourceName> {
    parse_resource_label(key.strip_prefix(PULL)?)
}

/// The resource of which the label `key` holds back a variant, if it holds back one.
pub(crate) fn parse_hold_label(key: &str) -> Option<ResourceName> {
    parse_resource_label(key.strip_prefix(HOLD)?)
}

/// Whether the label `key` is of a change that is under way: nothing that the node holds.
pub(crate) fn is_passing(key: &str) -> bool {
    [KEEP, PULL, HOLD].iter().any(|part| key.starts_with(part))
}

/// One content of a resource: equal variants stand for equal objects. 20 characters of base 32, 100 bits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variant(Arc<str>);

impl Variant {
    /// The variant of the resource `name` in `state`, which mounts the objects `mounted`.
    pub(crate) fn of(
        name: &ResourceName,
        state: &ResourceState,
        mounted: &[(ResourceName, Self)],
    ) -> Self {
        let mut digester = Digester::new("escadre/kube-variant/1").piece(name.as_str().as_bytes());
        digester.add(state.digest().as_bytes());
        for (name, variant) in mounted {
            digester.add(name.as_str().as_bytes());
            digester.add(variant.0.as_bytes());
        }
        Self::of_digest(digester.finish())
    }

    /// The variant of the shard of `name` that has `entries`, of which `template` is the state.
    pub(crate) fn of_shard(
        name: &ResourceName,
        template: &ResourceState,
        entries: &Entries,
    ) -> Self {
        let digester = Digester::new("escadre/kube-shard/1").piece(name.as_str().as_bytes());
        let mut digester = digester.piece(template.digest().as_bytes());
        entries.digest_into(&mut digester);
        Self::of_digest(digester.finish())
    }

    fn of_digest(digest: Digest) -> Self {
        let (mut bits, mut n_bits, mut text) = (0_u32, 0, String::with_capacity(20));
        for byte in digest.as_bytes().iter().take(13) {
            bits = (bits << 8) | u32::from(*byte);
            n_bits += 8;
            while n_bits >= 5 && text.len() < 20 {
                n_bits -= 5;
                let digit = DIGITS[(bits >> n_bits) as usize & 31];
                text.push(char::from(digit));
            }
            bits &= 0xff;
        }
        Self(text.into())
    }

    /// The variant that the value of a label spells, if it can be one.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let is_digit = |byte: u8| DIGITS.contains(&byte);
        (value.len() == 20 && value.bytes().all(is_digit)).then(|| Self(value.into()))
    }

    /// The value of the label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The name of the object that holds `variant` of `resource`: a label of RFC 1123, at most 57 characters.
#[must_use]
pub fn object_name(resource: &ResourceName, variant: &Variant) -> String {
    let name = resource.as_str();
    let name = name.get(..N_NAME).unwrap_or(name).trim_end_matches('-');
    format!("{name}-{variant}")
}

/// The name of the object that has the images of `variant` pulled.
pub(crate) fn pull_name(resource: &ResourceName, variant: &Variant) -> String {
    format!("{}-pull", object_name(resource, variant))
}

/// The path of a label of a node in a JSON patch.
pub(crate) fn label_pointer(key: &str) -> String {
    format!("/metadata/labels/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_fit_and_differ() {
        let long = ResourceName::parse(&"a".repeat(63)).ok();
        let longer = ResourceName::parse(&format!("{}b", "a".repeat(62))).ok();
        let state = ResourceState::from_json(&serde_json::json!({"kind": "Pod"})).ok();
        let (Some(long), Some(longer), Some(state)) = (long, longer, state) else {
            unreachable!("the names are valid")
        };
        let name = |resource| object_name(resource, &Variant::of(resource, &state, &[]));
        assert_eq!(name(&long).len(), 57);
        assert_ne!(name(&long), name(&longer));
        let variant = Variant::of(&long, &state, &[]);
        assert_eq!(Variant::parse(variant.as_str()), Some(variant));
    }
}
