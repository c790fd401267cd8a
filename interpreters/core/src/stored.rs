//! What interpreters write beside resources, in one form.

use serde::{Deserialize, Serialize};

/// Whether an apply has ended, as the fence of a target tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It goes on, or was killed.
    InProgress,
    /// It wrote all that it was to write.
    Done,
}

/// A digest as the text that it is printed as, for `#[serde(with = …)]`.
pub mod digest_text {
    use escadre_algebra::Digest;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the digest's text.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    /// Reads a digest from its text.
    ///
    /// # Errors
    /// The text is no digest.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
