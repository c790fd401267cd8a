//! Digests: the names of contents.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of some content: equal contents have equal digests, and no others are known.
///
/// ```
/// use escadre_algebra::Digest;
/// let d = Digest::of(b"hello");
/// assert_eq!(d, d.to_string().parse::<Digest>()?);
/// assert!(d.to_string().starts_with("sha256:2cf24dba5fb0a30e"));
/// # Ok::<(), escadre_algebra::DigestError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text that spells no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a digest: expected `sha256:` and 64 lower-case hexadecimal digits")]
pub struct DigestError {
    input: String,
}

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of these 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of this digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first twelve hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.0[..6].iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// A digest in the making: pieces are framed by their lengths, so that `ab, c` and `a, bc` differ.
#[derive(Clone, Default)]
pub struct Digester {
    hash: Sha256,
    // CHOICE: pieces are short, and hashing many at once costs half.
    waiting: Vec<u8>,
}

/// So many bytes are hashed at once.
const MANY: usize = 4096;

impl Digester {
    /// A digest in the making, of contents of the kind `domain`.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        Self::default().piece(domain.as_bytes())
    }

    /// Adds a piece.
    #[must_use]
    pub fn piece(mut self, bytes: &[u8]) -> Self {
        self.add(bytes);
        self
    }

    /// Adds a piece in place.
    pub fn add(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        if bytes.len() >= MANY {
            self.settle();
            self.hash.update(bytes);
            return;
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= MANY {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.hash.update(&self.waiting);
        self.waiting.clear();
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(mut self) -> Digest {
        self.settle();
        Digest(self.hash.finalize().into())
    }
}

impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digester")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Plans spell many, so all at once.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in self.0 {
            text.push(DIGITS[usize::from(byte >> 4)].into());
            text.push(DIGITS[usize::from(byte & 15)].into());
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Stands in [`DIGITS`] for what is no digit.
const NO_DIGIT: u8 = 0x80;

/// What each byte is as a hexadecimal digit in lower case.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        digits[b"0123456789abcdef"[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};

impl std::str::FromStr for Digest {
    type Err = DigestError;
    fn from_str(input: &str) -> Result<Self, DigestError> {
        let error = || DigestError { input: input.chars().take(80).collect() };
        let hex = input.strip_prefix("sha256:").ok_or_else(error)?.as_bytes();
        let mut bytes = [0; 32];
        if hex.len() != 64 {
            return Err(error());
        }
        // No digit is looked at twice or branched upon: manifests hold many of these.
        let mut seen = 0;
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
            seen |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        if seen & NO_DIGIT != 0 {
            return Err(error());
        }
        Ok(Self(bytes))
    }
}
