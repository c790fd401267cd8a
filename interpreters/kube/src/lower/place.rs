//! Which shard has a device's own files, given what the device has now.

use std::sync::Arc;

use escadre_algebra::{Configuration, LabelKey, ResourceName};

use super::{Lowering, OfDevice, is_pod};
use crate::error::{LowerError, LowerErrorKind};
use crate::manifest::Manifest;
use crate::mount::{Mountable, Mountables};
use crate::names::Variant;
use crate::shard::{self, Shard};

/// What a configuration mentions of a device.
pub(super) struct Shape {
    /// The labels, but for those that only `per_device` mentions.
    pub(super) labels: Box<[LabelKey]>,
    /// The resources that are in shards.
    pub(super) per_device: Arc<[ResourceName]>,
}

impl Shape {
    pub(super) fn of(configuration: &Configuration) -> Self {
        let per_device = shard::per_device(configuration);
        let resources = configuration.resources().iter();
        let shared = resources.filter(|(name, _)| !per_device.contains(name));
        let mut labels: Vec<LabelKey> =
            shared.flat_map(|(_, state)| state.labels()).cloned().collect();
        labels.sort();
        labels.dedup();
        Self { labels: labels.into(), per_device }
    }
}

impl Lowering<'_> {
    /// The object of `variant` that is there.
    pub(super) fn there(&self, variant: &Variant) -> Mountable {
        let stored = self.world.and_then(|world| world.objects.get(variant));
        let entries = stored.and_then(|stored| stored.entries.as_ref());
        let entry = entries.map(|entries| Arc::clone(&entries.entry));
        Mountable { variant: variant.clone(), entry }
    }

    /// The shards of the files that differ on each device: those that it has, where they hold what
    /// is wanted and a pod that mounts them would stay as it is; else those of its part.
    pub(super) fn place(
        &mut self,
        configuration: &Configuration,
        shape: &Shape,
        of: &OfDevice<'_>,
    ) -> Result<Mountables, LowerError> {
        let (mut placed, mut kept) = (Mountables::new(), Mountables::new());
        let objects = self.objects;
        for name in shape.per_device.iter() {
            // Whoever is a member is in a shard.
            let shard = objects.shards.get(name, of.facts.id());
            let Some(shard) = shard else { return Err(of.error(name, LowerErrorKind::Key)) };
            if let Some(variant) = of.held.get(name).filter(|_| self.holds(shard, of)) {
                kept.insert(name.clone(), self.there(variant));
            }
            let entry = Some(Arc::clone(&shard.entries.entry));
            placed.insert(name.clone(), Mountable { variant: shard.variant.clone(), entry });
        }
        if !kept.is_empty() {
            let mut as_it_is = placed.clone();
            as_it_is.extend(kept.clone());
            let as_it_is = self.mountables(configuration, as_it_is, of)?;
            for (name, state) in configuration.resources().iter().filter(|(_, s)| is_pod(s)) {
                let (state, (_, mounted)) = self.mounted(name, state, &as_it_is, of)?;
                if of.held.get(name) == Some(&Variant::of(name, &state, &mounted)) {
                    let stay = mounted.iter().filter_map(|(file, _)| kept.get_key_value(file));
                    placed.extend(stay.map(|(file, it)| (file.clone(), it.clone())));
                }
            }
        }
        for (name, it) in &placed {
            let shard = objects.shards.get(name, of.facts.id());
            if let Some(shard) = shard.filter(|shard| shard.variant == it.variant)
                && !self.manifests.contains_key(&it.variant)
            {
                self.keep(name, it.variant.clone(), Manifest::shard(shard), of)?;
            }
        }
        Ok(placed)
    }

    /// Whether what the device has of the file of `shard` is what it is to have.
    fn holds(&self, shard: &Shard, of: &OfDevice<'_>) -> bool {
        let id = of.facts.id();
        let held = of.held.get(&shard.resource);
        let stored = held.and_then(|variant| self.world?.objects.get(variant));
        stored.is_some_and(|stored| {
            let entries = stored.entries.as_ref();
            let is_entry = |it: &&Arc<_>| shard.has_same(it, id);
            stored.resource == shard.resource
                && stored.state.as_ref() == Some(&shard.template)
                && entries.filter(is_entry).is_some()
        })
    }
}
