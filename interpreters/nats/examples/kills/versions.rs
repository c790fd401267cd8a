//! The devices and the fleets that controllers apply to them in turn.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use escadre_algebra::{
    Configuration, Coverage, Digest, EncodeOptions, Facts, Fleet, Inventory, Resource, deploy,
    label,
};
use escadre_interpreter::{Snapshot, inventory::write_jsonl};

use crate::Outcome;

/// Several batches of messages, so that a kill can land between two.
pub(crate) const N_DEVICES: usize = 1_500;
/// The fleets that controllers apply in turn; the odd ones leave out a site.
pub(crate) const N_VERSIONS: usize = 4;

/// The digests of the bytes of a device's resources, by their names.
pub(crate) type Digests = BTreeMap<String, Digest>;

/// What each version wants of the devices.
pub(crate) struct Versions {
    wanted: Vec<Snapshot>,
    fleets: Vec<Digest>,
    /// What a bucket holds for each member.
    digests: Vec<BTreeMap<String, Digests>>,
}

impl Versions {
    /// Writes the inventory and the fleets into `folder`, where controllers read them.
    pub(crate) fn write(folder: &Path) -> Outcome<Self> {
        let inventory = inventory()?;
        let file = File::create(folder.join("devices.jsonl")).map_err(|error| error.to_string())?;
        write_jsonl(&inventory, file).map_err(|error| error.to_string())?;
        let mut versions = Self { wanted: Vec::new(), fleets: Vec::new(), digests: Vec::new() };
        for version in 0..N_VERSIONS {
            let fleet = fleet(version);
            let bytes =
                fleet.encode(&EncodeOptions::default()).map_err(|error| error.to_string())?;
            let path = folder.join(format!("{version}.lock"));
            std::fs::write(path, bytes).map_err(|error| error.to_string())?;
            let resolved = fleet.resolve(&inventory).map_err(|error| error.to_string())?;
            let wanted = Snapshot::wanted(&resolved);
            let rows = wanted.iter().map(|(id, held)| (id.to_string(), digests(held)));
            versions.digests.push(rows.collect());
            versions.wanted.push(wanted);
            versions.fleets.push(resolved.fleet_digest());
        }
        Ok(versions)
    }

    /// What `version` wants.
    pub(crate) fn wanted(&self, version: usize) -> Option<&Snapshot> {
        self.wanted.get(version)
    }

    /// The digest of the fleet of `version`, as fences name it.
    pub(crate) fn fleet(&self, version: usize) -> Option<Digest> {
        self.fleets.get(version).copied()
    }

    /// Whether some version wants exactly this of all devices.
    pub(crate) fn is_whole(&self, held: &Snapshot) -> bool {
        self.wanted.contains(held)
    }

    /// Whether some version wants exactly this of the device `id`.
    pub(crate) fn has(&self, id: &str, held: &Configuration) -> bool {
        self.wanted.iter().any(|wanted| wanted.get(id).is_some_and(|wanted| **wanted == *held))
    }

    /// What a bucket holds of each member once the fleet with the digest `fleet` is applied.
    pub(crate) fn rows(&self, fleet: Digest) -> Option<&BTreeMap<String, Digests>> {
        self.digests.get(self.fleets.iter().position(|known| *known == fleet)?)
    }
}

fn digests(held: &Configuration) -> Digests {
    let digest = |text: String| Digest::of(text.as_bytes());
    held.resources()
        .iter()
        .map(|(name, state)| (name.to_string(), digest(state.to_text())))
        .collect()
}

pub(crate) fn device_id(i: usize) -> String {
    format!("d{i:04}")
}

fn inventory() -> Outcome<Inventory> {
    let device = |i: usize| Facts::of(&device_id(i), [("site", ["a", "b", "c"][i % 3])]);
    let devices = (0..N_DEVICES).map(device).collect::<Result<Vec<_>, _>>();
    let devices = devices.map_err(|error| error.to_string())?;
    Inventory::new(devices, Coverage::Complete).map_err(|error| error.to_string())
}

/// Two resources that say which version they are of.
fn fleet(version: usize) -> Fleet {
    let recorder = Resource::new("recorder").set("release", version.to_string());
    let motd =
        Resource::new("motd").set("text", format!("hello {version}")).set("site", label("site"));
    let fleet = deploy(recorder) | deploy(motd);
    if version % 2 == 1 { fleet.restrict(!label("site").eq("c")) } else { fleet }
}
