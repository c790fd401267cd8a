//! What a device makes of its entries. Pure: whatever bytes come, it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use escadre_algebra::{Configuration, DeviceId, Digest, ResourceName};

use crate::forms::Manifest;
use crate::lift::decode_state;
use crate::names::Key;
use crate::world::Anomaly;

/// What a device is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The generation of its manifest, to be given to the next run of the device.
    pub generation: u64,
    /// All resources, none else.
    pub configuration: Arc<Configuration>,
}

/// What a device comes to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is to run this and nothing else.
    Wanted(Wanted),
    /// It is no member any more: it is to run nothing.
    Left,
    /// What is there is not acted on; what was accepted before stays.
    Refused(Anomaly),
}

/// The entries of one device, as far as they were read: what [`Device`](super::Device) makes of what comes,
/// without a server.
///
/// ```
/// use escadre_algebra::DeviceId;
/// use escadre_nats::device::{Intake, Told};
/// let mut intake = Intake::new(DeviceId::parse("cam-1")?, 0);
/// let manifest = br#"{"version":1,"generation":7,"resources":{}}"#[..].into();
/// let told = intake.read("cam-1._manifest", 9, Some(&manifest), true);
/// assert!(matches!(told, Some(Told::Wanted(wanted)) if wanted.generation == 7));
/// # Ok::<(), escadre_algebra::NameError>(())
/// ```
#[derive(Debug)]
pub struct Intake {
    device: DeviceId,
    values: BTreeMap<ResourceName, (Digest, Bytes)>,
    /// The sequence of the last entry of each key: an earlier one may come again.
    sequences: BTreeMap<String, u64>,
    /// The manifest that is waited with, since not all that it names is there.
    manifest: Option<Manifest>,
    accepted: u64,
}

impl Intake {
    /// Nothing of the device `device` yet, which last accepted the generation `accepted` (0 if none).
    #[must_use]
    pub fn new(device: DeviceId, accepted: u64) -> Self {
        let (values, sequences) = (BTreeMap::new(), BTreeMap::new());
        Self { device, values, sequences, manifest: None, accepted }
    }

    /// Reads one entry, `None` where its key is deleted; `is_last` says that no other is there yet.
    /// What the device comes to know by it, if anything.
    pub fn read(
        &mut self,
        key: &str,
        sequence: u64,
        bytes: Option<&Bytes>,
        is_last: bool,
    ) -> Option<Told> {
        let refused = |why: String| Some(Told::Refused(Anomaly { key: key.to_owned(), why }));
        let parsed = Key::parse(key);
        if let Ok(Key::Resource(device, _) | Key::Manifest(device)) = &parsed
            && *device == self.device
        {
            let known = self.sequences.entry(key.to_owned()).or_default();
            if sequence < *known {
                return None;
            }
            *known = sequence;
        }
        match parsed {
            Ok(Key::Resource(device, name)) if device == self.device => {
                match bytes {
                    Some(bytes) => self.values.insert(name, (Digest::of(bytes), bytes.clone())),
                    None => self.values.remove(&name),
                };
            }
            Ok(Key::Manifest(device)) if device == self.device => {
                self.manifest = None;
                let Some(bytes) = bytes else { return Some(Told::Left) };
                match Manifest::decode(bytes, sequence) {
                    Ok(manifest) if manifest.generation < self.accepted => {
                        return refused(format!(
                            "its generation {} is before {}, which was accepted",
                            manifest.generation, self.accepted
                        ));
                    }
                    Ok(manifest) => self.manifest = Some(manifest),
                    Err(why) => return refused(why),
                }
            }
            Ok(_) => return refused("it is not this device's".to_owned()),
            Err(error) => return refused(error.to_string()),
        }
        self.settle(is_last)
    }

    /// Accepts the manifest if all that it names is there.
    fn settle(&mut self, is_last: bool) -> Option<Told> {
        let manifest = self.manifest.as_ref()?;
        let mut states = BTreeMap::new();
        for (name, digest) in &manifest.resources {
            let refused = |why: &str| {
                let key = Key::Resource(self.device.clone(), name.clone());
                // What is missing may be on its way.
                is_last.then(|| Told::Refused(Anomaly::new(&key, why)))
            };
            match self.values.get(name) {
                Some((there, bytes)) if there == digest => match decode_state(bytes) {
                    Ok(state) => states.insert(name.clone(), Arc::new(state)),
                    Err(why) => return refused(&why),
                },
                Some(_) => return refused("it is not what the manifest names"),
                None => return refused("the manifest names it, but it is not there"),
            };
        }
        let generation = manifest.generation;
        (self.manifest, self.accepted) = (None, generation);
        let configuration = Arc::new(Configuration::new(states));
        Some(Told::Wanted(Wanted { generation, configuration }))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use escadre_algebra::{DeviceId, Digest};
    use proptest::prelude::*;

    use super::{Intake, Told};

    fn manifest(generation: u64, resources: &[(&str, &str)]) -> Bytes {
        let resources: Vec<String> = resources
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{}\"", Digest::of(value.as_bytes())))
            .collect();
        let resources = resources.join(",");
        format!(r#"{{"version":1,"generation":{generation},"resources":{{{resources}}}}}"#).into()
    }

    fn read(intake: &mut Intake, key: &str, sequence: u64, bytes: &Bytes) -> Option<Told> {
        intake.read(key, sequence, Some(bytes), true)
    }

    fn generation(told: Option<Told>) -> Option<u64> {
        match told {
            Some(Told::Wanted(wanted)) => Some(wanted.generation),
            _ => None,
        }
    }

    fn d1() -> Intake {
        Intake::new(DeviceId::parse("d1").unwrap(), 0)
    }

    #[test]
    fn a_manifest_is_accepted_once_all_that_it_names_is_there() {
        let (mut intake, one, two) = (d1(), "{\"a\":1}", "{\"a\":2}");
        assert_eq!(
            generation(read(&mut intake, "d1._manifest", 9, &manifest(7, &[("x", two)]))),
            None
        );
        assert_eq!(generation(read(&mut intake, "d1.x", 10, &one.into())), None);
        assert_eq!(generation(read(&mut intake, "d1.x", 11, &two.into())), Some(7));
    }

    #[test]
    fn older_generations_and_those_of_the_future_are_refused() {
        let mut intake = d1();
        assert_eq!(generation(read(&mut intake, "d1._manifest", 9, &manifest(7, &[]))), Some(7));
        assert_eq!(generation(read(&mut intake, "d1._manifest", 10, &manifest(6, &[]))), None);
        assert_eq!(generation(read(&mut intake, "d1._manifest", 11, &manifest(11, &[]))), None);
        assert_eq!(generation(read(&mut intake, "d1._manifest", 12, &manifest(8, &[]))), Some(8));
        assert_eq!(intake.read("d1._manifest", 13, None, true), Some(Told::Left));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_with_what_is_wanted_only_if_they_are_a_manifest(
            key in "d1\\.(_manifest|x|[a-z_]{1,3})|\\PC{0,12}",
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let told = read(&mut d1(), &key, 5, &Bytes::from(bytes));
            prop_assert_eq!(generation(told), None);
        }
    }
}
