//! What a look at an object came to. Pure.

use escadre_algebra::Digest;
use escadre_interpreter::Applied;
use escadre_interpreter::present::number;

use crate::status::Counts;

/// What there is to say of an object, and to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// Why an object is ready, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The target holds what the fleet says.
    InSync,
    /// Something would change, and is not to.
    Suspended,
    /// The wire form is none, or is not there.
    InvalidFleet,
    /// The inventory is none, or is not there.
    InvalidInventory,
    /// The target is named wrongly, or the way there.
    InvalidTarget,
    /// The fleet does not resolve on the inventory.
    Unresolved,
    /// The target cannot hold the fleet.
    Inexpressible,
    /// More members would leave than was agreed to.
    ConsentNeeded,
    /// An older object has the target.
    TargetTaken,
    /// Some devices could not be written.
    NotWritten,
    /// A server does not do what it is asked.
    Unreachable,
    /// What the plan was made for is no longer so; nothing was written of it.
    Stale,
}

impl Reason {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InSync => "InSync",
            Self::Suspended => "Suspended",
            Self::InvalidFleet => "InvalidFleet",
            Self::InvalidInventory => "InvalidInventory",
            Self::InvalidTarget => "InvalidTarget",
            Self::Unresolved => "Unresolved",
            Self::Inexpressible => "Inexpressible",
            Self::ConsentNeeded => "ConsentNeeded",
            Self::TargetTaken => "TargetTaken",
            Self::NotWritten => "NotWritten",
            Self::Unreachable => "Unreachable",
            Self::Stale => "Stale",
        }
    }

    pub(crate) fn is_ready(self) -> bool {
        self == Self::InSync
    }

    /// Whether only people can help.
    pub(crate) fn is_stalled(self) -> bool {
        matches!(
            self,
            Self::InvalidFleet
                | Self::InvalidInventory
                | Self::InvalidTarget
                | Self::Unresolved
                | Self::Inexpressible
                | Self::ConsentNeeded
                | Self::TargetTaken
        )
    }

    /// Whether the operator is to try again soon, whatever the interval is.
    pub(crate) fn is_passing(self) -> bool {
        matches!(self, Self::NotWritten | Self::Unreachable | Self::Stale)
    }

    /// Whether it is worth a warning.
    pub(crate) fn is_warning(self) -> bool {
        self.is_stalled() || matches!(self, Self::NotWritten | Self::Unreachable)
    }
}

/// The most characters of a message: a condition and an event are no logs.
const MAX_MESSAGE: usize = 900;

impl Verdict {
    pub(crate) fn new(reason: Reason, message: &str) -> Self {
        Self { reason, message: cut(message) }
    }

    /// What went wrong, and what to do next.
    pub(crate) fn advised(reason: Reason, message: &str, help: Option<&str>) -> Self {
        let Some(help) = help else { return Self::new(reason, message) };
        // The advice is shown, whatever is cut.
        let n = MAX_MESSAGE.saturating_sub(help.len() + 8);
        Self { reason, message: format!("{}; help: {help}", cut_to(message, n)) }
    }
}

/// `text`, so long as a message may be.
pub(crate) fn cut(text: &str) -> String {
    cut_to(text, MAX_MESSAGE)
}

fn cut_to(text: &str, n_max: usize) -> String {
    let text = text.trim_end();
    if text.len() <= n_max {
        return text.to_owned();
    }
    let end = (0..=n_max.saturating_sub(4)).rev().find(|at| text.is_char_boundary(*at));
    format!("{} …", text[..end.unwrap_or(0)].trim_end())
}

/// Everything that a look found: each part as far as it came.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    pub(crate) is_suspended: bool,
    pub(crate) counts: Option<Counts>,
    pub(crate) fleet: Option<Digest>,
    pub(crate) inventory: Option<Digest>,
    /// The digest of the plan, if it changes something.
    pub(crate) plan: Option<String>,
    /// The digest of the members that the plan would have leave, if there are any.
    pub(crate) leaving: Option<String>,
    /// The plan, as people read it, cut to what an event holds.
    pub(crate) shown: String,
    pub(crate) revision: Option<String>,
    /// What an apply did, if it wrote something.
    pub(crate) applied: Option<Applied>,
}

impl Found {
    pub(crate) fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            is_suspended: false,
            counts: None,
            fleet: None,
            inventory: None,
            plan: None,
            leaving: None,
            shown: String::new(),
            revision: None,
            applied: None,
        }
    }

    /// What was applied, in words.
    pub(crate) fn told(&self) -> Option<String> {
        let applied = self.applied.as_ref()?;
        let (written, removed) = (devices(applied.n_written), number(applied.n_removed));
        let fleet = self.fleet.map(|digest| digest.short()).unwrap_or_default();
        Some(format!("{written} written, {removed} of them removed; fleet {fleet}"))
    }
}

/// `n` devices.
pub(crate) fn devices(n: usize) -> String {
    if n == 1 { "1 device".to_owned() } else { format!("{} devices", number(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_between_characters_and_keeps_its_advice() {
        let long = "é".repeat(2_000);
        assert!(cut(&long).len() <= MAX_MESSAGE && cut(&long).ends_with('…'));
        let advised = Verdict::advised(Reason::Unresolved, &long, Some("do this"));
        assert!(advised.message.len() <= MAX_MESSAGE + 8);
        assert!(advised.message.ends_with("; help: do this"));
        assert_eq!(cut("short\n"), "short");
    }
}
