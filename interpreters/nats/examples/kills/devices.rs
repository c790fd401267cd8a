//! Devices that follow their keys, as a device does that uses the library.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use escadre_algebra::{Configuration, DeviceId};
use escadre_nats::device::{Device, Told};
use escadre_nats::permissions::Buckets;
use escadre_nats::{Address, Nats, connect_device};
use tokio::sync::watch;

use crate::Outcome;
use crate::versions::{Versions, device_id};

/// How many devices follow their keys, and how far apart they are: no multiple of the sites, so that there are
/// some of each.
const N_FOLLOWING: usize = 8;
const STEP: usize = 187;
/// How long an attempt to connect may take, and how long a server that does not answer is left alone.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);
/// How long they may take until they know what is wanted.
const DEADLINE: Duration = Duration::from_secs(60);

/// What all devices were told.
#[derive(Clone, Copy, Default)]
pub(crate) struct Heard {
    pub(crate) n_connected: u64,
    pub(crate) n_wanted: u64,
    pub(crate) n_left: u64,
    pub(crate) n_refused: u64,
    /// Configurations that no version gives them.
    pub(crate) n_mixed: u64,
    /// Generations before one that they had accepted.
    pub(crate) n_back: u64,
}

/// What one device was told.
#[derive(Default)]
struct One {
    heard: Heard,
    accepted: u64,
    /// What it runs.
    runs: Option<Arc<Configuration>>,
}

/// Devices at work.
pub(crate) struct Devices {
    devices: Vec<(DeviceId, Arc<Mutex<One>>)>,
    changed: watch::Receiver<()>,
    again: watch::Sender<()>,
}

impl Devices {
    /// Admits some of the devices of `controller`'s bucket, and has them follow it.
    pub(crate) async fn follow(
        controller: &Nats,
        address: &Address,
        versions: &Arc<Versions>,
    ) -> Outcome<Self> {
        let ids = (0..N_FOLLOWING).map(|i| DeviceId::parse(&device_id(i * STEP)));
        let ids = ids.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        controller.admit(&ids).await.map_err(|error| error.to_string())?;
        let ((tell, changed), (again, _)) = (watch::channel(()), watch::channel(()));
        let mut devices = Vec::new();
        for id in ids {
            let one = Arc::new(Mutex::new(One::default()));
            let following = Following {
                address: address.clone(),
                id: id.clone(),
                versions: Arc::clone(versions),
                one: Arc::clone(&one),
                tell: tell.clone(),
            };
            tokio::spawn(following.run(again.subscribe()));
            devices.push((id, one));
        }
        Ok(Self { devices, changed, again })
    }

    /// Has all of them begin anew, with nothing but the generation that they accepted.
    pub(crate) fn restart(&self) {
        self.again.send_replace(());
    }

    /// Waits until each runs what `version` wants of it.
    pub(crate) async fn settle(&mut self, versions: &Versions, version: usize) -> Outcome {
        let wanted = versions.wanted(version);
        let runs_it = |(id, one): &(DeviceId, Arc<Mutex<One>>)| {
            lock(one).runs.as_ref() == wanted.and_then(|wanted| wanted.get(id.as_str()))
        };
        let devices = &self.devices;
        let settled = self.changed.wait_for(|()| devices.iter().all(runs_it));
        if let Ok(Ok(_)) = tokio::time::timeout(DEADLINE, settled).await {
            return Ok(());
        }
        let late = devices.iter().find(|device| !runs_it(device));
        let id = late.map_or("none", |(id, _)| id.as_str());
        Err(format!("the device `{id}` does not run what is wanted after {} s", DEADLINE.as_secs()))
    }

    /// What all of them were told.
    pub(crate) fn heard(&self) -> Heard {
        self.devices.iter().fold(Heard::default(), |sum, (_, one)| sum.and(lock(one).heard))
    }
}

impl Heard {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            n_connected: self.n_connected + other.n_connected,
            n_wanted: self.n_wanted + other.n_wanted,
            n_left: self.n_left + other.n_left,
            n_refused: self.n_refused + other.n_refused,
            n_mixed: self.n_mixed + other.n_mixed,
            n_back: self.n_back + other.n_back,
        }
    }
}

/// One device at work.
struct Following {
    address: Address,
    id: DeviceId,
    versions: Arc<Versions>,
    one: Arc<Mutex<One>>,
    tell: watch::Sender<()>,
}

impl Following {
    async fn run(self, mut again: watch::Receiver<()>) {
        loop {
            let connected = tokio::time::timeout(PATIENCE, self.connect());
            let Ok(Ok(mut device)) = connected.await else {
                if again.has_changed().is_err() {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            lock(&self.one).heard.n_connected += 1;
            loop {
                let told = tokio::select! {
                    told = device.next() => told,
                    changed = again.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    }
                };
                let Ok(told) = told else { break };
                self.note(told);
            }
        }
    }

    async fn connect(&self) -> Outcome<Device> {
        let client = connect_device(&self.address, &self.id, &|_| None).await;
        let client = client.map_err(|error| error.to_string())?;
        let buckets = Buckets { desired: self.address.bucket().to_owned(), ..Buckets::default() };
        let accepted = lock(&self.one).accepted;
        let device = Device::connect(client, self.id.clone(), buckets, accepted).await;
        device.map_err(|error| error.to_string())
    }

    fn note(&self, told: Told) {
        let mut one = lock(&self.one);
        match told {
            Told::Wanted(wanted) => {
                one.heard.n_wanted += 1;
                if !self.versions.has(self.id.as_str(), &wanted.configuration) {
                    println!("the device `{}` is to run {:?}", self.id, wanted.configuration);
                    one.heard.n_mixed += 1;
                }
                if wanted.generation < one.accepted {
                    println!("the device `{}` goes back to {}", self.id, wanted.generation);
                    one.heard.n_back += 1;
                }
                (one.accepted, one.runs) = (wanted.generation, Some(wanted.configuration));
            }
            Told::Left => {
                one.heard.n_left += 1;
                one.runs = None;
            }
            Told::Refused(_) => one.heard.n_refused += 1,
        }
        drop(one);
        self.tell.send_replace(());
    }
}

fn lock(one: &Mutex<One>) -> MutexGuard<'_, One> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}
