//! How a pod gives way to its successor.

use std::fmt;

/// How a pod on a device is replaced when what it is to be changes: the field `strategy` of a pod.
///
/// ```
/// use escadre_algebra::{Facts, UpdateStrategy, container, denote, deploy};
/// let web = deploy(container("web").image("nginx:1.29").strategy(UpdateStrategy::Surge));
/// let claims = denote::<()>(&web, &Facts::of("d", [])?).unwrap();
/// assert!(claims.to_string().contains("web.strategy: \"surge\"\n"));
/// assert_eq!("surge".parse(), Ok(UpdateStrategy::Surge));
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpdateStrategy {
    /// The old one is gone before the new one starts.
    Replace,
    /// The new one is ready before the old one ends, so that for a while both run.
    Surge,
    /// The images of the new one are on the device before the old one ends; then as [`Replace`](Self::Replace).
    Prepull,
}

impl UpdateStrategy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Replace, Self::Surge, Self::Prepull];

    /// How the field spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Surge => "surge",
            Self::Prepull => "prepull",
        }
    }
}

impl fmt::Display for UpdateStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no [`UpdateStrategy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a strategy is `replace`, `surge` or `prepull`")]
pub struct UpdateStrategyError;

impl std::str::FromStr for UpdateStrategy {
    type Err = UpdateStrategyError;
    fn from_str(text: &str) -> Result<Self, UpdateStrategyError> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(UpdateStrategyError)
    }
}
