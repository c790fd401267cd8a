//! What devices and resources are called in a bucket.
//!
//! A NATS subject is tokens between dots, and the keys of a bucket know fewer characters than the
//! ids of devices. So an id is written with `=` and two hexadecimal digits for each byte that is
//! not a letter, a digit, `-` or `_`, and for a leading `_`: keys that begin with `_` are no device's.
//!
//! - `parse ∘ render = id`, and `render ∘ parse = id` where `parse` answers: one spelling a name.
//! - No rendered token is empty, has a dot, a wildcard, or begins with `_`.

use std::fmt;

use escadre_algebra::{DeviceId, Digest, ResourceName};

/// The key of the fence.
pub(crate) const FENCE: &str = "_fence";
/// The first token of the keys of contents.
const CONTENT: &str = "_content";
/// The last token of a device's manifest: no resource name begins with `_`.
pub(crate) const MANIFEST: &str = "_manifest";
/// The last token of the key that tells a content's size.
const HEAD: &str = "head";

/// The subject of `key` in `bucket`.
pub(crate) fn subject(bucket: &str, key: impl fmt::Display) -> String {
    format!("$KV.{bucket}.{key}")
}

/// A key of the bucket of desired state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Which apply may write: `_fence`.
    Fence,
    /// What a device holds: `<device>._manifest`.
    Manifest(DeviceId),
    /// One resource of a device: `<device>.<resource>`.
    Resource(DeviceId, ResourceName),
    /// How large a content is: `_content.<digest>.head`.
    ContentHead(Digest),
    /// A part of a content: `_content.<digest>.<number>`.
    ContentPart(Digest, u32),
}

/// A key that this interpreter never writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no key of a fleet: {rule}", input.escape_debug())]
pub struct KeyError {
    input: String,
    rule: String,
}

impl KeyError {
    pub(crate) fn new(input: &str, rule: &dyn fmt::Display) -> Self {
        // A hostile key is quoted only as far as a reader needs it.
        Self { input: input.chars().take(120).collect(), rule: rule.to_string() }
    }
}

/// The token of `id`: total and injective. Costs O(length).
///
/// ```
/// use escadre_algebra::DeviceId;
/// use escadre_nats::{device_token, parse_device_token};
/// let id = DeviceId::parse("ip-10-0-0-1.ec2.internal")?;
/// assert_eq!(device_token(&id), "ip-10-0-0-1=2Eec2=2Einternal");
/// assert_eq!(parse_device_token(&device_token(&id))?, id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn device_token(id: &DeviceId) -> String {
    let mut token = String::with_capacity(id.as_str().len());
    for (i, &byte) in id.as_str().as_bytes().iter().enumerate() {
        if is_plain(byte) && !(i == 0 && byte == b'_') {
            token.push(char::from(byte));
        } else {
            token.push('=');
            token.push(hex_digit(byte >> 4));
            token.push(hex_digit(byte & 15));
        }
    }
    token
}

/// The device whose token is `token`.
///
/// # Errors
/// No device's token is spelled so.
pub fn parse_device_token(token: &str) -> Result<DeviceId, KeyError> {
    let broken = || KeyError::new(token, &"its first token spells no device id");
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let (high, low) = rest.next().zip(rest.next()).ok_or_else(broken)?;
            bytes.push(
                hex_value(high).zip(hex_value(low)).map(|(h, l)| h << 4 | l).ok_or_else(broken)?,
            );
        } else {
            bytes.push(byte);
        }
    }
    let id = String::from_utf8(bytes).map_err(|_| broken())?;
    let id = DeviceId::parse(&id).map_err(|error| KeyError::new(token, &error))?;
    // Other spellings of the same id would be other keys of one device.
    if device_token(&id) == token { Ok(id) } else { Err(broken()) }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn hex_digit(nibble: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(nibble & 15)])
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl Key {
    /// The key spelled `input`.
    ///
    /// # Errors
    /// This interpreter writes no such key.
    pub fn parse(input: &str) -> Result<Self, KeyError> {
        if input == FENCE {
            return Ok(Self::Fence);
        }
        let unknown =
            || KeyError::new(input, &"it is neither a device's, nor a content's, nor the fence");
        let (first, rest) = input.split_once('.').ok_or_else(unknown)?;
        if first == CONTENT {
            let (digest, part) = rest.split_once('.').ok_or_else(unknown)?;
            let digest = format!("sha256:{digest}").parse().map_err(|_| unknown())?;
            if part == HEAD {
                return Ok(Self::ContentHead(digest));
            }
            let number: u32 = part.parse().map_err(|_| unknown())?;
            let key = Self::ContentPart(digest, number);
            return if key.to_string() == input { Ok(key) } else { Err(unknown()) };
        }
        let device = parse_device_token(first)?;
        if rest == MANIFEST {
            return Ok(Self::Manifest(device));
        }
        let resource = ResourceName::parse(rest).map_err(|error| KeyError::new(input, &error))?;
        Ok(Self::Resource(device, resource))
    }
}

impl fmt::Display for Key {
    /// The spelling that [`Key::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fence => f.write_str(FENCE),
            Self::Manifest(device) => write!(f, "{}.{MANIFEST}", device_token(device)),
            Self::Resource(device, name) => write!(f, "{}.{name}", device_token(device)),
            Self::ContentHead(digest) => write!(f, "{CONTENT}.{}.{HEAD}", hex(*digest)),
            Self::ContentPart(digest, number) => write!(f, "{CONTENT}.{}.{number}", hex(*digest)),
        }
    }
}

/// The 64 hexadecimal digits of `digest`.
fn hex(digest: Digest) -> String {
    digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
