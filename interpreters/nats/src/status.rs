//! What devices tell of themselves, beside what is wanted of them.

use std::collections::BTreeMap;
use std::time::Duration;

use escadre_algebra::DeviceId;

use crate::device::{Beat, Report};
use crate::names::parse_device_token;
use crate::world::{Anomaly, World};

/// What is wanted of each device, and what it tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The members, and all that told something.
    pub devices: BTreeMap<DeviceId, DeviceStatus>,
    /// What in the buckets of reports makes no sense, in the order of the keys.
    pub anomalies: Vec<Anomaly>,
}

/// What is wanted of one device, and what it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceStatus {
    /// The generation that last wrote it; `None` if it is no member.
    pub wanted: Option<u64>,
    /// Its last report.
    pub report: Option<Report>,
    /// How long ago, by the server's clock, its last heartbeat arrived; `None` if none did.
    pub silent_for: Option<Duration>,
}

/// How a device is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It runs what is wanted.
    UpToDate,
    /// It told of trouble.
    Troubled,
    /// It runs something older, or told nothing yet.
    Behind,
    /// It is no member, but it told something once.
    NotMember,
}

impl DeviceStatus {
    /// How the device is doing, by its own word.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let Some(wanted) = self.wanted else { return Standing::NotMember };
        match &self.report {
            Some(report) if report.trouble.is_some() => Standing::Troubled,
            Some(report) if report.generation >= wanted => Standing::UpToDate,
            Some(_) | None => Standing::Behind,
        }
    }

    /// Whether its last heartbeat is older than `patience`, or none arrived.
    #[must_use]
    pub fn is_silent(&self, patience: Duration) -> bool {
        self.silent_for.is_none_or(|silent_for| silent_for > patience)
    }
}

impl Status {
    /// Nothing was told yet of the members of `world`.
    pub(crate) fn of(world: &World) -> Self {
        let wanted = |generation| DeviceStatus { wanted: Some(generation), ..Default::default() };
        let devices = world.rows.iter().map(|(id, row)| (id.clone(), wanted(row.generation)));
        Self { devices: devices.collect(), anomalies: Vec::new() }
    }

    /// Reads the entry `bytes` of `key` in the bucket of states; why it makes no sense, if so.
    pub(crate) fn read_state(&mut self, key: &str, bytes: &[u8]) -> Result<(), String> {
        let device = parse_device_token(key).map_err(|error| error.to_string())?;
        let report = Report::decode(bytes);
        // What is there now counts, not what was there a moment ago.
        match report {
            Ok(report) => self.devices.entry(device).or_default().report = Some(report),
            Err(why) => {
                if let Some(device) = self.devices.get_mut(&device) {
                    device.report = None;
                }
                return Err(why);
            }
        }
        Ok(())
    }

    /// Reads the entry `bytes` of `key` in the bucket of heartbeats, stored `silent_for` ago; why it makes
    /// no sense, if so.
    pub(crate) fn read_beat(
        &mut self,
        key: &str,
        bytes: &[u8],
        silent_for: Duration,
    ) -> Result<(), String> {
        let device = parse_device_token(key).map_err(|error| error.to_string())?;
        Beat::decode(bytes, &device)?;
        self.devices.entry(device).or_default().silent_for = Some(silent_for);
        Ok(())
    }

    /// How many devices are doing so.
    #[must_use]
    pub fn count(&self, standing: Standing) -> usize {
        self.devices.values().filter(|device| device.standing() == standing).count()
    }
}
