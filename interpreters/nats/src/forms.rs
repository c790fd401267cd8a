//! What the values of a bucket of desired state spell: fences, manifests, heads of contents.

use std::collections::BTreeMap;

use escadre_algebra::{Digest, ResourceName};
use escadre_interpreter::Ended;
use serde::{Deserialize, Serialize};

/// The version of manifests, fences and heads that is written, and the only one that is read.
pub(crate) const FORMAT: u64 = 1;

/// Which apply has the right to write: the value of the key `_fence`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// The version of this form.
    pub version: u64,
    /// The sequence at which the fence was taken: no later taking has a smaller one.
    pub generation: u64,
    /// The digest of the fleet that is being applied.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub fleet: Digest,
    /// The digest of its inventory.
    #[serde(with = "escadre_interpreter::digest_text")]
    pub inventory: Digest,
    /// A text that no other apply has: a controller knows its own fence by it.
    pub writer: String,
    /// Whether that apply has ended.
    pub ended: Ended,
}

/// What one device holds: the value of the key `<device>._manifest`.
///
/// A device is a member iff it has one. A resource is held iff the bytes under its key have the
/// digest that the manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this form.
    pub version: u64,
    /// The generation of the apply that wrote it.
    pub generation: u64,
    /// The digest of the bytes of each resource.
    #[serde(with = "digests")]
    pub resources: BTreeMap<ResourceName, Digest>,
}

/// How large a content is: the value of the key `_content.<digest>.head`, written after its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) version: u64,
    pub(crate) n_bytes: u64,
    pub(crate) n_parts: u32,
}

impl Fence {
    /// The fence that `bytes` spell.
    ///
    /// # Errors
    /// Why they spell none of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        decode(bytes)
    }
}

impl Manifest {
    /// The manifest that `bytes` spell, read at `sequence`.
    ///
    /// # Errors
    /// Why they spell none of this version, or none that could be written there.
    pub fn decode(bytes: &[u8], sequence: u64) -> Result<Self, String> {
        let Named { version, generation, resources } = Named::decode(bytes, sequence)?;
        Ok(Self { version, generation, resources: resources.into_iter().collect() })
    }
}

/// A manifest as it is read: as a [`Manifest`], in less space.
#[derive(Deserialize)]
pub(crate) struct Named {
    version: u64,
    pub(crate) generation: u64,
    /// By name.
    #[serde(deserialize_with = "digests::by_name")]
    pub(crate) resources: Vec<(ResourceName, Digest)>,
}

impl Named {
    /// See [`Manifest::decode`].
    pub(crate) fn decode(bytes: &[u8], sequence: u64) -> Result<Self, String> {
        let manifest: Self = decode(bytes)?;
        // The fence was taken before the manifest was written.
        if manifest.generation >= sequence {
            return Err(format!(
                "its generation {} is not before its own sequence {sequence}",
                manifest.generation
            ));
        }
        Ok(manifest)
    }
}

impl Head {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        decode(bytes)
    }
}

/// A value that says of which version its form is.
pub(crate) trait Versioned: for<'de> Deserialize<'de> {
    fn version(&self) -> u64;
}

macro_rules! versioned {
    ($($form:ty),*) => {$(
        impl Versioned for $form {
            fn version(&self) -> u64 {
                self.version
            }
        }
    )*};
}

versioned!(Fence, Named, Head, crate::device::Report, crate::device::Beat, crate::info::Info);

/// The value that `bytes` spell, or why they spell none of this version.
pub(crate) fn decode<T: Versioned>(bytes: &[u8]) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    let read = serde_json::from_slice::<T>(bytes);
    if read.as_ref().is_ok_and(|value| value.version() == FORMAT) {
        return read.map_err(|error| error.to_string());
    }
    // Another version may have another form: that is told first.
    let not_understood = |error| format!("it is not understood: {error}");
    let Version { version } = serde_json::from_slice(bytes).map_err(not_understood)?;
    if version != FORMAT {
        return Err(format!("it is of version {version}, but this program reads {FORMAT}"));
    }
    read.map_err(not_understood)
}

mod digests {
    use std::collections::BTreeMap;
    use std::fmt;
    use std::marker::PhantomData;
    use std::str::FromStr;

    use escadre_algebra::{Digest, ResourceName};
    use serde::de::{Error, MapAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serializer};

    type Digests = BTreeMap<ResourceName, Digest>;
    type ByName = Vec<(ResourceName, Digest)>;

    pub(super) fn serialize<S: Serializer>(digests: &Digests, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(digests.iter().map(|(name, digest)| (name.as_str(), digest.to_string())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digests, D::Error> {
        Ok(by_name(from)?.into_iter().collect())
    }

    pub(super) fn by_name<'de, D: Deserializer<'de>>(from: D) -> Result<ByName, D::Error> {
        from.deserialize_map(DigestsVisitor)
    }

    struct DigestsVisitor;

    impl<'de> Visitor<'de> for DigestsVisitor {
        type Value = ByName;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map from resources to digests")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName, A::Error> {
            let mut digests = ByName::new();
            while let Some((Parsed(name), Parsed(digest))) = map.next_entry()? {
                digests.push((name, digest));
            }
            // Of what is said twice, the last is meant, as everywhere in JSON.
            digests.reverse();
            digests.sort_by(|(a, _), (b, _)| a.cmp(b));
            digests.dedup_by(|(a, _), (b, _)| a == b);
            Ok(digests)
        }
    }

    /// What a text spells, read where it stands.
    struct Parsed<T>(T);

    impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_str(ParsedVisitor(PhantomData))
        }
    }

    struct ParsedVisitor<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for ParsedVisitor<T> {
        type Value = Parsed<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Parsed<T>, E> {
            text.parse().map(Parsed).map_err(E::custom)
        }
    }
}
