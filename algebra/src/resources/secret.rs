//! Secrets: references to what only an interpreter at the edge may read.

use super::put;
use crate::resource::Resource;

/// A reference to one version of one entry of a secret; never the secret itself.
///
/// ```
/// use escadre_algebra::SecretRef;
/// let password = SecretRef::new("db", "password", "3");
/// assert_eq!(password.to_string(), "secret db/password@3");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretRef {
    name: String,
    key: String,
    version: String,
}

impl SecretRef {
    /// The entry `key` of the secret `name`, at `version`.
    ///
    /// All three are required: an empty one is a problem of the resource that uses the reference.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        key: impl Into<String>,
        version: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), key: key.into(), version: version.into() }
    }

    /// The secret's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The entry of the secret.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Claims the reference below `at`.
    #[track_caller]
    pub(super) fn put(&self, resource: &mut Resource, at: &[&str]) {
        for (field, value) in [("name", &self.name), ("key", &self.key), ("version", &self.version)]
        {
            if value.is_empty() {
                resource.reject(&format!("a reference to a secret needs a {field}; it is empty"));
            } else {
                put(resource, &[at, &[field]].concat(), value);
            }
        }
    }
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "secret {}/{}@{}", self.name, self.key, self.version)
    }
}

impl std::fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The secret that `reference` names, as a resource of its own.
///
/// ```
/// use escadre_algebra::{Facts, SecretRef, denote, deploy, secret};
/// let f = deploy(secret("db", SecretRef::new("db", "password", "3")));
/// let claims = denote::<()>(&f, &Facts::of("d", [])?).unwrap();
/// assert_eq!(claims.at(&"db.version".parse()?)[0].0.to_string(), r#""3""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a reference reads as a value where it is used")]
pub fn secret(name: &str, reference: SecretRef) -> Resource {
    let mut resource = Resource::new(name);
    put(&mut resource, &["kind"], "Secret");
    reference.put(&mut resource, &[]);
    resource
}
