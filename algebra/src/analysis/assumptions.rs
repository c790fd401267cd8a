//! Assumptions: a schema of labels, under which questions are answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answer::TooLarge;
use super::arena::{Arena, Op, Ref};
use super::space::{Class, Space};
use crate::facts::Attestation;
use crate::inventory::Inventory;
use crate::names::{LabelKey, NameError};

/// A set of facts, given by a schema of labels: which may exist, with which values, and who says so.
///
/// `Assumptions::default()` assumes nothing: every device that could exist is meant.
///
/// ```
/// use escadre_algebra::analysis::{Analysis, Assumptions};
/// use escadre_algebra::{Fleet, label};
/// let cameras = Fleet::devices(label("role").eq("camera"));
/// let not_gateways = Fleet::devices(!label("role").eq("gateway"));
/// let schema = Assumptions::default().values("role", ["camera", "gateway"])?.required("role")?;
/// let mut analysis = Analysis::of([&cameras, &not_gateways]).assuming(schema);
/// assert!(analysis.equivalent(&cameras, &not_gateways).is_proven());
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    labels: BTreeMap<LabelKey, Assumed>,
    only_listed: bool,
}

/// What is assumed of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Assumed {
    /// The values that it may have, if they are known.
    values: Option<BTreeSet<Arc<str>>>,
    required: bool,
    reported: bool,
}

impl Assumptions {
    /// These assumptions, and that the label `key` has one of `values` where a device has it.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    pub fn values<'a>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, NameError> {
        let values = values.into_iter().map(Arc::from).collect();
        self.label(key)?.values = Some(values);
        Ok(self)
    }

    /// These assumptions, and that every device has the label `key`.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    pub fn required(mut self, key: &str) -> Result<Self, NameError> {
        self.label(key)?.required = true;
        Ok(self)
    }

    /// These assumptions, and that a device may have the label `key`.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    pub fn optional(mut self, key: &str) -> Result<Self, NameError> {
        self.label(key)?.required = false;
        Ok(self)
    }

    /// These assumptions, and that devices report the label `key` themselves.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    pub fn reported(mut self, key: &str) -> Result<Self, NameError> {
        self.label(key)?.reported = true;
        Ok(self)
    }

    /// These assumptions, and that no device has a label that they do not list.
    #[must_use]
    pub fn only_listed(mut self) -> Self {
        self.only_listed = true;
        self
    }

    /// What all devices of `inventory` have in common: their labels and the values of these, and
    /// which labels each of them has.
    ///
    /// A label that some device does not know is assumed to be of any value. Costs O(labels).
    #[must_use]
    pub fn learn(inventory: &Inventory) -> Self {
        let mut learnt = Self { only_listed: !inventory.is_empty(), ..Self::default() };
        let mut n_known: BTreeMap<&LabelKey, usize> = BTreeMap::new();
        let mut open: BTreeSet<&LabelKey> = BTreeSet::new();
        for device in inventory.devices() {
            learnt.only_listed &= !device.unlisted_unknown();
            for label in device.labels() {
                let assumed = learnt.labels.entry(label.key.clone()).or_default();
                assumed.reported |= label.attestation == Attestation::Reported;
                match &label.value {
                    Some(value) => {
                        *n_known.entry(&label.key).or_default() += 1;
                        assumed.values.get_or_insert_default().insert(value.clone());
                    }
                    None => drop(open.insert(&label.key)),
                }
            }
        }
        for (key, assumed) in &mut learnt.labels {
            assumed.required = n_known.get(key) == Some(&inventory.len());
            if open.contains(key) {
                assumed.values = None;
            }
        }
        learnt
    }

    /// Whether the inventory's owner says what the label `key` is, as far as these assumptions tell.
    #[must_use]
    pub fn is_asserted(&self, key: &LabelKey) -> bool {
        self.labels.get(key).is_none_or(|assumed| !assumed.reported)
    }

    /// Whether nothing is assumed of the facts.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.only_listed && self.labels.values().all(|l| l.values.is_none() && !l.required)
    }

    fn label(&mut self, key: &str) -> Result<&mut Assumed, NameError> {
        Ok(self.labels.entry(LabelKey::parse(key)?).or_default())
    }

    /// The values that must be told apart.
    pub(super) fn told_apart(&self) -> BTreeMap<LabelKey, BTreeSet<Arc<str>>> {
        let values = self
            .labels
            .iter()
            .map(|(key, assumed)| (key.clone(), assumed.values.clone().unwrap_or_default()));
        values.collect()
    }

    /// The guard that holds where the assumptions do.
    pub(super) fn care(&self, space: &Space, arena: &mut Arena) -> Result<Ref, TooLarge> {
        let mut care = Vec::new();
        for (var, key, partition) in space.labels() {
            let absent = Class::new(partition.n_classes() - 1);
            let guard = |holds: bool| if holds { Ref::TRUE } else { Ref::EMPTY };
            match self.labels.get(key) {
                None if self.only_listed => {
                    care.push(arena.make(var, vec![(absent, Ref::TRUE)], Ref::EMPTY)?);
                }
                None => {}
                Some(Assumed { values: None, required, .. }) => {
                    care.push(arena.make(var, vec![(absent, guard(!required))], Ref::TRUE)?);
                }
                Some(Assumed { values: Some(values), required, .. }) => {
                    let classes = values.iter().map(|v| Class::new(partition.class_of(Some(v))));
                    let listed = classes.map(|class| (class, Ref::TRUE));
                    let listed = listed.chain([(absent, guard(!required))]).collect();
                    care.push(arena.make(var, listed, Ref::EMPTY)?);
                }
            }
        }
        arena.reduce(Op::And, care, Ref::TRUE)
    }
}
