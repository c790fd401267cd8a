//! Evaluating selectors on one device.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::partition::Partition;
use super::{SHALLOW, Selector, Test, View};
use crate::facts::{Facts, Knowledge};
use crate::names::DeviceId;

/// How many completions [`Selector::matches`] tries before it answers "undetermined".
pub const COMPLETION_BUDGET: usize = 4096;

/// Up to this size a shallow selector is evaluated as a tree, without remembering shared parts.
const SMALL_TREE: u64 = 1 << 12;

/// A device whose labels are all known to be present or absent.
pub trait Completion {
    /// The device's id.
    fn device_id(&self) -> &DeviceId;
    /// The value of the label `key`; `None` if the device does not have it.
    fn value(&self, key: &str) -> Option<&str>;
}

/// The completion of these facts in which every unknown label is absent.
impl Completion for Facts {
    fn device_id(&self) -> &DeviceId {
        self.id()
    }

    fn value(&self, key: &str) -> Option<&str> {
        match self.label(key) {
            Knowledge::Known(value) => Some(value),
            Knowledge::Absent | Knowledge::Unknown => None,
        }
    }
}

/// Facts, with values for their unknown labels.
struct Completed<'a> {
    facts: &'a Facts,
    values: BTreeMap<&'a str, Option<Arc<str>>>,
}

impl Completion for Completed<'_> {
    fn device_id(&self) -> &DeviceId {
        self.facts.id()
    }

    fn value(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(value) => value.as_deref(),
            None => self.facts.value(key),
        }
    }
}

impl Selector {
    /// Whether this selector holds on a device whose labels are all known.
    ///
    /// Costs one visit of each node, and allocates only for deep or large selectors.
    #[must_use]
    pub fn holds(&self, device: &impl Completion) -> bool {
        self.decide(|test| Some(test.holds(device))) == Some(true)
    }

    /// Whether this selector holds on `facts`, its unknown labels read as absent.
    ///
    /// On facts without unknown labels that is the meaning; for others see [`Selector::matches`].
    #[must_use]
    pub fn holds_on(&self, facts: &Facts) -> bool {
        self.holds(facts)
    }

    /// Whether this selector holds on `facts`; `None` iff that is undetermined, which is: two
    /// completions of the unknown labels disagree.
    ///
    /// Completions are tried over representatives of each unknown label's [`Partition`]; past
    /// [`COMPLETION_BUDGET`] of them the answer is `None` without further search.
    ///
    /// ```
    /// use escadre_algebra::{Facts, label};
    /// let d = Facts::of("cam-1", [])?.with_unknown("site")?;
    /// let paris = label("site").eq("paris");
    /// assert_eq!(paris.matches(&d), None);
    /// assert_eq!((paris.clone() | !paris).matches(&d), Some(true));
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    #[must_use]
    pub fn matches(&self, facts: &Facts) -> Option<bool> {
        let answer = self.decide(|test| test.matches(facts));
        if answer.is_some() || mutant!(UnknownByKleene) { answer } else { self.supervaluate(facts) }
    }

    fn supervaluate(&self, facts: &Facts) -> Option<bool> {
        let choices = unknown_labels(self, facts);
        let n_completions = choices
            .iter()
            .try_fold(1_usize, |n, (_, values)| n.checked_mul(values.len()))
            .filter(|n| *n <= COMPLETION_BUDGET)?;
        let mut answer = None;
        let mut device = Completed { facts, values: BTreeMap::new() };
        for completion in 0..n_completions {
            let mut rest = completion;
            for (key, values) in &choices {
                device.values.insert(key, values[rest % values.len()].clone());
                rest /= values.len();
            }
            let holds = self.holds(&device);
            if answer.is_some_and(|known| known != holds) {
                return None;
            }
            answer = Some(holds);
        }
        answer
    }

    /// What follows for this selector from what `test` says of its tests, by Kleene's rules:
    /// `None` (unknown) stays unknown unless the other parts of a node decide it.
    ///
    /// It asks of each test only as long as its answer matters.
    #[must_use]
    pub fn decide(&self, test: impl Fn(&Test) -> Option<bool>) -> Option<bool> {
        if self.is_small() { decide_small(self, &test) } else { decide_large(self, &test) }
    }

    /// Whether a walk over this selector as a tree nests little and costs little.
    fn is_small(&self) -> bool {
        self.0.depth <= SHALLOW && (self.0.tree_size <= SMALL_TREE || self.0.depth <= 2)
    }
}

/// The labels that `selector` reads and `facts` does not know, each with values of which every
/// possible combination of answers to the tests is the answer for one.
fn unknown_labels<'a>(
    selector: &'a Selector,
    facts: &Facts,
) -> Vec<(&'a str, Vec<Option<Arc<str>>>)> {
    let mut tests: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for test in selector.atoms() {
        if let Some(key) = test.key()
            && facts.label(key.as_str()) == Knowledge::Unknown
        {
            tests.entry(key.as_str()).or_default().push(test);
        }
    }
    let choices = tests.into_iter().map(|(key, tests)| {
        let mut seen = HashSet::new();
        let mut values = Partition::of(tests.iter().copied()).representatives();
        values.retain(|value| {
            let answers: Vec<bool> =
                tests.iter().map(|t| t.holds_of_label(value.as_deref())).collect();
            seen.insert(answers)
        });
        (key, values)
    });
    choices.collect()
}

/// Nests at most [`SHALLOW`] deep.
fn decide_small(node: &Selector, test: &impl Fn(&Test) -> Option<bool>) -> Option<bool> {
    match node.view() {
        View::All => Some(true),
        View::None | View::Invalid(_) => Some(false),
        View::Test(atom) => test(atom),
        View::Not(inner) if mutant!(NotIgnored) => decide_small(inner, test),
        View::Not(inner) => decide_small(inner, test).map(|b| !b),
        View::And(parts) => kleene(parts.iter().map(|p| decide_small(p, test)), mutant!(AndAsOr)),
        View::Or(parts) if mutant!(OrFirstOnly) => decide_small(&parts[0], test),
        View::Or(parts) => kleene(parts.iter().map(|p| decide_small(p, test)), true),
    }
}

/// What some parts say together: `decisive` if one of them does, else unknown if one is, else not `decisive`.
pub(super) fn kleene(
    parts: impl IntoIterator<Item = Option<bool>>,
    decisive: bool,
) -> Option<bool> {
    let mut answer = Some(!decisive);
    for part in parts {
        match part {
            Some(b) if b == decisive => return Some(decisive),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

/// A node under evaluation: how many of its parts are done, and what they say so far.
struct Frame<'a> {
    node: &'a Selector,
    n_done: usize,
    unknown: bool,
}

/// Keeps its own stack, and remembers the answer of every large node.
fn decide_large(root: &Selector, test: &impl Fn(&Test) -> Option<bool>) -> Option<bool> {
    let mut memo: HashMap<usize, Option<bool>> = HashMap::new();
    let mut stack = vec![Frame { node: root, n_done: 0, unknown: false }];
    let mut returned: Option<Option<bool>> = None;
    while let Some(frame) = stack.last_mut() {
        let (parts, decisive) = match frame.node.view() {
            View::And(parts) => (parts, Some(false)),
            View::Or(parts) => (parts, Some(true)),
            view => (view.children(), None),
        };
        let mut answer = None;
        if let Some(part) = returned.take() {
            frame.n_done += 1;
            frame.unknown |= part.is_none();
            if decisive.is_none() {
                answer = Some(part.map(|b| !b));
            } else if part == decisive {
                answer = Some(decisive);
            }
        }
        match (answer, parts.get(frame.n_done)) {
            (None, Some(next)) => match memo.get(&next.address()) {
                Some(&known) => returned = Some(known),
                None if next.is_small() => returned = Some(decide_small(next, test)),
                None => stack.push(Frame { node: next, n_done: 0, unknown: false }),
            },
            (answer, _) => {
                let otherwise = if frame.unknown { None } else { decisive.map(|b| !b) };
                let answer = answer.unwrap_or(otherwise);
                memo.insert(frame.node.address(), answer);
                stack.pop();
                returned = Some(answer);
            }
        }
    }
    returned.flatten()
}
