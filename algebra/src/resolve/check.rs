//! Checking claims: rendered where they can be, and what is wrong where they cannot.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::after::{self, AfterError};
use crate::claims::Claims;
use crate::configuration::{Configuration, Contested, ResourceState};
use crate::names::{Field, LabelKey, ResourceName};
use crate::path::Path;
use crate::resources::missing_required;
use crate::tree::Tree;
use crate::value::Value;

/// One thing that is wrong on some device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fault {
    Conflict { path: Path, candidates: Vec<Value> },
    MissingLabel { path: Path, key: LabelKey, value: Value },
    MissingField { path: Path, reason: &'static str },
    After(AfterError),
}

/// Claims, rendered and checked.
pub(super) struct Checked {
    pub(super) configuration: Arc<Configuration>,
    pub(super) faults: Vec<Fault>,
    /// The labels that rendered values mention, and where.
    pub(super) mentions: BTreeMap<LabelKey, Vec<(Path, Value)>>,
    /// Whether some path's candidates may be equal on some devices only.
    pub(super) varies: bool,
}

impl Checked {
    /// Whether nothing is to be asked of a device any more.
    pub(super) fn is_settled(&self) -> bool {
        self.faults.is_empty() && self.mentions.is_empty() && !self.varies
    }
}

/// What many configurations have in common, stored once.
#[derive(Default)]
pub(super) struct Shared {
    states: HashSet<Arc<ResourceState>>,
    orders: HashSet<Arc<[ResourceName]>>,
}

impl Shared {
    fn state(&mut self, state: ResourceState) -> Arc<ResourceState> {
        if let Some(known) = self.states.get(&state) {
            return Arc::clone(known);
        }
        let state = Arc::new(state);
        self.states.insert(Arc::clone(&state));
        state
    }

    fn order(&mut self, order: Vec<ResourceName>) -> Arc<[ResourceName]> {
        if let Some(known) = self.orders.get(&order[..]) {
            return Arc::clone(known);
        }
        let order: Arc<[ResourceName]> = order.into();
        self.orders.insert(Arc::clone(&order));
        order
    }
}

/// What is claimed of one resource, rendered and checked.
#[derive(Default)]
pub(super) struct Piece {
    state: Option<Arc<ResourceState>>,
    faults: Vec<Fault>,
    mentions: BTreeMap<LabelKey, Vec<(Path, Value)>>,
    varies: bool,
}

impl Piece {
    pub(super) fn of(name: &ResourceName, tree: &Tree<()>, shared: &mut Shared) -> Self {
        let mut piece = Self::default();
        let (state, contested) = ResourceState::render(tree);
        piece.varies =
            contested.iter().any(|(_, candidates)| !candidates.iter().all(Value::is_constant));
        if let Some(state) = state {
            // What is contested may be what is required.
            let is_contested = |fault: &Fault| {
                matches!(fault, Fault::MissingField { path, .. }
                if contested.iter().any(|(c, _)| touch(c, path.fields())))
            };
            let missing = missing_fields(name, &state).into_iter();
            piece.faults.extend(missing.filter(|fault| !is_contested(fault)));
            mention(name, &state, &mut piece.mentions);
            piece.state = Some(shared.state(state));
        }
        piece.faults.extend(contested.into_iter().filter_map(|at| conflict(name, at)));
        piece
    }

    /// Whether nothing is to be asked of a device any more, up to dependencies.
    fn is_settled(&self) -> bool {
        self.faults.is_empty() && self.mentions.is_empty() && !self.varies
    }
}

/// The configuration of these pieces, in the order of their names; `None` if something is wrong
/// with them, or varies.
pub(super) fn settled<'a>(
    pieces: impl Iterator<Item = Option<(&'a ResourceName, &'a Piece)>>,
    shared: &mut Shared,
) -> Option<Arc<Configuration>> {
    let mut resources = Vec::with_capacity(pieces.size_hint().0);
    for piece in pieces {
        let (name, piece) = piece?;
        if !piece.is_settled() {
            return None;
        }
        resources.extend(piece.state.iter().map(|state| (name.clone(), Arc::clone(state))));
    }
    let resources: BTreeMap<_, _> = resources.into_iter().collect();
    let (order, errors) = after::order(&resources);
    let configuration = || Arc::new(Configuration::ordered(resources, shared.order(order)));
    errors.is_empty().then(configuration)
}

/// Renders and checks `claims`; the resources in `elsewhere` exist but are not among them.
pub(super) fn check(
    claims: &Claims<()>,
    elsewhere: &[ResourceName],
    shared: &mut Shared,
) -> Checked {
    let mut faults = Vec::new();
    let mut mentions: BTreeMap<LabelKey, Vec<(Path, Value)>> = BTreeMap::new();
    let mut varies = false;
    let mut resources = BTreeMap::new();
    for (name, tree) in &claims.roots {
        let piece = Piece::of(name, tree, shared);
        varies |= piece.varies;
        faults.extend(piece.faults);
        for (key, mut mentioned) in piece.mentions {
            mentions.entry(key).or_default().append(&mut mentioned);
        }
        resources.extend(piece.state.map(|state| (name.clone(), state)));
    }
    let (mut order, errors) = after::order(&with(&resources, elsewhere));
    order.retain(|name| resources.contains_key(name));
    faults.extend(errors.into_iter().map(Fault::After));
    Checked {
        configuration: Arc::new(Configuration::ordered(resources, shared.order(order))),
        faults,
        mentions,
        varies,
    }
}

/// `resources` and an empty one for each name of `elsewhere`.
fn with(
    resources: &BTreeMap<ResourceName, Arc<ResourceState>>,
    elsewhere: &[ResourceName],
) -> BTreeMap<ResourceName, Arc<ResourceState>> {
    let mut resources = resources.clone();
    for name in elsewhere {
        if let Some(empty) = ResourceState::from_leaves([(Vec::new(), Value::Object)]) {
            resources.entry(name.clone()).or_insert_with(|| Arc::new(empty));
        }
    }
    resources
}

fn touch(a: &[Field], b: &[Field]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

fn path(resource: &ResourceName, fields: &[Field]) -> Option<Path> {
    Path::new(resource.clone(), fields.to_vec()).ok()
}

fn conflict(resource: &ResourceName, (fields, candidates): Contested) -> Option<Fault> {
    Some(Fault::Conflict { path: path(resource, &fields)?, candidates })
}

fn missing_fields(name: &ResourceName, state: &ResourceState) -> Vec<Fault> {
    let kind = match state.get(&["kind"]) {
        Some(Value::Text(word)) => word.as_literal(),
        _ => None,
    };
    let has = |fields: &[&str]| state.get(fields).is_some() || !state.children(fields).is_empty();
    let children = |fields: &[&str]| -> Vec<String> {
        state.children(fields).into_iter().map(str::to_owned).collect()
    };
    let missing = missing_required(kind, &has, &children).into_iter();
    let fault = |(fields, reason): (Vec<String>, &'static str)| {
        let fields: Result<Vec<Field>, _> = fields.iter().map(|f| Field::parse(f)).collect();
        Some(Fault::MissingField { path: path(name, &fields.ok()?)?, reason })
    };
    missing.filter_map(fault).collect()
}

fn mention(
    name: &ResourceName,
    state: &ResourceState,
    mentions: &mut BTreeMap<LabelKey, Vec<(Path, Value)>>,
) {
    for (fields, value) in state.leaves() {
        let keys: BTreeSet<&LabelKey> =
            value.words().into_iter().flat_map(crate::Word::labels).collect();
        for key in keys {
            if let Some(path) = path(name, fields) {
                mentions.entry(key.clone()).or_default().push((path, value.clone()));
            }
        }
    }
}
