//! Verification: properties of a fleet as tests of the crate that composes it.

use std::fmt::Write as _;

use super::{Analysis, Answer, Assumptions, BUDGET, TooLarge, Witness};
use crate::fleet::Fleet;
use crate::inventory::Inventory;
use crate::names::LabelKey;
use crate::path::Path;
use crate::path_set::PathSet;
use crate::selector::Selector;
use crate::value::Value;

/// Properties of one fleet, each of which holds on every device that could exist, or says on which not.
///
/// Every property is a method that answers `Ok`, or what is wrong in words: the kind of device, one
/// device, and the source lines of what meets there. [`verify!`](crate::verify) makes a test of each.
///
/// ```
/// use escadre_algebra::analysis::Verification;
/// use escadre_algebra::{Resource, deploy, label};
/// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
/// let fleet = motd("hello").union(motd("salut").restrict(label("country").eq("FR")));
/// let wrong = Verification::of(&fleet).no_conflict_exists().unwrap_err().to_string();
/// assert!(wrong.contains("motd.text") && wrong.contains("country = FR"), "{wrong}");
/// ```
#[derive(Clone, Debug)]
pub struct Verification {
    fleet: Fleet,
    assumptions: Assumptions,
    budget: usize,
}

/// A property that was not proven: what is wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotProven {
    message: String,
    /// Whether there is a device that shows it; else the budget was spent.
    pub is_refuted: bool,
}

impl NotProven {
    fn refuted(message: String) -> Self {
        Self { message, is_refuted: true }
    }
}

impl From<TooLarge> for NotProven {
    fn from(too_large: TooLarge) -> Self {
        Self { message: too_large.to_string(), is_refuted: false }
    }
}

impl Verification {
    /// Properties of `fleet`.
    #[must_use]
    pub fn of(fleet: &Fleet) -> Self {
        Self { fleet: fleet.clone(), assumptions: Assumptions::default(), budget: BUDGET }
    }

    /// These, on devices only for which `assumptions` hold.
    #[must_use]
    pub fn assuming(mut self, assumptions: Assumptions) -> Self {
        self.assumptions = assumptions;
        self
    }

    /// These, where each takes at most `steps`; see [`Analysis::with_budget`].
    #[must_use]
    pub fn with_budget(mut self, steps: usize) -> Self {
        self.budget = steps;
        self
    }

    fn analysis(&self) -> Analysis {
        Analysis::of([&self.fleet]).assuming(self.assumptions.clone()).with_budget(self.budget)
    }

    /// No device could have two candidates for a path.
    ///
    /// # Errors
    /// [`NotProven`] lists the paths, on which devices, and where the candidates were written.
    pub fn no_conflict_exists(&self) -> Result<(), NotProven> {
        let conflicts = self.analysis().conflicts(&self.fleet)?;
        if conflicts.is_empty() {
            return Ok(());
        }
        let mut text = format!("{} in conflict:", count(conflicts.len(), "path"));
        for conflict in conflicts.iter().take(10) {
            let candidates: Vec<String> =
                conflict.candidates.iter().map(ToString::to_string).collect();
            let _ = write!(
                text,
                "\n  {}: {}\n    where {}",
                conflict.path,
                candidates.join(" | "),
                conflict.region
            );
            if let Some(facts) = &conflict.example {
                let _ = write!(text, "\n    such as {}", device(facts));
                let why = self.fleet.explain(facts, Some(&conflict.path));
                let field = why.fields.iter().find(|field| field.path == conflict.path);
                for candidate in field.iter().flat_map(|field| &field.candidates) {
                    let _ = write!(text, "\n    {} is written at", candidate.value);
                    for source in candidate.sources.all() {
                        let _ = write!(text, " {}", source.origin);
                    }
                }
            }
        }
        if conflicts.len() > 10 {
            let _ = write!(text, "\n  and {} more", conflicts.len() - 10);
        }
        Err(NotProven::refuted(text))
    }

    /// Every device for which `selector` holds is a member.
    ///
    /// # Errors
    /// [`NotProven`] names a device that is not.
    pub fn covers(&self, selector: &Selector) -> Result<(), NotProven> {
        let answer = self.analysis().covers(&self.fleet, selector);
        proven(answer, &format!("not every device where {selector} is a member"))
    }

    /// The fleet is the same as `other` on every device.
    ///
    /// # Errors
    /// [`NotProven`] names a device and a path that differ.
    pub fn equals(&self, other: &Fleet) -> Result<(), NotProven> {
        let answer = self.analysis().equivalent(&self.fleet, other);
        proven(answer, "the fleets differ")
    }

    /// The fleet differs from `old` only on devices for which `selector` holds.
    ///
    /// # Errors
    /// [`NotProven`] names a device elsewhere that changes.
    pub fn changes_only(&self, old: &Fleet, selector: &Selector) -> Result<(), NotProven> {
        let outside = |fleet: &Fleet| fleet.clone().restrict(!selector.clone());
        let (old, new) = (outside(old), outside(&self.fleet));
        let mut analysis =
            Analysis::of([&old, &new]).assuming(self.assumptions.clone()).with_budget(self.budget);
        let answer = analysis.equivalent(&old, &new);
        proven(answer, &format!("something changes on devices where not ({selector})"))
    }

    /// What is claimed in `paths` depends on the labels `labels` at most, and not on the id.
    ///
    /// # Errors
    /// [`NotProven`] says on what else, where, and on which device.
    pub fn depends_only_on(&self, paths: &PathSet, labels: &[LabelKey]) -> Result<(), NotProven> {
        let found = self.analysis().depends_only_on(&self.fleet, paths, labels)?;
        dependences(&found, "more than the labels named matters")
    }

    /// No label that devices report themselves decides what is claimed in `paths`.
    ///
    /// # Errors
    /// [`NotProven`] says which label does, where, and on which device.
    pub fn no_report_steers(&self, paths: &PathSet) -> Result<(), NotProven> {
        let found = self.analysis().steered_by_reports(&self.fleet, paths)?;
        dependences(&found, "devices steer what they get")
    }

    /// Every layer does something on some device.
    ///
    /// # Errors
    /// [`NotProven`] lists the layers that do not, and where they were written.
    pub fn no_layer_is_dead(&self) -> Result<(), NotProven> {
        let dead = self.analysis().dead_layers(&self.fleet)?;
        if dead.is_empty() {
            return Ok(());
        }
        let mut text = format!("{} without effect on any device:", count(dead.len(), "layer"));
        for dead in dead.iter().take(20) {
            let _ = write!(text, "\n  {} in the {}", dead.layer, dead.operator);
        }
        Err(NotProven::refuted(text))
    }

    /// No two layers of an overlay, and no two patches in a row, say different things of one device:
    /// their order means nothing; see [`Analysis::ordered_layers`].
    ///
    /// # Errors
    /// [`NotProven`] lists the pairs that do, where they were written, and on which device.
    ///
    /// ```
    /// use escadre_algebra::analysis::Verification;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let french = motd("salut").restrict(label("country").eq("FR")).named("french");
    /// let german = motd("hallo").restrict(label("country").eq("DE")).named("german");
    /// let fleet = french.overlay(german);
    /// assert!(Verification::of(&fleet).no_order_matters().is_ok());
    /// let fleet = fleet.overlay(motd("hi").named("casual"));
    /// let error = Verification::of(&fleet).no_order_matters().unwrap_err().to_string();
    /// assert!(error.starts_with("the order of 2 pairs matters:"), "{error}");
    /// assert!(error.contains("`casual`") && error.contains("country=FR"), "{error}");
    /// ```
    pub fn no_order_matters(&self) -> Result<(), NotProven> {
        let pairs = self.analysis().ordered_layers(&self.fleet)?;
        if pairs.is_empty() {
            return Ok(());
        }
        let mut text = format!("the order of {} matters:", count(pairs.len(), "pair"));
        for pair in pairs.iter().take(20) {
            let _ = write!(
                text,
                "\n  {} wins over {} in the {}",
                pair.above, pair.below, pair.operator
            );
            let _ = write!(text, "\n    on {}", pair.witness);
        }
        Err(NotProven::refuted(text))
    }

    /// `predicate` holds of the candidates at `paths` on every member for which `selector` holds;
    /// see [`Analysis::per_device`].
    ///
    /// # Errors
    /// [`NotProven`] names a device for which it does not.
    pub fn per_device(
        &self,
        selector: &Selector,
        paths: &[Path],
        predicate: impl Fn(&[Vec<Value>]) -> bool,
    ) -> Result<(), NotProven> {
        let answer = self.analysis().per_device(&self.fleet, selector, paths, predicate);
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        proven(answer, &format!("the predicate does not hold of {}", paths.join(", ")))
    }

    /// Of the devices of `inventory`, at least `n` members for which `selector` holds have each
    /// value of the label `by` that some device has.
    ///
    /// This is of the devices that are listed, and of no others.
    ///
    /// # Errors
    /// [`NotProven`] lists the values with fewer.
    pub fn at_least(
        &self,
        n: usize,
        selector: &Selector,
        by: &LabelKey,
        inventory: &Inventory,
    ) -> Result<(), NotProven> {
        let mut counts: std::collections::BTreeMap<&str, usize> = Default::default();
        for facts in inventory.devices() {
            let crate::Knowledge::Known(value) = facts.label(by.as_str()) else { continue };
            let counted = counts.entry(value).or_default();
            let member = || self.fleet.membership(facts) == Some(true);
            *counted += usize::from(selector.matches(facts) == Some(true) && member());
        }
        let few = counts.iter().filter(|(_, counted)| **counted < n);
        let few: Vec<String> = few.map(|(value, n)| format!("{by} = {value} has {n}")).collect();
        if few.is_empty() {
            return Ok(());
        }
        let shown = few.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
        Err(NotProven::refuted(format!(
            "fewer than {n} members where {selector}, in {}: {shown}",
            count(few.len(), "place")
        )))
    }
}

fn proven(answer: Answer, what: &str) -> Result<(), NotProven> {
    match answer {
        Answer::Proven => Ok(()),
        Answer::Refuted(witness) => Err(NotProven::refuted(format!("{what}: {witness}"))),
        Answer::Undecided(too_large) => Err(too_large.into()),
    }
}

fn dependences(found: &[super::Dependence], what: &str) -> Result<(), NotProven> {
    if found.is_empty() {
        return Ok(());
    }
    let mut text = format!("{what}:");
    for dependence in found {
        let _ = write!(text, "\n  {dependence}");
        if let Some(facts) = &dependence.example {
            let _ = write!(text, "\n    such as {}", device(facts));
        }
    }
    Err(NotProven::refuted(text))
}

/// A device as a witness names it.
fn device(facts: &crate::Facts) -> String {
    let witness = Witness { region: Selector::all(), facts: Some(facts.clone()), path: None };
    let text = witness.to_string();
    text.split(", like every").next().unwrap_or_default().to_owned()
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Tests that a fleet has properties, one test each, for every device that could exist.
///
/// The first line gives the fleet, a second may give [`Assumptions`]; then each line names a test
/// and calls a method of [`Verification`].
///
/// ```
/// use escadre_algebra::analysis::Assumptions;
/// use escadre_algebra::{Fleet, Resource, deploy, label, verify};
/// fn fleet() -> Fleet {
///     deploy(Resource::new("motd").set("text", "hello")).restrict(label("role").exists())
/// }
/// verify! {
///     fleet: fleet();
///     assuming: Assumptions::default().optional("role").unwrap();
///     no_conflict_can_exist: no_conflict_exists();
///     every_camera_is_a_member: covers(&label("role").eq("camera"));
/// }
/// ```
#[macro_export]
macro_rules! verify {
    (fleet: $fleet:expr; assuming: $assumptions:expr;
     $($(#[$meta:meta])* $name:ident: $property:ident($($argument:expr),* $(,)?);)*) => {
        $(
            $(#[$meta])*
            #[test]
            fn $name() {
                let verification =
                    $crate::analysis::Verification::of(&$fleet).assuming($assumptions);
                if let ::std::result::Result::Err(wrong) = verification.$property($($argument),*) {
                    ::std::panic!("{wrong}");
                }
            }
        )*
    };
    (fleet: $fleet:expr; $($rest:tt)*) => {
        $crate::verify! {
            fleet: $fleet;
            assuming: $crate::analysis::Assumptions::default();
            $($rest)*
        }
    };
}
