//! Fleets: what should run on which device, as a value.

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use crate::deployed::{Deployed, Leaf};
use crate::digest::Digest;
pub use crate::into_path_set::IntoPathSet;
pub use crate::invalid_fleet::InvalidFleet;
use crate::origin::Origin;
use crate::path::PathError;
use crate::path_set::PathSet;
use crate::problem::Problem;
use crate::selector::Selector;

/// What should run on which device: a function from facts to a membership and claims.
///
/// A fleet is an expression. It clones in O(1), is shared freely between threads, and nothing
/// recurses on its depth. Equality of expressions is not equality of meanings, so there is no `==`.
///
/// ```
/// use escadre_algebra::{Facts, Fleet, container, denote, deploy, label};
/// let camera = label("role").eq("camera");
/// let recorder = deploy(container("recorder").image("acme/recorder:2.3")).restrict(camera);
/// let hotfix = deploy(container("recorder").image("acme/recorder:2.3.1"));
/// let fleet: Fleet = recorder.patch(hotfix.named("hotfix-812"));
///
/// let cam = Facts::of("cam-1", [("role", "camera")])?;
/// let image = "recorder.containers.recorder.image".parse()?;
/// assert_eq!(denote::<()>(&fleet, &cam).unwrap().at(&image)[0].0.to_string(), r#""acme/recorder:2.3.1""#);
/// assert!(denote::<()>(&fleet, &Facts::of("gw-1", [])?).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Fleet(pub(crate) Arc<Node>);

/// One node of a fleet expression.
pub(crate) struct Node {
    pub(crate) op: Op,
    // INVARIANT: as many as `op` takes; the constructors keep it, and the wire form checks it.
    pub(crate) of: Vec<Fleet>,
    pub(crate) origin: Origin,
}

/// What a node does with its operands.
#[derive(Clone)]
pub(crate) enum Op {
    Empty,
    All,
    Deploy(Arc<Deployed>),
    Union,
    Overlay,
    Patch,
    Mask,
    Within,
    Without,
    Restrict(Selector),
    Choose(Selector),
    Forget(PathSet),
    Keep(PathSet),
    Named(Arc<str>),
    Invalid(Problem),
    /// An operator that this version does not know, as the wire form gave it.
    Foreign(Arc<Foreign>),
}

/// An operator of another version: carried, and refused when resolving.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) body: serde_json::Map<String, serde_json::Value>,
}

impl Fleet {
    pub(crate) fn node(op: Op, of: Vec<Self>, origin: Origin) -> Self {
        Self(Arc::new(Node { op, of, origin }))
    }

    /// A number that differs between nodes that are alive: two of the same address are one node.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// No device is a member: 0.
    #[track_caller]
    #[must_use]
    pub fn empty() -> Self {
        Self::node(Op::Empty, Vec::new(), Origin::caller())
    }

    /// Every device is a member, with no claims: 1.
    #[track_caller]
    #[must_use]
    pub fn all() -> Self {
        Self::node(Op::All, Vec::new(), Origin::caller())
    }

    /// The devices for which `selector` holds, with no claims: s·1.
    #[track_caller]
    #[must_use]
    pub fn devices(selector: Selector) -> Self {
        Self::all().restrict(selector)
    }

    /// f ∪ g: the claims of both; members are the members of either. A path claimed differently by both is a conflict.
    #[track_caller]
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if mutant!(UnionStops) && matches!(self.0.op, Op::Union) {
            return self;
        }
        Self::node(Op::Union, vec![self, other], Origin::caller())
    }

    /// The union of all `fleets`; [`Fleet::empty`] if there are none.
    #[track_caller]
    #[must_use]
    pub fn union_all(fleets: impl IntoIterator<Item = Self>) -> Self {
        Self::node(Op::Union, fleets.into_iter().collect(), Origin::caller())
    }

    /// f ⊕ g: the claims of `other` on every path that it defines, else those of `self`; members are the members of either.
    #[track_caller]
    #[must_use]
    pub fn overlay(self, other: Self) -> Self {
        if mutant!(OverlayStops) && matches!(self.0.op, Op::Overlay) {
            return self;
        }
        Self::node(Op::Overlay, vec![self, other], Origin::caller())
    }

    /// The overlay of all `layers`, the last on top; [`Fleet::empty`] if there are none.
    #[track_caller]
    #[must_use]
    pub fn overlay_all(layers: impl IntoIterator<Item = Self>) -> Self {
        Self::node(Op::Overlay, layers.into_iter().collect(), Origin::caller())
    }

    /// f ◁ g: `other` overlaid on those resources whose root `self` claims. Adds neither members nor resources.
    #[track_caller]
    #[must_use]
    pub fn patch(self, other: Self) -> Self {
        Self::node(Op::Patch, vec![self, other], Origin::caller())
    }

    /// The paths that `other` defines, forgotten in `self`: f ⊕ g = (f mask g) ∪ g.
    #[track_caller]
    #[must_use]
    pub fn mask(self, other: Self) -> Self {
        Self::node(Op::Mask, vec![self, other], Origin::caller())
    }

    /// s·f: `self` on the devices for which `selector` holds.
    #[track_caller]
    #[must_use]
    pub fn restrict(self, selector: Selector) -> Self {
        Self::node(Op::Restrict(selector), vec![self], Origin::caller())
    }

    /// `self` on the members of `other`.
    #[track_caller]
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        if mutant!(WithinTwice) && matches!(self.0.op, Op::Within) {
            return self.0.of[0].clone();
        }
        Self::node(Op::Within, vec![self, other], Origin::caller())
    }

    /// `self` on the devices that are not members of `other`.
    #[track_caller]
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self::node(Op::Without, vec![self, other], Origin::caller())
    }

    /// `self` without claims at `paths` and below them; members stay.
    #[track_caller]
    #[must_use]
    pub fn forget(self, paths: impl IntoPathSet) -> Self {
        self.with_paths(paths.into_path_set(), Op::Forget)
    }

    /// `self` with its claims at `paths` and above them only; members stay.
    #[track_caller]
    #[must_use]
    pub fn keep(self, paths: impl IntoPathSet) -> Self {
        self.with_paths(paths.into_path_set(), Op::Keep)
    }

    /// `self` without claims at `paths` and below them; members stay.
    ///
    /// # Errors
    /// [`PathError`] if a text spells no path.
    #[track_caller]
    pub fn try_forget(self, paths: impl IntoPathSet) -> Result<Self, PathError> {
        Ok(self.forget(paths.into_path_set()?))
    }

    /// `self` with its claims at `paths` and above them only; members stay.
    ///
    /// # Errors
    /// [`PathError`] if a text spells no path.
    #[track_caller]
    pub fn try_keep(self, paths: impl IntoPathSet) -> Result<Self, PathError> {
        Ok(self.keep(paths.into_path_set()?))
    }

    #[track_caller]
    fn with_paths(self, paths: Result<PathSet, PathError>, op: fn(PathSet) -> Op) -> Self {
        let origin = Origin::caller();
        match paths {
            Ok(paths) => Self::node(op(paths), vec![self], origin),
            Err(error) => {
                Self::node(Op::Invalid(Problem::new(&error, origin.clone())), vec![self], origin)
            }
        }
    }

    /// The contents that resources of this fleet carry, by digest. Costs O(nodes).
    #[must_use]
    pub fn contents(&self) -> BTreeMap<Digest, Arc<[u8]>> {
        let mut contents = BTreeMap::new();
        for fleet in &crate::dag::Dag::of(self).nodes {
            if let Op::Deploy(deployed) = &fleet.0.op {
                contents.extend(deployed.contents.iter().map(|(d, bytes)| (*d, Arc::clone(bytes))));
            }
        }
        contents
    }

    /// The selectors that this fleet tests, shared ones once. Costs O(nodes).
    ///
    /// ```
    /// use escadre_algebra::{Fleet, label};
    /// let cameras = Fleet::devices(label("role").eq("camera"));
    /// assert_eq!(cameras.selectors()[0].to_string(), "role = camera");
    /// ```
    #[must_use]
    pub fn selectors(&self) -> Vec<Selector> {
        crate::denote::Evaluator::new(self).selectors().to_vec()
    }

    /// What was written in this fleet but means nothing, each once. Costs O(nodes).
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        crate::denote::Evaluator::new(self).problems()
    }

    /// `self`, if everything in it means something.
    ///
    /// # Errors
    /// [`InvalidFleet`] lists what was written but means nothing.
    pub fn try_valid(self) -> Result<Self, InvalidFleet> {
        let problems = self.problems();
        if problems.is_empty() { Ok(self) } else { Err(InvalidFleet::new(problems)) }
    }

    /// `self`, whose claims are said to be written by the layer `name`. The meaning is that of `self`.
    #[track_caller]
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        Self::node(Op::Named(name.into()), vec![self], Origin::caller())
    }
}

/// `then` where `selector` holds, else `otherwise`: s·f ∪ ¬s·g.
#[track_caller]
#[must_use]
pub fn choose(selector: Selector, then: Fleet, otherwise: Fleet) -> Fleet {
    Fleet::node(Op::Choose(selector), vec![then, otherwise], Origin::caller())
}

/// f ∪ g.
impl std::ops::BitOr for Fleet {
    type Output = Self;
    #[track_caller]
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

/// f = f ∪ g.
impl std::ops::BitOrAssign for Fleet {
    #[track_caller]
    fn bitor_assign(&mut self, other: Self) {
        *self = self.clone().union(other);
    }
}

// Note [Drop] A long chain of nodes is dropped by a loop: each node hands its operands over before it goes.
impl Drop for Node {
    fn drop(&mut self) {
        let mut doomed = std::mem::take(&mut self.of);
        while let Some(fleet) = doomed.pop() {
            if let Some(mut node) = Arc::into_inner(fleet.0) {
                doomed.append(&mut node.of);
            }
        }
    }
}

impl std::fmt::Debug for Fleet {
    /// The operator and how many nodes there are, never the whole expression.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n_nodes = crate::dag::Dag::of(self).len();
        write!(f, "Fleet({}, {n_nodes} nodes, {})", self.0.op.name(), self.0.origin)
    }
}

impl Op {
    /// The name of the operator, as the wire form spells it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Empty => "empty",
            Self::All => "all",
            Self::Deploy(_) => "deploy",
            Self::Union => "union",
            Self::Overlay => "overlay",
            Self::Patch => "patch",
            Self::Mask => "mask",
            Self::Within => "within",
            Self::Without => "without",
            Self::Restrict(_) => "restrict",
            Self::Choose(_) => "choose",
            Self::Forget(_) => "forget",
            Self::Keep(_) => "keep",
            Self::Named(_) => "named",
            Self::Invalid(_) => "invalid",
            Self::Foreign(foreign) => &foreign.name,
        }
    }
}
