//! Tolerations: the taints of a node that a pod puts up with.

use super::{Said, put};
use crate::resource::Resource;
use crate::value::Value;

/// A taint of a node that a pod puts up with; without a key, any taint.
///
/// It is claimed under a key in the notation of `kubectl taint`: `key=value:effect`, with `*` for
/// what is not said.
///
/// ```
/// use escadre_algebra::{Facts, Toleration, container, denote, deploy};
/// let f = deploy(container("web").toleration(Toleration::key("gpu").effect("NoSchedule")));
/// let claims = denote::<()>(&f, &Facts::of("d", [])?).unwrap();
/// let path = r#"web.tolerations."gpu=*:NoSchedule".operator"#.parse()?;
/// assert_eq!(claims.at(&path)[0].0.to_string(), r#""Exists""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Toleration {
    key: Option<String>,
    value: Option<String>,
    effect: Option<String>,
    seconds: Option<i64>,
}

impl Toleration {
    /// Every taint.
    pub fn everything() -> Self {
        Self { key: None, value: None, effect: None, seconds: None }
    }

    /// Every taint with this key.
    pub fn key(key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::everything() }
    }

    /// Every taint with this key and this value.
    pub fn equal(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..Self::key(key) }
    }

    /// Only with this effect: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effect = Some(effect.into());
        self
    }

    /// Only for so long.
    pub fn seconds(mut self, seconds: i64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Claims it below `tolerations` of `resource`.
    #[track_caller]
    pub(super) fn put(self, resource: &mut Resource) {
        let [key, value, effect] = [&self.key, &self.value, &self.effect].map(Option::as_deref);
        let operator = if value.is_some() { "Equal" } else { "Exists" };
        let mut said = Said::default().and(&["operator"], operator);
        for (field, text) in [("key", key), ("value", value), ("effect", effect)] {
            if let Some(text) = text {
                said = said.and(&[field], text);
            }
        }
        if let Some(seconds) = self.seconds {
            said = said.and(&["tolerationSeconds"], seconds);
        }
        let name = toleration_key(key, value, effect);
        put(resource, &["tolerations", &name], Value::Object);
        said.put(resource, &["tolerations", &name]);
    }
}

/// The name of a toleration in the map of them.
pub(super) fn toleration_key(
    key: Option<&str>,
    value: Option<&str>,
    effect: Option<&str>,
) -> String {
    let [key, value, effect] =
        [key, value, effect].map(|part| part.filter(|p| !p.is_empty()).unwrap_or("*"));
    format!("{key}={value}:{effect}")
}
