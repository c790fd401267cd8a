//! Names: what the real world calls devices, resources, labels and fields.
//!
//! Each kind of name has one parser, and what has been parsed is never checked again.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A rejected name: which kind of name was expected, what was given, and the rule that it broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not a {kind}: {rule}")]
pub struct NameError {
    kind: &'static str,
    input: String,
    rule: &'static str,
}

impl NameError {
    fn new(kind: &'static str, input: &str, rule: &'static str) -> Self {
        // A hostile name is quoted only as far as a reader needs it.
        let input = if input.chars().count() > 80 {
            input.chars().take(80).chain(['…']).collect()
        } else {
            input.to_owned()
        };
        Self { kind, input, rule }
    }

    /// The rule that the name broke, as a sentence part.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name spelled `input`.
            ///
            /// # Errors
            /// [`NameError`] says which rule `input` breaks.
            pub fn parse(input: &str) -> Result<Self, NameError> {
                match $check(input) {
                    Ok(()) => Ok(Self(Arc::from(input))),
                    Err(rule) => Err(NameError::new($kind, input, rule)),
                }
            }

            /// The spelling of this name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The spelling of this name, shared.
            #[must_use]
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(input: &str) -> Result<Self, NameError> {
                Self::parse(input)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NameError;
            fn try_from(input: &str) -> Result<Self, NameError> {
                Self::parse(input)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                *self.0 == *other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                *self.0 == **other
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type! {
    /// The name of one device, as the real world spells it: 1 to 253 bytes without white space or control characters.
    ///
    /// ```
    /// use escadre_algebra::DeviceId;
    /// for id in ["00FAY", "ip-10-0-0-1.ec2.internal", "fb5310_Qm2kPoQ", "capteur-é"] {
    ///     assert_eq!(DeviceId::parse(id)?.as_str(), id);
    /// }
    /// assert!(DeviceId::parse("two words").is_err());
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    DeviceId, "device id", check_device_id
}

name_type! {
    /// The name of one resource: an RFC 1123 label, so that every target can carry it.
    ///
    /// ```
    /// use escadre_algebra::ResourceName;
    /// assert!(ResourceName::parse("node-exporter").is_ok());
    /// assert!(ResourceName::parse("Node_Exporter").is_err());
    /// ```
    ResourceName, "resource name", check_resource_name
}

name_type! {
    /// The key of one label: 1 to 317 bytes without control characters or white space at its ends.
    ///
    /// Every Kubernetes label key is one; so is a CSV column called `site name`.
    ///
    /// ```
    /// use escadre_algebra::LabelKey;
    /// assert!(LabelKey::parse("topology.kubernetes.io/zone").is_ok());
    /// assert!(LabelKey::parse("").is_err());
    /// ```
    LabelKey, "label key", check_label_key
}

name_type! {
    /// One step of a path below a resource: a field name of 1 to 1024 bytes without control characters.
    Field, "field name", check_field
}

impl DeviceId {
    /// An id of this one character, which stands for any other.
    pub(crate) fn placeholder(character: char) -> Self {
        Self(Arc::from(character.to_string()))
    }
}

/// The greatest number of bytes of a [`DeviceId`].
pub(crate) const MAX_DEVICE_ID_BYTES: usize = 253;

fn check_device_id(input: &str) -> Result<(), &'static str> {
    if input.is_empty() || input.len() > MAX_DEVICE_ID_BYTES {
        return Err("it must have 1 to 253 bytes");
    }
    if input.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("it must have no white space and no control characters");
    }
    Ok(())
}

fn check_resource_name(input: &str) -> Result<(), &'static str> {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = input.as_bytes();
    let ends = bytes.first().zip(bytes.last());
    if bytes.len() > 63
        || !bytes.iter().all(|&c| inner(c) || c == b'-')
        || !ends.is_some_and(|(&a, &z)| inner(a) && inner(z))
    {
        return Err(
            "it must be 1 to 63 lower-case letters, digits or `-`, with a letter or digit at both ends",
        );
    }
    Ok(())
}

fn check_label_key(input: &str) -> Result<(), &'static str> {
    if input.is_empty() || input.len() > 317 {
        return Err("it must have 1 to 317 bytes");
    }
    if input.chars().any(char::is_control) || input.trim() != input {
        return Err("it must have no control characters and no white space at its ends");
    }
    Ok(())
}

fn check_field(input: &str) -> Result<(), &'static str> {
    if input.is_empty() || input.len() > 1024 {
        return Err("it must have 1 to 1024 bytes");
    }
    if input.chars().any(char::is_control) {
        return Err("it must have no control characters");
    }
    Ok(())
}
