//! How a pod gives way to its successor.

use std::fmt;

/// How a pod on a device is replaced when what it is to be changes: the field `strategy` of a pod.
///
/// ```
/// use escadre_algebra::{Facts, Strategy, container, denote, deploy};
/// let web = deploy(container("web").image("nginx:1.29").strategy(Strategy::Surge));
/// let claims = denote::<()>(&web, &Facts::of("d", [])?).unwrap();
/// assert!(claims.to_string().contains("web.strategy: \"surge\"\n"));
/// assert_eq!("surge".parse(), Ok(Strategy::Surge));
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The old one is gone before the new one starts.
    Replace,
    /// The new one is ready before the old one ends, so that for a while both run.
    Surge,
    /// The images of the new one are on the device before the old one ends; then as [`Replace`](Self::Replace).
    Prepull,
}

impl Strategy {
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

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no [`Strategy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a strategy is `replace`, `surge` or `prepull`")]
pub struct StrategyError;

impl std::str::FromStr for Strategy {
    type Err = StrategyError;
    fn from_str(text: &str) -> Result<Self, StrategyError> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(StrategyError)
    }
}
