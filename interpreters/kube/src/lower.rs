//! From resolved fleets to objects of Kubernetes, and to the labels of nodes. Pure.

mod place;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use escadre_algebra::{
    Configuration, DeviceId, Digest, Facts, Knowledge, LabelKey, Member, Outcome, Resolved,
    ResourceName, ResourceState, Value,
};
use escadre_interpreter::named_content;

use crate::data;
use crate::error::{LowerError, LowerErrorKind};
use crate::manifest::{Manifest, Part};
use crate::mount::{Mountables, Mounted, mount};
use crate::names::Variant;
use crate::pod::{self, ID};
use crate::shard::Shards;
use crate::strategy;
use crate::world::World;
use place::Shape;

/// How many objects the labels that a resource mentions may make of it.
pub(crate) const MAX_SPLIT: usize = 64;

/// What a cluster is to hold: a resolved fleet, with the contents that its resources name by digest.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(crate) resolved: Resolved,
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
    pub(crate) namespace: String,
    pub(crate) shards: Arc<Shards>,
}

/// The variants of the resources that one device has.
pub(crate) type Variants = BTreeMap<ResourceName, Variant>;

/// The objects for `resolved`. Costs O(devices + distinct configurations · claims).
pub(crate) fn lower(resolved: &Resolved, namespace: &str) -> Result<Objects, LowerError> {
    let (contents, namespace) = (resolved.fleet().contents(), namespace.to_owned());
    let shards = Arc::new(Shards::of(resolved)?);
    let objects = Objects { resolved: resolved.clone(), contents, namespace, shards };
    let mut lowering = Lowering::new(&objects, None);
    for (row, outcome) in resolved.outcomes().enumerate() {
        let Outcome::Member(member) = outcome else { continue };
        let Some(facts) = resolved.inventory().facts(row) else { continue };
        lowering.device(&facts, member, &Variants::new())?;
    }
    Ok(objects)
}

/// Lowers device by device; what devices share is lowered once.
pub(crate) struct Lowering<'a> {
    objects: &'a Objects,
    /// What is there, by which a device keeps the shards that it has.
    world: Option<&'a World>,
    /// Configurations, by their address, what they mention of a device and the shards that it has.
    known: HashMap<Key, Arc<Variants>>,
    shapes: HashMap<usize, Arc<Shape>>,
    /// How many variants the labels made of a state, by its address.
    splits: HashMap<usize, HashSet<Variant>>,
    /// The objects of all variants, each with a device that has it.
    pub(crate) manifests: BTreeMap<Variant, (Manifest, DeviceId)>,
}

/// What devices of one configuration have in common that have the same of all it says.
type Key = (usize, Mentioned, Box<[Variant]>);

/// The values of the labels that a configuration mentions, in the order of their keys.
type Mentioned = Box<[Option<Arc<str>>]>;

impl<'a> Lowering<'a> {
    pub(crate) fn new(objects: &'a Objects, world: Option<&'a World>) -> Self {
        let (known, shapes, splits) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { objects, world, known, shapes, splits, manifests: BTreeMap::new() }
    }

    /// What the device of `facts` is to have, which has `held` now.
    pub(crate) fn device(
        &mut self,
        facts: &Facts,
        member: &Member,
        held: &Variants,
    ) -> Result<Arc<Variants>, LowerError> {
        let configuration = &member.configuration;
        let address = Arc::as_ptr(configuration).addr();
        let shape = self.shapes.entry(address).or_insert_with(|| Shape::of(configuration).into());
        let shape = Arc::clone(shape);
        let of =
            || OfDevice { facts, blank: blank(facts), undetermined: &member.undetermined, held };
        let placed = match shape.per_device.is_empty() {
            true => Mountables::new(),
            false => self.place(configuration, &shape, &of())?,
        };
        let shards = placed.values().map(|it| it.variant.clone()).collect();
        let key = (address, mentioned(&shape.labels, facts), shards);
        let is_shared = member.undetermined.is_empty();
        if let Some(known) = self.known.get(&key).filter(|_| is_shared) {
            return Ok(Arc::clone(known));
        }
        let variants = Arc::new(self.configuration(configuration, placed, &of())?);
        if is_shared {
            self.known.insert(key, Arc::clone(&variants));
        }
        Ok(variants)
    }

    /// What is no pod comes first: pods mount it. `placed` is what is in shards.
    fn configuration(
        &mut self,
        configuration: &Configuration,
        placed: Mountables,
        of: &OfDevice<'_>,
    ) -> Result<Variants, LowerError> {
        let mountables = self.mountables(configuration, placed, of)?;
        let mut variants = Variants::new();
        for (name, state) in configuration.resources() {
            let variant = match mountables.get(name) {
                Some(it) if !is_pod(state) => it.variant.clone(),
                _ => self.pod(name, state, &mountables, of)?,
            };
            variants.insert(name.clone(), variant);
        }
        Ok(variants)
    }

    /// What pods of a device may mount: `placed`, what it has of what is not determined, and the rest.
    fn mountables(
        &mut self,
        configuration: &Configuration,
        mut placed: Mountables,
        of: &OfDevice<'_>,
    ) -> Result<Mountables, LowerError> {
        for name in of.undetermined {
            if let Some(variant) = of.held.get(name) {
                placed.insert(name.clone(), self.there(variant));
            }
        }
        for (name, state) in configuration.resources().iter().filter(|(_, s)| !is_pod(s)) {
            if !placed.contains_key(name) {
                placed.insert(name.clone(), self.data(name, state, of)?.into());
            }
        }
        Ok(placed)
    }

    fn data(
        &mut self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        of: &OfDevice<'_>,
    ) -> Result<Variant, LowerError> {
        let state = of.state(name, written)?;
        let variant = Variant::of(name, &state, &[]);
        self.count(name, written, &state, of)?;
        if self.manifests.contains_key(&variant) {
            return Ok(variant);
        }
        let content = self.content(&state).map_err(|kind| of.error(name, kind))?;
        let data = data::data(name, &state, content).map_err(|kind| of.error(name, kind))?;
        self.keep(name, variant, Manifest::new(name, state, Vec::new(), Part::Data(data)), of)
    }

    fn pod(
        &mut self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        mountables: &Mountables,
        of: &OfDevice<'_>,
    ) -> Result<Variant, LowerError> {
        let (state, (spec, mounted)) = self.mounted(name, written, mountables, of)?;
        strategy::check(&state, &spec).map_err(|kind| of.error(name, kind))?;
        let variant = Variant::of(name, &state, &mounted);
        self.count(name, written, &state, of)?;
        if self.manifests.contains_key(&variant) {
            return Ok(variant);
        }
        self.keep(name, variant, Manifest::new(name, state, mounted, Part::Pod(spec)), of)
    }

    /// The state of a pod, its PodSpec and what it mounts.
    fn mounted(
        &self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        mountables: &Mountables,
        of: &OfDevice<'_>,
    ) -> Result<(Arc<ResourceState>, Mounted), LowerError> {
        let state = of.state(name, written)?;
        let spec = pod::spec(&state.to_json()).and_then(|spec| mount(spec, mountables));
        Ok((state, spec.map_err(|kind| of.error(name, kind))?))
    }

    fn keep(
        &mut self,
        name: &ResourceName,
        variant: Variant,
        manifest: Manifest,
        of: &OfDevice<'_>,
    ) -> Result<Variant, LowerError> {
        manifest.check().map_err(|kind| of.error(name, kind))?;
        self.manifests.insert(variant.clone(), (manifest, of.facts.id().clone()));
        Ok(variant)
    }

    /// Counts how many objects the labels that `written` mentions make of it, of which `state` is one.
    fn count(
        &mut self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        state: &ResourceState,
        of: &OfDevice<'_>,
    ) -> Result<(), LowerError> {
        let labels = written.labels();
        if labels.is_empty() {
            return Ok(());
        }
        // What it mounts is counted where it is made.
        let variant = Variant::of(name, state, &[]);
        let found = self.splits.entry(Arc::as_ptr(written).addr()).or_default();
        if found.len() >= MAX_SPLIT && !found.contains(&variant) {
            let labels = labels.into_iter().map(ToString::to_string).collect();
            return Err(of.error(name, LowerErrorKind::Split { n_max: MAX_SPLIT, labels }));
        }
        found.insert(variant);
        Ok(())
    }

    /// The content that `state` names, if it names one.
    fn content(&self, state: &ResourceState) -> Result<Option<&'a [u8]>, LowerErrorKind> {
        let Some((_, Value::Text(word))) = named_content(state) else { return Ok(None) };
        let digest = word.as_literal().unwrap_or_default();
        let contents = &self.objects.contents;
        let found = digest.parse().ok().and_then(|digest: Digest| contents.get(&digest));
        match found {
            Some(content) => Ok(Some(content)),
            None => Err(LowerErrorKind::NoContent { digest: digest.to_owned() }),
        }
    }
}

pub(crate) fn is_pod(state: &ResourceState) -> bool {
    state.get(&["kind"]) == Some(&Value::text("Pod"))
}

/// One device that has a configuration.
struct OfDevice<'a> {
    facts: &'a Facts,
    /// Its labels, with [`ID`] in place of the id.
    blank: Facts,
    undetermined: &'a [ResourceName],
    /// What it has now.
    held: &'a Variants,
}

impl OfDevice<'_> {
    fn error(&self, name: &ResourceName, kind: LowerErrorKind) -> LowerError {
        LowerError::new(kind, name, self.facts.id())
    }

    /// `written` with the labels of this device filled in, and [`ID`] in place of its id.
    fn state(
        &self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
    ) -> Result<Arc<ResourceState>, LowerError> {
        if spells_id(written, self.facts) {
            return Err(self.error(name, LowerErrorKind::Placeholder));
        }
        match written.is_constant() {
            true => Ok(Arc::clone(written)),
            false => Ok(Arc::new(written.instantiate(&self.blank))),
        }
    }
}

/// Whether a text of `written` has [`ID`] on the device of `facts` that stands for no id.
fn spells_id(written: &ResourceState, facts: &Facts) -> bool {
    let words = written.leaves().iter().flat_map(|(_, value)| value.words());
    let spells = |part: &escadre_algebra::Part| match part {
        escadre_algebra::Part::Literal(text) => text.contains(ID),
        escadre_algebra::Part::Label(key) => {
            matches!(facts.label(key.as_str()), Knowledge::Known(value) if value.contains(ID))
        }
        _ => false,
    };
    words.flat_map(escadre_algebra::Word::parts).any(spells)
}

/// `facts` with [`ID`] as the id, which is a valid one.
fn blank(facts: &Facts) -> Facts {
    let id = DeviceId::parse(ID).unwrap_or_else(|_| facts.id().clone());
    Facts::from_labels(id, facts.labels().to_vec())
}

fn mentioned(labels: &[LabelKey], facts: &Facts) -> Mentioned {
    let value = |key: &LabelKey| match facts.label(key.as_str()) {
        Knowledge::Known(value) => Some(Arc::from(value)),
        _ => None,
    };
    labels.iter().map(value).collect()
}
