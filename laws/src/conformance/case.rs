//! Cases: a law of interpreters, with what it takes to try it and the check itself.

use std::fmt;
use std::pin::Pin;

use super::bench::{Bench, Hook};
use super::failure::Stop;
use super::stand::Stand;

/// The number of inputs that a law was tried with, or why it ended.
pub(crate) type Checked = Result<usize, Stop>;

/// A check in progress.
pub(crate) type Checking<'a> = Pin<Box<dyn Future<Output = Checked> + 'a>>;

/// A law of interpreters, as a value: its name, what it says, what a bench needs for it, and its check.
pub struct Case<B: Bench> {
    pub(crate) name: &'static str,
    pub(crate) law: &'static str,
    pub(crate) needs: &'static [Hook],
    pub(crate) check: for<'a> fn(Stand<'a, B>) -> Checking<'a>,
}

impl<B: Bench> Case<B> {
    /// The law's name, a noun.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the law says: an equation, or a sentence.
    #[must_use]
    pub fn law(&self) -> &'static str {
        self.law
    }

    /// What a bench must be able to do for it.
    #[must_use]
    pub fn needs(&self) -> &'static [Hook] {
        self.needs
    }
}

impl<B: Bench> fmt::Debug for Case<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({}: {})", self.name, self.law)
    }
}
