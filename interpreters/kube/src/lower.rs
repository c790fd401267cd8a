//! From resolved fleets to objects of Kubernetes, and to the labels of nodes. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use escadre_algebra::{
    Configuration, DeviceId, Digest, Facts, Knowledge, LabelKey, Member, Outcome, Resolved,
    ResourceName, ResourceState, Value, for_each_config_map,
};
use escadre_interpreter::named_content;
use serde_json::Value as Json;

use crate::data;
use crate::error::{LowerError, LowerErrorKind};
use crate::manifest::{Manifest, Part};
use crate::names::{Variant, object_name};
use crate::pod::{self, ID};
use crate::strategy;

/// How many objects the labels that a resource mentions may make of it.
pub(crate) const MAX_SPLIT: usize = 64;

/// What a cluster is to hold: a resolved fleet, with the contents that its resources name by digest.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(crate) resolved: Resolved,
    pub(crate) contents: BTreeMap<Digest, Arc<[u8]>>,
    pub(crate) namespace: String,
}

/// The variants of the resources that one device has.
pub(crate) type Variants = BTreeMap<ResourceName, Variant>;

/// The objects for `resolved`. Costs O(devices + distinct configurations · claims).
pub(crate) fn lower(resolved: &Resolved, namespace: &str) -> Result<Objects, LowerError> {
    let (contents, namespace) = (resolved.fleet().contents(), namespace.to_owned());
    let objects = Objects { resolved: resolved.clone(), contents, namespace };
    let mut lowering = Lowering::new(&objects.contents);
    for (row, outcome) in resolved.outcomes().enumerate() {
        let Outcome::Member(member) = outcome else { continue };
        let Some(facts) = resolved.inventory().facts(row) else { continue };
        lowering.device(&facts, member, &Variants::new())?;
    }
    Ok(objects)
}

/// Lowers device by device; what devices share is lowered once.
pub(crate) struct Lowering<'a> {
    contents: &'a BTreeMap<Digest, Arc<[u8]>>,
    /// Configurations, by their address and what they mention of a device.
    known: HashMap<(usize, Mentioned), Arc<Variants>>,
    labels: HashMap<usize, Arc<[LabelKey]>>,
    /// How many variants the labels made of a state, by its address.
    splits: HashMap<usize, HashSet<Variant>>,
    /// The objects of all variants, each with a device that has it.
    pub(crate) manifests: BTreeMap<Variant, (Manifest, DeviceId)>,
}

/// The values of the labels that a configuration mentions, in the order of their keys.
type Mentioned = Box<[Option<Arc<str>>]>;

impl<'a> Lowering<'a> {
    pub(crate) fn new(contents: &'a BTreeMap<Digest, Arc<[u8]>>) -> Self {
        let (known, labels, splits) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { contents, known, labels, splits, manifests: BTreeMap::new() }
    }

    /// What the device of `facts` is to have, which has `held` of what is not determined.
    pub(crate) fn device(
        &mut self,
        facts: &Facts,
        member: &Member,
        held: &Variants,
    ) -> Result<Arc<Variants>, LowerError> {
        let configuration = &member.configuration;
        let address = Arc::as_ptr(configuration).addr();
        let labels = self.labels.entry(address).or_insert_with(|| labels(configuration));
        let key = (address, mentioned(labels, facts));
        let is_shared = member.undetermined.is_empty();
        if let Some(known) = self.known.get(&key).filter(|_| is_shared) {
            return Ok(Arc::clone(known));
        }
        let mut held = held.clone();
        held.retain(|name, _| member.undetermined.contains(name));
        let of_device = OfDevice { facts, blank: blank(facts), held };
        let variants = Arc::new(self.configuration(configuration, &of_device)?);
        if is_shared {
            self.known.insert(key, Arc::clone(&variants));
        }
        Ok(variants)
    }

    /// What is no pod comes first: pods mount it.
    fn configuration(
        &mut self,
        configuration: &Configuration,
        of: &OfDevice<'_>,
    ) -> Result<Variants, LowerError> {
        let is_pod = |state: &ResourceState| state.get(&["kind"]) == Some(&Value::text("Pod"));
        let mut variants = Variants::new();
        let mut mountable = of.held.clone();
        for (name, state) in configuration.resources().iter().filter(|(_, s)| !is_pod(s)) {
            let variant = self.data(name, state, of)?;
            mountable.insert(name.clone(), variant.clone());
            variants.insert(name.clone(), variant);
        }
        for (name, state) in configuration.resources().iter().filter(|(_, s)| is_pod(s)) {
            variants.insert(name.clone(), self.pod(name, state, &mountable, of)?);
        }
        Ok(variants)
    }

    fn data(
        &mut self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        of: &OfDevice<'_>,
    ) -> Result<Variant, LowerError> {
        let state = of.state(name, written)?;
        let variant = Variant::of(name, &state, &[]);
        self.count(name, written, &variant, of)?;
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
        mountable: &Variants,
        of: &OfDevice<'_>,
    ) -> Result<Variant, LowerError> {
        let state = of.state(name, written)?;
        let spec = pod::spec(&state.to_json()).map_err(|kind| of.error(name, kind))?;
        strategy::check(&state, &spec).map_err(|kind| of.error(name, kind))?;
        let (spec, mounted) = mount(spec, mountable);
        let variant = Variant::of(name, &state, &mounted);
        self.count(name, written, &variant, of)?;
        if self.manifests.contains_key(&variant) {
            return Ok(variant);
        }
        self.keep(name, variant, Manifest::new(name, state, mounted, Part::Pod(spec)), of)
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

    /// Counts how many objects the labels that `written` mentions make of it.
    fn count(
        &mut self,
        name: &ResourceName,
        written: &Arc<ResourceState>,
        variant: &Variant,
        of: &OfDevice<'_>,
    ) -> Result<(), LowerError> {
        let labels = written.labels();
        if labels.is_empty() {
            return Ok(());
        }
        let found = self.splits.entry(Arc::as_ptr(written).addr()).or_default();
        if found.len() >= MAX_SPLIT && !found.contains(variant) {
            let labels = labels.into_iter().map(ToString::to_string).collect();
            return Err(of.error(name, LowerErrorKind::Split { n_max: MAX_SPLIT, labels }));
        }
        found.insert(variant.clone());
        Ok(())
    }

    /// The content that `state` names, if it names one.
    fn content(&self, state: &ResourceState) -> Result<Option<&'a [u8]>, LowerErrorKind> {
        let Some((_, Value::Text(word))) = named_content(state) else { return Ok(None) };
        let digest = word.as_literal().unwrap_or_default();
        let found = digest.parse().ok().and_then(|digest: Digest| self.contents.get(&digest));
        match found {
            Some(content) => Ok(Some(content)),
            None => Err(LowerErrorKind::NoContent { digest: digest.to_owned() }),
        }
    }
}

/// One device that has a configuration.
struct OfDevice<'a> {
    facts: &'a Facts,
    /// Its labels, with [`ID`] in place of the id.
    blank: Facts,
    /// What it has of the resources that are not determined.
    held: Variants,
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
        if spells_id(written) {
            return Err(self.error(name, LowerErrorKind::Placeholder));
        }
        match written.is_constant() {
            true => Ok(Arc::clone(written)),
            false => Ok(Arc::new(written.instantiate(&self.blank))),
        }
    }
}

/// Whether a text of `written` has [`ID`] that stands for no id.
fn spells_id(written: &ResourceState) -> bool {
    let words = written.leaves().iter().flat_map(|(_, value)| value.words());
    let spells = |part: &escadre_algebra::Part| match part {
        escadre_algebra::Part::Literal(text) => text.contains(ID),
        _ => false,
    };
    words.flat_map(escadre_algebra::Word::parts).any(spells)
}

/// `facts` with [`ID`] as the id, which is a valid one.
fn blank(facts: &Facts) -> Facts {
    let id = DeviceId::parse(ID).unwrap_or_else(|_| facts.id().clone());
    Facts::from_labels(id, facts.labels().to_vec())
}

/// The labels that `configuration` mentions, in order, each once.
fn labels(configuration: &Configuration) -> Arc<[LabelKey]> {
    let states = configuration.resources().values();
    let mut labels: Vec<LabelKey> = states.flat_map(|state| state.labels()).cloned().collect();
    labels.sort();
    labels.dedup();
    labels.into()
}

fn mentioned(labels: &[LabelKey], facts: &Facts) -> Mentioned {
    let value = |key: &LabelKey| match facts.label(key.as_str()) {
        Knowledge::Known(value) => Some(Arc::from(value)),
        _ => None,
    };
    labels.iter().map(value).collect()
}

/// `spec` with the names of the objects that it mounts, and what these are.
fn mount(mut spec: Json, mountable: &Variants) -> (Json, Vec<(ResourceName, Variant)>) {
    let mut mounted = BTreeMap::new();
    for_each_config_map(&mut spec, &mut |name| {
        let found = ResourceName::parse(name).ok();
        let found = found.and_then(|name| Some((mountable.get(&name)?, name)));
        if let Some((variant, resource)) = found {
            *name = object_name(&resource, variant);
            mounted.insert(resource, variant.clone());
        }
    });
    (spec, mounted.into_iter().collect())
}
