//! What devices tell of their own labels, joined with an inventory that its owner asserts.

use std::collections::BTreeMap;

use escadre_algebra::{Attestation, DeviceId, Facts, Inventory, Label, LabelKey};
use serde::{Deserialize, Serialize};

use crate::forms::FORMAT;
use crate::names::{device_token, parse_device_token};
use crate::world::Anomaly;

/// The labels that a device tells of itself: the value of its key in the bucket of infos.
///
/// It names its device, as a [`Beat`](crate::device::Beat) does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// The version of this form.
    pub version: u64,
    /// The token of the device, see [`device_token`].
    pub device: String,
    /// The labels, by key.
    pub labels: BTreeMap<String, String>,
}

impl Info {
    /// What the device `id` tells.
    #[must_use]
    pub fn new(id: &DeviceId, labels: BTreeMap<String, String>) -> Self {
        Self { version: FORMAT, device: device_token(id), labels }
    }

    /// What `bytes`, found under the key of the device `id`, spell.
    ///
    /// # Errors
    /// Why they spell none of this version, another device's, or a key that is none.
    pub fn decode(bytes: &[u8], id: &DeviceId) -> Result<Self, String> {
        let info: Self = crate::forms::decode(bytes)?;
        if info.device != device_token(id) {
            return Err(format!("it is what `{}` tells", info.device));
        }
        for key in info.labels.keys() {
            LabelKey::parse(key).map_err(|error| error.to_string())?;
        }
        Ok(info)
    }
}

/// The labels that devices told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// By device; one that told what makes no sense is not among them.
    pub devices: BTreeMap<DeviceId, BTreeMap<String, String>>,
    /// What in the bucket makes no sense, in the order of the keys.
    pub anomalies: Vec<Anomaly>,
}

impl Reported {
    /// Reads the entry `bytes` of `key`; why it makes no sense, if so.
    pub(crate) fn read(&mut self, key: &str, bytes: &[u8]) -> Result<(), String> {
        let device = parse_device_token(key).map_err(|error| error.to_string())?;
        match Info::decode(bytes, &device) {
            Ok(info) => drop(self.devices.insert(device, info.labels)),
            Err(why) => {
                // What is there now counts, not what was there a moment ago.
                self.devices.remove(&device);
                return Err(why);
            }
        }
        Ok(())
    }
}

/// The devices of `asserted` with their own labels and, of the others, those that they report.
///
/// What is asserted stands, whatever is reported; a device that is not listed is not added, since
/// whoever has its credentials could make it up. A label that is neither asserted nor reported is
/// absent only on a device that told its labels; on one that did not, or told what makes no sense, it
/// is unknown, and so it is on all where the source of reports did not answer (`None`).
/// So whoever can spoil a report cannot change what a device gets. Costs O(labels).
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory, Knowledge};
/// use escadre_nats::info::{Reported, joined};
/// let asserted = Inventory::new([Facts::of("cam-1", [("site", "lyon")])?], Coverage::Complete)?;
/// let mut reported = Reported::default();
/// let told = [("firmware", "2.1"), ("site", "elsewhere")].map(|(k, v)| (k.to_owned(), v.to_owned()));
/// reported.devices.insert(asserted.devices()[0].id().clone(), told.into());
/// let with = joined(&asserted, Some(&reported));
/// assert_eq!(with.devices()[0].label("firmware"), Knowledge::Known("2.1"));
/// assert_eq!(with.devices()[0].label("site"), Knowledge::Known("lyon"));
/// assert_eq!(with.devices()[0].label("gpu"), Knowledge::Absent);
/// for silent in [None, Some(&Reported::default())] {
///     assert_eq!(joined(&asserted, silent).devices()[0].label("gpu"), Knowledge::Unknown);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn joined(asserted: &Inventory, reported: Option<&Reported>) -> Inventory {
    let told = |facts: &Facts| reported?.devices.get(facts.id().as_str());
    let devices = asserted.devices().iter().map(|facts| match told(facts) {
        None => facts.clone().with_unlisted_unknown(),
        Some(labels) => with_labels(facts, labels),
    });
    // The ids are those of an inventory: each is there once.
    let joined = Inventory::new(devices, asserted.coverage());
    joined.unwrap_or_else(|_| asserted.clone())
}

fn with_labels(facts: &Facts, reported: &BTreeMap<String, String>) -> Facts {
    let mut facts = facts.clone();
    for (key, value) in reported {
        let is_listed = facts.labels().iter().any(|label| label.key.as_str() == key);
        if let (false, Ok(key)) = (is_listed, LabelKey::parse(key)) {
            let value = Some(value.as_str().into());
            facts.set(Label { key, value, attestation: Attestation::Reported });
        }
    }
    facts
}
