//! One device as it was observed.

use std::sync::Arc;

use crate::names::{DeviceId, LabelKey, NameError};

/// What is known of one label of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge<'a> {
    /// The device has the label, with this value.
    Known(&'a str),
    /// The device does not have the label.
    Absent,
    /// The label's source did not answer: the device may or may not have it.
    Unknown,
}

/// Who says that a device has a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attestation {
    /// The inventory's owner.
    Asserted,
    /// The device itself.
    Reported,
}

/// One label that is known or unknown (absent ones are not listed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The label's key.
    pub key: LabelKey,
    /// The label's value; `None` if its source did not answer.
    pub value: Option<Arc<str>>,
    /// Who says so.
    pub attestation: Attestation,
}

/// One device as observed: its id and its labels, never desired state.
///
/// ```
/// use escadre_algebra::{Facts, Knowledge};
/// let d = Facts::of("cam-1", [("role", "camera")])?.with_unknown("site")?;
/// assert_eq!(d.label("role"), Knowledge::Known("camera"));
/// assert_eq!(d.label("site"), Knowledge::Unknown);
/// assert_eq!(d.label("gpu"), Knowledge::Absent);
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    id: DeviceId,
    // INVARIANT: sorted by key, no key twice; `set` keeps it.
    labels: Vec<Label>,
    unlisted_unknown: bool,
    /// Labels known to be absent although unlisted ones are unknown; empty on observed devices.
    known_absent: Vec<LabelKey>,
}

impl Facts {
    /// The device `id` without labels.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, labels: Vec::new(), unlisted_unknown: false, known_absent: Vec::new() }
    }

    /// The device `id` with the asserted labels `labels`.
    ///
    /// # Errors
    /// [`NameError`] if the id or a key is none.
    pub fn of<'a>(
        id: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, NameError> {
        let mut facts = Self::new(DeviceId::parse(id)?);
        for (key, value) in labels {
            facts.set(Label {
                key: LabelKey::parse(key)?,
                value: Some(Arc::from(value)),
                attestation: Attestation::Asserted,
            });
        }
        Ok(facts)
    }

    /// The device `id` with `labels`; the last one of a key stands. Costs O(n log n).
    ///
    /// ```
    /// use escadre_algebra::{Attestation, DeviceId, Facts, Knowledge, Label, LabelKey};
    /// let key = LabelKey::parse("role")?;
    /// let label = |v: &str| Label { key: key.clone(), value: Some(v.into()), attestation: Attestation::Asserted };
    /// let d = Facts::from_labels(DeviceId::parse("d")?, vec![label("camera"), label("gateway")]);
    /// assert_eq!(d.label("role"), Knowledge::Known("gateway"));
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    #[must_use]
    pub fn from_labels(id: DeviceId, mut labels: Vec<Label>) -> Self {
        if !labels.is_sorted_by(|a, b| a.key < b.key) {
            labels.sort_by(|a, b| a.key.cmp(&b.key));
            labels.dedup_by(|later, kept| {
                let same = later.key == kept.key;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
        }
        Self { labels, ..Self::new(id) }
    }

    /// These facts, with the label `key` unknown.
    ///
    /// # Errors
    /// [`NameError`] if `key` is no label key.
    pub fn with_unknown(mut self, key: &str) -> Result<Self, NameError> {
        let key = LabelKey::parse(key)?;
        self.set(Label { key, value: None, attestation: Attestation::Asserted });
        Ok(self)
    }

    /// These facts, where every label that is not listed is unknown instead of absent:
    /// a whole source of labels did not answer.
    #[must_use]
    pub fn with_unlisted_unknown(mut self) -> Self {
        self.unlisted_unknown = true;
        self
    }

    /// Sets one label, replacing what was known of it.
    pub fn set(&mut self, label: Label) {
        match self.labels.binary_search_by(|l| l.key.cmp(&label.key)) {
            Ok(at) => self.labels[at] = label,
            Err(at) => self.labels.insert(at, label),
        }
    }

    /// Makes one label known to be absent, also where unlisted labels are unknown.
    ///
    /// Absent labels are not listed; where unlisted ones are unknown, `key` is listed apart.
    pub(crate) fn set_absent(&mut self, key: LabelKey) {
        self.remove(key.as_str());
        if self.unlisted_unknown && !self.known_absent.contains(&key) {
            self.known_absent.push(key);
        }
    }

    /// Forgets one label: it is then absent (or unknown, where unlisted labels are).
    pub fn remove(&mut self, key: &str) {
        self.labels.retain(|l| l.key.as_str() != key);
    }

    /// The device's id.
    #[must_use]
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// The listed labels, in the order of their keys.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Whether a label that is not listed is unknown rather than absent.
    #[must_use]
    pub fn unlisted_unknown(&self) -> bool {
        self.unlisted_unknown
    }

    /// What is known of the label `key`. Costs O(log labels).
    #[must_use]
    pub fn label(&self, key: &str) -> Knowledge<'_> {
        match self.labels.binary_search_by(|l| l.key.as_str().cmp(key)) {
            Ok(at) => self.labels[at].value.as_deref().map_or(Knowledge::Unknown, Knowledge::Known),
            Err(_)
                if self.unlisted_unknown
                    && !self.known_absent.iter().any(|k| k.as_str() == key) =>
            {
                Knowledge::Unknown
            }
            Err(_) => Knowledge::Absent,
        }
    }

    /// Whether some label of this device is unknown.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        self.unlisted_unknown || self.labels.iter().any(|l| l.value.is_none())
    }
}
