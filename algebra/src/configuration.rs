//! Configurations: what a device gets once every path has at most one candidate.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::{Digest, Digester};
use crate::facts::Facts;
use crate::names::{Field, LabelKey, ResourceName};
use crate::tree::Tree;
use crate::value::{Item, List, Value};

/// The fields of one resource of a resolved fleet, rendered: no `Unset`, one value a path.
///
/// Values are as they were written: a text may still mention labels, so that devices which differ
/// only in their labels' values share one state. [`ResourceState::instantiate`] fills them in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceState {
    // INVARIANT: sorted by fields, none above another: leaves, and `Object` where an object is empty.
    leaves: Vec<(Arc<[Field]>, Value)>,
}

/// A field of a rendered resource whose candidates are not one: its place and the candidates as written.
pub(crate) type Contested = (Arc<[Field]>, Vec<Value>);

impl ResourceState {
    /// The state with these fields, unless there are none, one is above another or given twice,
    /// one is nested deeper than [`MAX_FIELDS`](crate::MAX_FIELDS), or a value is `Unset`.
    #[must_use]
    pub fn from_leaves(leaves: impl IntoIterator<Item = (Vec<Field>, Value)>) -> Option<Self> {
        Self::of_leaves(leaves.into_iter().map(|(fields, value)| (fields.into(), value)).collect())
    }

    /// See [`ResourceState::from_leaves`].
    pub(crate) fn of_leaves(mut leaves: Vec<(Arc<[Field]>, Value)>) -> Option<Self> {
        leaves.sort();
        let apart = leaves.windows(2).all(|w| !w[1].0.starts_with(&w[0].0));
        let plain = leaves.iter().all(|(_, value)| *value != Value::Unset);
        let shallow = leaves.iter().all(|(fields, _)| fields.len() <= crate::MAX_FIELDS);
        (apart && plain && shallow && !leaves.is_empty()).then_some(Self { leaves })
    }

    /// What `tree` renders to, and where it has several candidates, the topmost places only.
    ///
    /// `Unset` renders nothing; a leaf hides what is claimed below it; an unclaimed node with
    /// rendered children is an object; `{}` is kept. `None` if nothing is rendered.
    pub(crate) fn render<A: crate::Annotation>(tree: &Tree<A>) -> (Option<Self>, Vec<Contested>) {
        let mut leaves: Vec<(Arc<[Field]>, Value)> = Vec::new();
        let mut contested = Vec::new();
        // The depth of the leaf or `Unset` that hides what is walked.
        let mut hidden: Option<usize> = None;
        tree.walk(&mut Vec::new(), &mut |at, node| {
            if hidden.is_some_and(|depth| at.len() <= depth) {
                hidden = None;
            }
            let fields = || at.iter().copied().cloned().collect::<Arc<[Field]>>();
            match &node.own[..] {
                [_] if hidden.is_some() => true,
                [] => true,
                [(Value::Object, _)] => {
                    leaves.push((fields(), Value::Object));
                    true
                }
                // What is below is hidden, but it may be contested.
                [(Value::Unset, _)] if !mutant!(UnsetRendered) => {
                    hidden.get_or_insert(at.len());
                    true
                }
                [(value, _)] => {
                    leaves.push((fields(), value.clone()));
                    hidden.get_or_insert(at.len());
                    true
                }
                [(value, _), ..] if mutant!(FirstCandidateRendered) => {
                    leaves.push((fields(), value.clone()));
                    false
                }
                several => {
                    contested.push((fields(), several.iter().map(|(v, _)| v.clone()).collect()));
                    false
                }
            }
        });
        // Parents come first: an `Object` followed by something below it is not empty.
        let mut kept: Vec<(Arc<[Field]>, Value)> = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            if kept.last().is_some_and(|(above, _)| leaf.0.starts_with(above)) {
                kept.pop();
            }
            kept.push(leaf);
        }
        if mutant!(EmptyObjectDropped) {
            kept.retain(|(_, value)| *value != Value::Object);
        }
        let rendered = !kept.is_empty();
        (rendered.then_some(Self { leaves: kept }), contested)
    }

    /// The fields in order, each with its value; an empty object is a field with the value `Object`.
    #[must_use]
    pub fn leaves(&self) -> &[(Arc<[Field]>, Value)] {
        &self.leaves
    }

    /// The value at `fields`, if it is a leaf. Costs O(log fields).
    #[must_use]
    pub fn get(&self, fields: &[&str]) -> Option<&Value> {
        self.below(fields)
            .first()
            .filter(|(at, _)| at.len() == fields.len())
            .map(|(_, value)| value)
    }

    /// The names just below `fields`, in order, each once. Costs O(log fields + what is below).
    #[must_use]
    pub fn children(&self, fields: &[&str]) -> Vec<&str> {
        let n = fields.len();
        let below = self.below(fields).iter().filter(|(at, _)| at.len() > n);
        let mut names: Vec<&str> = below.map(|(at, _)| at[n].as_str()).collect();
        names.dedup();
        names
    }

    /// The leaves at `fields` and below. Costs O(log fields).
    pub(crate) fn below(&self, fields: &[&str]) -> &[(Arc<[Field]>, Value)] {
        let prefix = |at: &[Field]| {
            at.iter().take(fields.len()).map(Field::as_str).cmp(fields.iter().copied())
        };
        let start = self.leaves.partition_point(|(at, _)| prefix(at).is_lt());
        let n_below = self.leaves[start..].partition_point(|(at, _)| prefix(at).is_eq());
        &self.leaves[start..start + n_below]
    }

    /// The labels that the values mention, in order, each once.
    #[must_use]
    pub fn labels(&self) -> Vec<&LabelKey> {
        let words = self.leaves.iter().flat_map(|(_, value)| value.words());
        let mut labels: Vec<&LabelKey> = words.flat_map(crate::Word::labels).collect();
        labels.sort();
        labels.dedup();
        labels
    }

    /// Whether no value mentions the device, so that this is the same on every one. Costs O(fields).
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.leaves.iter().all(|(_, value)| value.is_constant())
    }

    /// This state on one device. Costs O(size).
    #[must_use]
    pub fn instantiate(&self, facts: &Facts) -> Self {
        let leaves = self.leaves.iter().map(|(f, value)| (Arc::clone(f), value.instantiate(facts)));
        Self { leaves: leaves.collect() }
    }

    /// The digest of the fields and their values. Costs O(size).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digester = Digester::new("escadre/resource/1");
        for (fields, value) in &self.leaves {
            digester.add(&(fields.len() as u64).to_le_bytes());
            fields.iter().for_each(|field| digester.add(field.as_str().as_bytes()));
            value.digest_into(&mut digester);
        }
        digester.finish()
    }

    /// This state as JSON: fields that mention labels are shown as they were written.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut root = serde_json::Value::Object(serde_json::Map::new());
        for (fields, value) in &self.leaves {
            let mut at = &mut root;
            for field in fields.iter() {
                if !at.is_object() {
                    *at = serde_json::Value::Object(serde_json::Map::new());
                }
                // An entry of what is not an object is not reached: it was just made one.
                let serde_json::Value::Object(map) = at else { break };
                at = map.entry(field.as_str()).or_insert(serde_json::Value::Null);
            }
            *at = value.to_json();
        }
        root
    }
}

impl Value {
    /// This value as JSON; a text that mentions labels is shown as its [`Word`](crate::Word) is.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Unset => serde_json::Value::Null,
            Self::Object => serde_json::Value::Object(serde_json::Map::new()),
            Self::Bool(b) => (*b).into(),
            Self::Integer(n) => (*n).into(),
            Self::Decimal(x) => x.get().into(),
            Self::Text(word) => match word.as_literal() {
                Some(text) => text.into(),
                None => word.to_string().into(),
            },
            Self::List(list) => list.to_json(),
        }
    }
}

impl List {
    fn to_json(&self) -> serde_json::Value {
        self.items().iter().map(item_to_json).collect()
    }
}

fn item_to_json(item: &Item) -> serde_json::Value {
    match item {
        Item::Value(value) => value.to_json(),
        Item::Record(record) => {
            record.fields().iter().map(|(k, v)| (k.as_str().to_owned(), item_to_json(v))).collect()
        }
    }
}

/// What one device gets: its resources, and the order in which they come up.
///
/// It is `Default`: a member with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Configuration {
    resources: BTreeMap<ResourceName, Arc<ResourceState>>,
    order: Arc<[ResourceName]>,
    // INVARIANT: whether some value of `resources` mentions the device; `ordered` keeps it.
    varies: bool,
}

impl Configuration {
    /// The configuration with these resources, in the order that their `after` fields ask for
    /// (by name where they ask for none; what cannot be is passed over).
    pub fn new(resources: impl IntoIterator<Item = (ResourceName, Arc<ResourceState>)>) -> Self {
        let resources: BTreeMap<_, _> = resources.into_iter().collect();
        let order = crate::after::order(&resources).0;
        Self::ordered(resources, order.into())
    }

    /// The configuration with these resources, which come up in this order. Costs O(size).
    pub(crate) fn ordered(
        resources: BTreeMap<ResourceName, Arc<ResourceState>>,
        order: Arc<[ResourceName]>,
    ) -> Self {
        let varies = !resources.values().all(|state| state.is_constant());
        Self { resources, order, varies }
    }

    /// The resources by name.
    #[must_use]
    pub fn resources(&self) -> &BTreeMap<ResourceName, Arc<ResourceState>> {
        &self.resources
    }

    /// The resources' names, each behind those that it is `after`; by name otherwise.
    #[must_use]
    pub fn order(&self) -> &[ResourceName] {
        &self.order
    }

    /// Whether no value mentions the device, so that this is the same on every one. Costs O(1).
    ///
    /// ```
    /// use escadre_algebra::{Configuration, ResourceName, ResourceState, Value};
    /// let text = ResourceState::from_leaves([(Vec::new(), Value::text("hello"))]).unwrap();
    /// let configuration = Configuration::new([(ResourceName::parse("motd")?, text.into())]);
    /// assert!(configuration.is_constant());
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    #[must_use]
    pub fn is_constant(&self) -> bool {
        !self.varies
    }

    /// This configuration on one device. Costs O(size).
    #[must_use]
    pub fn instantiate(&self, facts: &Facts) -> Self {
        if self.is_constant() {
            return self.clone();
        }
        let resources = self.resources.iter().map(|(k, state)| {
            let constant = state.is_constant();
            (k.clone(), if constant { Arc::clone(state) } else { state.instantiate(facts).into() })
        });
        Self::ordered(resources.collect(), Arc::clone(&self.order))
    }

    /// The digest of all resources. Costs O(size).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digester = Digester::new("escadre/configuration/1");
        for (name, state) in &self.resources {
            digester.add(name.as_str().as_bytes());
            digester.add(state.digest().as_bytes());
        }
        digester.finish()
    }

    /// This configuration as JSON: an object from resource names to their fields.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.resources.iter().map(|(k, state)| (k.as_str().to_owned(), state.to_json())).collect()
    }
}
