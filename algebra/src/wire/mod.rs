//! The wire form: a fleet expression as a flat, versioned table. `docs/wire.md` is its reference.
//!
//! `decode ∘ encode` is the identity on expressions, up to sharing; `encode ∘ decode` is the
//! identity on canonical bytes. What these attributes and structs say is the form of a file,
//! never the meaning of a fleet.

mod claims;
mod decode;
mod digest;
mod document;
mod encode;
mod error;
mod form;
mod head;
mod json;
#[cfg(feature = "schema")]
mod schema;
mod selectors;
mod table;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use error::{DecodeError, EncodeError};
#[cfg(feature = "schema")]
pub use schema::schema;

use crate::fleet::Fleet;

/// The version of the wire form that is written, and the only one that is read.
pub const VERSION: u64 = 1;
/// What a document says it is.
const FLEET: &str = "fleet";
/// The deepest nesting of brackets that is read. The deepest fleet needs 134.
const MAX_NESTING: usize = 160;

/// What a wire form has beside the expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Whether to say where each node was written.
    pub origins: bool,
}

/// How much a wire form may hold: bytes from elsewhere are refused past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of input: 256 MiB.
    pub bytes: usize,
    /// The most nodes: 4 000 000.
    pub nodes: usize,
    /// The most JSON values (nodes, claims, items, origins) together, where an object that is not
    /// empty weighs as much as nine: 4 000 000.
    pub values: u64,
    /// The most bytes of contents, decoded: 128 MiB.
    pub contents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, nodes: 4_000_000, values: 4_000_000, contents: 128 << 20 }
    }
}

impl Fleet {
    /// The canonical text of this expression, ending in a newline: what `fleet.lock` holds.
    ///
    /// Equal expressions have equal texts, whatever was shared in memory. Costs O(nodes + claims).
    ///
    /// ```
    /// use escadre_algebra::{EncodeOptions, Fleet, Resource, deploy, label};
    /// let f = deploy(Resource::new("motd").set("text", "hello")).restrict(label("role").eq("camera"));
    /// let text = f.encode(&EncodeOptions::default())?;
    /// assert!(text.contains(r#"{"op": "restrict", "of": [-1], "selector": 0}"#));
    /// let g = Fleet::decode(text.as_bytes())?;
    /// assert_eq!(g.digest(), f.digest());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EncodeError`] if one test of a selector has a text of more than 1 MiB.
    pub fn encode(&self, options: &EncodeOptions) -> Result<String, EncodeError> {
        encode::document(self, *options)?.to_text()
    }

    /// The expression that `bytes` hold, within the default [`Limits`].
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong where, and what to do.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_with(bytes, &Limits::default())
    }

    /// The expression that `bytes` hold, within `limits`.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong where, and what to do.
    pub fn decode_with(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let document = document::Document::parse(bytes, limits)?;
        decode::fleet(document, limits)
    }
}

/// The document of the wire form, with origins, as a value of any format.
impl Serialize for Fleet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = encode::document(self, EncodeOptions { origins: true });
        document.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fleet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limits = Limits::default();
        let document = document::Document::read(deserializer, &limits)?;
        decode::fleet(document, &limits).map_err(serde::de::Error::custom)
    }
}
