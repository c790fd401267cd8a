//! What an environment variable may hold.

use super::secret::SecretRef;
use super::{Said, put};
use crate::resource::Resource;
use crate::selector::{DeviceIdRef, LabelRef};
use crate::text::Text;
use crate::word::Word;

/// What an environment variable holds: a text, a secret, or something that the target looks up.
#[derive(Clone, Debug)]
pub struct EnvValue {
    source: Source,
    // What was said of it that it cannot have.
    misplaced: Vec<&'static str>,
}

#[derive(Clone, Debug)]
enum Source {
    Text(Text),
    Secret(SecretRef),
    From(&'static str, Said),
}

/// The entry `key` of the Kubernetes ConfigMap `name`.
///
/// ```
/// use escadre_algebra::{Facts, config_map_key, container, denote, deploy};
/// let f = deploy(container("cni").env("MTU", config_map_key("calico", "mtu").optional()));
/// let claims = denote::<()>(&f, &Facts::of("d", [])?).unwrap();
/// let path = "cni.containers.cni.env.MTU.valueFrom.configMapKeyRef.key".parse()?;
/// assert_eq!(claims.at(&path)[0].0.to_string(), r#""mtu""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn config_map_key(name: impl Into<Text>, key: impl Into<Text>) -> EnvValue {
    let said = Said::default().and(&["name"], name.into()).and(&["key"], key.into());
    Source::From("configMapKeyRef", said).into()
}

/// A field of the pod as the target knows it, such as `status.podIP`.
///
/// Labels and the id of the device have words of their own, on every target:
/// [`label`](crate::label) and [`device_id`](crate::device_id).
#[must_use]
pub fn field_ref(field_path: impl Into<Text>) -> EnvValue {
    Source::From("fieldRef", Said::default().and(&["fieldPath"], field_path.into())).into()
}

/// One of the container's resources as the target knows it, such as `limits.memory`.
#[must_use]
pub fn resource_field_ref(resource: impl Into<Text>) -> EnvValue {
    Source::From("resourceFieldRef", Said::default().and(&["resource"], resource.into())).into()
}

impl From<Source> for EnvValue {
    fn from(source: Source) -> Self {
        Self { source, misplaced: Vec::new() }
    }
}

impl EnvValue {
    /// It may be missing (of an entry of a ConfigMap). Of a text or a secret this is a problem.
    #[must_use]
    pub fn optional(self) -> Self {
        self.and("optional", true)
    }

    /// The unit that it is given in (of a resource of the container). Of a text or a secret this
    /// is a problem.
    #[must_use]
    pub fn divisor(self, divisor: impl Into<Text>) -> Self {
        self.and("divisor", divisor.into())
    }

    fn and(mut self, field: &'static str, value: impl Into<crate::Authored>) -> Self {
        match self.source {
            Source::From(source, said) => {
                Self { source: Source::From(source, said.and(&[field], value)), ..self }
            }
            Source::Text(_) | Source::Secret(_) => {
                self.misplaced.push(field);
                self
            }
        }
    }

    /// Claims it below `at`, the path of the variable.
    #[track_caller]
    pub(super) fn put(self, resource: &mut Resource, at: &[&str]) {
        for field in &self.misplaced {
            resource.reject(&format!(
                "`{field}` is said of {}; only what the target looks up has it",
                match self.source {
                    Source::Secret(_) => "a reference to a secret",
                    _ => "a text",
                }
            ));
        }
        match self.source {
            Source::Text(text) => put(resource, &[at, &["value"]].concat(), text),
            Source::Secret(reference) => reference.put(resource, &[at, &["secret"]].concat()),
            Source::From(source, said) => {
                said.put(resource, &[at, &["valueFrom", source]].concat());
            }
        }
    }
}

macro_rules! env_text {
    ($($t:ty)*) => {$(
        impl From<$t> for EnvValue {
            #[track_caller]
            fn from(text: $t) -> Self {
                Source::Text(text.into()).into()
            }
        }
    )*};
}
env_text!(&str String &String Text Word LabelRef DeviceIdRef);

impl From<SecretRef> for EnvValue {
    fn from(reference: SecretRef) -> Self {
        Source::Secret(reference).into()
    }
}

/// A source of many environment variables at once.
#[derive(Clone, Debug)]
pub struct EnvFrom {
    prefix: Option<String>,
    source: &'static str,
    name: String,
    optional: bool,
}

impl EnvFrom {
    /// Every entry of the Kubernetes ConfigMap `name`.
    #[must_use]
    pub fn config_map(name: impl Into<String>) -> Self {
        Self { prefix: None, source: "configMapRef", name: name.into(), optional: false }
    }

    /// Every entry of the Kubernetes Secret `name`.
    #[must_use]
    pub fn secret(name: impl Into<String>) -> Self {
        Self { prefix: None, source: "secretRef", name: name.into(), optional: false }
    }

    /// Each variable's name starts with `prefix`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// It may be missing.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut source = serde_json::json!({"name": self.name});
        if self.optional {
            source["optional"] = true.into();
        }
        let mut entry = serde_json::Map::from_iter([(self.source.to_owned(), source)]);
        if let Some(prefix) = &self.prefix {
            entry.insert("prefix".to_owned(), prefix.as_str().into());
        }
        entry.into()
    }
}
