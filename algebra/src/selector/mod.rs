//! Selectors: Boolean combinations of tests on the facts of one device.

mod bucket;
mod build;
mod error;
mod eval;
mod explain;
pub mod kubernetes;
mod lexer;
mod ops;
mod parse;
mod parse_test;
mod partition;
mod print;
mod test;

use std::collections::HashSet;
use std::sync::Arc;

use crate::problem::Problem;

pub use bucket::{BucketRef, Percent, bucket, bucket_point, percent};
pub use build::{
    BoundInput, DeviceIdRef, LabelRef, VersionError, device_id, label, semver, try_label,
    try_semver,
};
pub use error::SelectorError;
pub use eval::{COMPLETION_BUDGET, Completion};
pub use partition::Partition;
pub use test::{Bound, Comparison, Test};

/// A Boolean combination of tests on facts; it denotes a set of devices.
///
/// Clones in O(1), shares its parts, and is built with `&`, `|` and `!`.
/// Building never fails: a bad part makes an invalid node, which holds nowhere and which
/// [`Selector::problems`] lists with the place that wrote it.
/// There is no `==`: whether two selectors mean the same is decided by an analysis, and
/// [`Selector::same_shape`] compares spellings.
///
/// ```
/// use escadre_algebra::{Facts, Selector, label, semver};
/// let s = label("role").eq("camera") & !label("firmware").ge(semver("2.1"));
/// assert_eq!(s.to_string(), "role = camera and not firmware >= 2.1.0");
/// assert!(s.same_shape(&s.to_string().parse()?));
/// let cam = Facts::of("cam-1", [("role", "camera"), ("firmware", "1.9")])?;
/// assert_eq!(s.matches(&cam), Some(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Selector(Arc<Node>);

struct Node {
    kind: Kind,
    // INVARIANT: the three below summarise `kind`; `Selector::node` keeps them.
    tree_size: u64,
    depth: u32,
    has_problem: bool,
}

enum Kind {
    All,
    None,
    Test(Test),
    Not(Selector),
    And(Box<[Selector]>),
    Or(Box<[Selector]>),
    Invalid(Problem),
}

/// One node of a selector, to be read by walks that keep their own stack.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// ⊤: holds everywhere.
    All,
    /// ⊥: holds nowhere.
    None,
    /// Holds where the test holds.
    Test(&'a Test),
    /// Holds where the part does not.
    Not(&'a Selector),
    /// Holds where all parts hold (there are at least two).
    And(&'a [Selector]),
    /// Holds where some part holds (there are at least two).
    Or(&'a [Selector]),
    /// Means nothing, and holds nowhere.
    Invalid(&'a Problem),
}

impl<'a> View<'a> {
    /// The parts of this node.
    #[must_use]
    pub fn children(self) -> &'a [Selector] {
        match self {
            Self::Not(inner) => std::slice::from_ref(inner),
            Self::And(parts) | Self::Or(parts) => parts,
            Self::All | Self::None | Self::Test(_) | Self::Invalid(_) => &[],
        }
    }
}

impl Selector {
    fn node(kind: Kind) -> Self {
        let parts = match &kind {
            Kind::Not(inner) => std::slice::from_ref(inner),
            Kind::And(parts) | Kind::Or(parts) => parts,
            Kind::All | Kind::None | Kind::Test(_) | Kind::Invalid(_) => &[],
        };
        let tree_size = parts.iter().fold(1_u64, |n, p| n.saturating_add(p.0.tree_size));
        let depth = parts.iter().map(|p| p.0.depth).max().unwrap_or(0).saturating_add(1);
        let has_problem = matches!(kind, Kind::Invalid(_)) || parts.iter().any(|p| p.0.has_problem);
        Self(Arc::new(Node { kind, tree_size, depth, has_problem }))
    }

    /// ⊤: holds on every device.
    #[must_use]
    pub fn all() -> Self {
        Self::node(Kind::All)
    }

    /// ⊥: holds on no device.
    #[must_use]
    pub fn none() -> Self {
        Self::node(Kind::None)
    }

    /// Holds where `test` holds.
    ///
    /// Sets in `test` need not be sorted; an empty set or interval holds nowhere.
    #[must_use]
    pub fn test(test: Test) -> Self {
        test.canonical().map_or_else(Self::none, |test| Self::node(Kind::Test(test)))
    }

    /// Means nothing because of `problem`, and holds nowhere.
    #[must_use]
    pub fn invalid(problem: Problem) -> Self {
        Self::node(Kind::Invalid(problem))
    }

    /// Holds where all of `parts` hold. `all_of([])` = ⊤; ⊤ among the parts is left out.
    #[must_use]
    pub fn all_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<Self> =
            parts.into_iter().filter(|p| !matches!(p.0.kind, Kind::All)).collect();
        match (parts.len(), parts.pop()) {
            (_, None) => Self::all(),
            (1, Some(only)) => only,
            (_, Some(last)) => {
                parts.push(last);
                Self::node(Kind::And(parts.into()))
            }
        }
    }

    /// Holds where one of `parts` holds. `any_of([])` = ⊥; ⊥ among the parts is left out.
    #[must_use]
    pub fn any_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<Self> =
            parts.into_iter().filter(|p| !matches!(p.0.kind, Kind::None)).collect();
        match (parts.len(), parts.pop()) {
            (_, None) => Self::none(),
            (1, Some(only)) => only,
            (_, Some(last)) => {
                parts.push(last);
                Self::node(Kind::Or(parts.into()))
            }
        }
    }

    /// This node, to be read.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        match &self.0.kind {
            Kind::All => View::All,
            Kind::None => View::None,
            Kind::Test(test) => View::Test(test),
            Kind::Not(inner) => View::Not(inner),
            Kind::And(parts) => View::And(parts),
            Kind::Or(parts) => View::Or(parts),
            Kind::Invalid(problem) => View::Invalid(problem),
        }
    }

    /// The address of this node: equal for two handles of one shared node, while both live.
    #[must_use]
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// How many nodes this selector has when sharing is written out, at most `u64::MAX`. Costs O(1).
    #[must_use]
    pub fn tree_size(&self) -> u64 {
        self.0.tree_size
    }

    /// Whether some node of this selector is invalid. Costs O(1).
    #[must_use]
    pub fn has_problem(&self) -> bool {
        self.0.has_problem
    }

    /// Each shared node once, every node after its parts.
    #[must_use]
    pub fn postorder(&self) -> Vec<&Self> {
        if self.view().children().is_empty() {
            return vec![self];
        }
        let mut seen = HashSet::new();
        let mut order = Vec::new();
        let mut stack = vec![(self, false)];
        while let Some((node, parts_done)) = stack.pop() {
            if parts_done {
                order.push(node);
            } else if seen.insert(node.address()) {
                stack.push((node, true));
                stack.extend(node.view().children().iter().rev().map(|c| (c, false)));
            }
        }
        order
    }

    /// Each distinct test of this selector, in the order of first mention.
    #[must_use]
    pub fn atoms(&self) -> Vec<&Test> {
        let mut seen = HashSet::new();
        let tests = self.postorder().into_iter().filter_map(|node| match node.view() {
            View::Test(test) => Some(test),
            _ => None,
        });
        tests.filter(|test| seen.insert(*test)).collect()
    }

    /// What was written in this selector but means nothing, each with the place that wrote it.
    ///
    /// ```
    /// use escadre_algebra::label;
    /// let s = label("role").eq("camera") & label("").exists();
    /// assert!(s.problems()[0].message().contains("is not a label key"));
    /// ```
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        if !self.has_problem() {
            return Vec::new();
        }
        let problems = self.postorder().into_iter().filter_map(|node| match node.view() {
            View::Invalid(problem) => Some(problem.clone()),
            _ => None,
        });
        problems.collect()
    }

    /// Whether both are spelled alike: the same nodes over the same tests, sharing aside.
    ///
    /// Selectors of the same shape mean the same; the converse does not hold.
    #[must_use]
    pub fn same_shape(&self, other: &Self) -> bool {
        let mut seen = HashSet::new();
        let mut stack = vec![(self, other)];
        while let Some((a, b)) = stack.pop() {
            if a.address() == b.address() || !seen.insert((a.address(), b.address())) {
                continue;
            }
            let (xs, ys) = (a.view().children(), b.view().children());
            if !same_head(a.view(), b.view()) || xs.len() != ys.len() {
                return false;
            }
            stack.extend(xs.iter().zip(ys));
        }
        true
    }
}

fn same_head(a: View<'_>, b: View<'_>) -> bool {
    match (a, b) {
        (View::All, View::All)
        | (View::None, View::None)
        | (View::Not(_), View::Not(_))
        | (View::And(_), View::And(_))
        | (View::Or(_), View::Or(_)) => true,
        (View::Test(x), View::Test(y)) => x == y,
        (View::Invalid(x), View::Invalid(y)) => x.message() == y.message(),
        _ => false,
    }
}

impl From<Test> for Selector {
    fn from(test: Test) -> Self {
        Self::test(test)
    }
}

/// Depths up to this one may be handled by plain recursion.
const SHALLOW: u32 = 16;

impl Drop for Node {
    fn drop(&mut self) {
        if self.depth <= SHALLOW {
            return;
        }
        // Deep trees are taken apart with a work list, so that no drop nests.
        let mut work = take_parts(self);
        while let Some(Selector(shared)) = work.pop() {
            if let Some(mut node) = Arc::into_inner(shared) {
                work.append(&mut take_parts(&mut node));
            }
        }
    }
}

fn take_parts(node: &mut Node) -> Vec<Selector> {
    node.depth = 0;
    match std::mem::replace(&mut node.kind, Kind::None) {
        Kind::Not(inner) => vec![inner],
        Kind::And(parts) | Kind::Or(parts) => parts.into_vec(),
        Kind::All | Kind::None | Kind::Test(_) | Kind::Invalid(_) => Vec::new(),
    }
}
