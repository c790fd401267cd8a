//! What runs of a fleet: the pods that there are, beside those that the labels of nodes ask for. Pure.

use std::collections::BTreeMap;

use escadre_algebra::{DeviceId, ResourceName};

use crate::manifest::Kind;
use crate::names::{Variant, object_name};
use crate::pods::Pod;
use crate::world::{Membership, World};

/// What runs of a fleet, and what does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// What nodes are to have, and what runs beside it.
    pub variants: BTreeMap<(ResourceName, Variant), VariantStatus>,
    /// The members.
    pub devices: BTreeMap<DeviceId, DeviceStatus>,
}

/// How an object is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariantStatus {
    /// Whether pods come of it: a DaemonSet does, a ConfigMap is there for others.
    pub has_pods: bool,
    /// How many nodes are to have it.
    pub n_nodes: usize,
    /// How many pods of it there are, those on other nodes too.
    pub n_pods: usize,
    /// How many nodes that are to have it have a ready pod of it.
    pub n_ready: usize,
}

/// How a node is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceStatus {
    /// The resources that it is to run whose pods are not ready, each with the reason.
    pub troubled: BTreeMap<ResourceName, String>,
    /// The resources of which it has no pod yet, or one that is on its way out still.
    pub behind: BTreeMap<ResourceName, String>,
}

/// How a node is doing, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It runs what its labels ask for, and nothing else.
    UpToDate,
    /// A pod of it is not ready.
    Troubled,
    /// A pod is missing, or one is left that is not asked for.
    Behind,
}

impl DeviceStatus {
    /// How the node is doing.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (self.troubled.is_empty(), self.behind.is_empty()) {
            (false, _) => Standing::Troubled,
            (true, false) => Standing::Behind,
            (true, true) => Standing::UpToDate,
        }
    }
}

impl Status {
    /// How many members are doing so.
    #[must_use]
    pub fn count(&self, standing: Standing) -> usize {
        self.devices.values().filter(|device| device.standing() == standing).count()
    }

    /// What the labels in `world` ask for, beside `pods`.
    pub(crate) fn of(world: &World, pods: &[Seen]) -> Self {
        let mut status = Self::default();
        let mut asked = Asked::new();
        let members = world.nodes.iter().filter(|(_, node)| node.membership == Membership::Ours);
        let variants = members.map(|(id, node)| (id, node.variants(), node.held_back()));
        let variants: Vec<_> = variants.collect();
        for (id, of_node, held_back) in &variants {
            status.devices.insert((*id).clone(), DeviceStatus::default());
            for (resource, variant) in of_node {
                let object = world.objects.get(variant);
                let has_pods = object.is_none_or(|stored| stored.kind == Kind::DaemonSet);
                let of = status.variants.entry((resource.clone(), variant.clone())).or_default();
                of.has_pods = has_pods;
                of.n_nodes += 1;
                let is_held_back = held_back.contains_key(resource);
                let why = match object {
                    Some(_) if has_pods && is_held_back => {
                        format!("`{resource}` waits until its old pod is gone")
                    }
                    None => format!("`{}` is gone", object_name(resource, variant)),
                    Some(_) if has_pods => format!("`{resource}` has no pod yet"),
                    Some(_) => continue,
                };
                asked
                    .insert((id, variant), Ask { resource, is_ready: false, why, is_there: false });
            }
        }
        for pod in pods {
            status.take_in(pod, &mut asked);
        }
        for ((id, variant), ask) in asked {
            if ask.is_ready {
                let of = status.variants.entry((ask.resource.clone(), variant.clone()));
                of.or_default().n_ready += 1;
                continue;
            }
            let device = status.devices.entry(id.clone()).or_default();
            let of = if ask.is_there { &mut device.troubled } else { &mut device.behind };
            // What is not gone yet is why another is not there yet.
            of.entry(ask.resource.clone()).or_insert(ask.why);
        }
        status
    }

    fn take_in<'a>(&mut self, pod: &'a Seen, asked: &mut Asked<'a>) {
        let key = (pod.resource.clone(), pod.variant.clone());
        let of = self
            .variants
            .entry(key)
            .or_insert_with(|| VariantStatus { has_pods: true, ..VariantStatus::default() });
        of.n_pods += 1;
        let Some(id) = &pod.node else { return };
        match asked.get_mut(&(id, &pod.variant)) {
            Some(ask) if !pod.is_ending => {
                ask.is_there = true;
                ask.is_ready |= pod.trouble.is_none();
                if let Some(why) = &pod.trouble {
                    ask.why.clone_from(why);
                }
            }
            // One that ends is followed by another.
            Some(_) => {}
            None => {
                if let Some(device) = self.devices.get_mut(id) {
                    let why = format!("{} is not gone yet", pod.name);
                    device.behind.insert(pod.resource.clone(), why);
                }
            }
        }
    }
}

/// What nodes are to run.
type Asked<'a> = BTreeMap<(&'a DeviceId, &'a Variant), Ask<'a>>;

/// What a node is to run, and how that is doing.
struct Ask<'a> {
    resource: &'a ResourceName,
    is_there: bool,
    is_ready: bool,
    why: String,
}

/// A pod, as far as it is remembered: of many thousands, so no more than that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    node: Option<DeviceId>,
    resource: ResourceName,
    variant: Variant,
    name: String,
    is_ending: bool,
    /// Why it is not ready, if it is not.
    trouble: Option<String>,
}

impl Seen {
    /// What is remembered of `pod`, if it runs a variant.
    pub(crate) fn of(pod: &Pod) -> Option<Self> {
        Some(Self {
            node: pod.node(),
            resource: pod.resource()?,
            variant: pod.variant()?,
            name: pod.name().to_owned(),
            is_ending: pod.is_ending(),
            trouble: (!pod.is_ready()).then(|| pod.why()),
        })
    }
}
