//! The whole round on three servers: inventories, contents, devices and their reports, while leaders die.

use std::cell::Cell;
use std::time::Duration;

use async_nats::jetstream;
use escadre_algebra::{Coverage, DeviceId, Digest, Facts, Fleet, Inventory, config_file, deploy};
use escadre_interpreter::inventory::ReadOptions;
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_nats::device::{Device, Report, Told, Wanted};
use escadre_nats::permissions::Buckets;
use escadre_nats::status::Standing;
use escadre_nats::{
    Nats, Options, ServerErrorKind, make_report_buckets, read_inventory, read_reported,
    write_inventory,
};
use escadre_testbed::NatsCluster;
use futures_util::future::join;

use crate::support::{client, fleet, inventory, resolve, run, soon, turn};

/// How many bytes the file has that every device gets: as many as a fleet carries.
const N_BYTES: u32 = 1 << 20;

/// How often one device fetches it.
const N_FETCHED: usize = 20;

fn options(bucket: &str) -> Options {
    Options { bucket: bucket.to_owned(), replicas: 3, ..Options::default() }
}

/// A file of `version`.
fn content(version: u8) -> Vec<u8> {
    (0..N_BYTES).map(|n| (n % 251) as u8 ^ version).collect()
}

/// Resources of `version`, and a large file of it.
fn with_file(version: u8) -> Fleet {
    fleet(i64::from(version))
        | deploy(config_file("model").path("/model").content(content(version)))
}

/// A device that connects again whenever it must.
struct Follower {
    url: String,
    id: DeviceId,
    device: Device,
    accepted: u64,
}

impl Follower {
    async fn connect(url: &str, id: &DeviceId, accepted: u64) -> Result<Device, ()> {
        let client = async_nats::ConnectOptions::new();
        let servers: Vec<async_nats::ServerAddr> =
            url.split(',').map(|url| url.parse().unwrap()).collect();
        let client = client.connect(servers).await.map_err(drop)?;
        Device::connect(client, id.clone(), Buckets::default(), accepted).await.map_err(drop)
    }

    async fn start(url: &str, id: DeviceId) -> Self {
        let device = loop {
            if let Ok(device) = Self::connect(url, &id, 0).await {
                break device;
            }
        };
        Self { url: url.to_owned(), id, device, accepted: 0 }
    }

    async fn again(&mut self) {
        if let Ok(device) = Self::connect(&self.url, &self.id, self.accepted).await {
            self.device = device;
        }
    }

    /// Follows its keys until it is told to run what `wanted` has for it; anything older that it is told
    /// is whole and was wanted once.
    async fn accept(&mut self, wanted: &Snapshot, earlier: &[Snapshot]) -> Wanted {
        loop {
            let told = tokio::time::timeout(Duration::from_secs(10), self.device.next()).await;
            match told {
                Ok(Ok(Told::Wanted(told))) => {
                    let mut known = earlier.iter().chain([wanted]);
                    let is = |s: &Snapshot| s.get(self.id.as_str()) == Some(&told.configuration);
                    assert!(known.any(is), "`{}` was told of what nobody wanted", self.id);
                    assert!(told.generation >= self.accepted, "`{}` was taken back", self.id);
                    self.accepted = told.generation;
                    if is(wanted) {
                        return told;
                    }
                }
                // What lags behind is told as refused, and the right one comes.
                Ok(Ok(Told::Refused(_))) => {}
                Ok(Ok(Told::Left)) => panic!("`{}` is a member", self.id),
                Ok(Err(_)) | Err(_) => self.again().await,
            }
        }
    }

    /// Fetches the file and tells all there is to tell; what a dying leader does not take is sent again.
    async fn tell(&mut self, wanted: &Wanted, version: u8) {
        let digest = Digest::of(&content(version));
        loop {
            match self.device.content(digest).await {
                Ok(Some(bytes)) => break assert!(bytes == content(version)),
                Ok(None) | Err(_) => self.again().await,
            }
        }
        let report = Report::new(wanted.generation, None);
        while self.device.report(&report).await.is_err() {}
        while self.device.beat().await.is_err() {}
        let labels = [("runs".to_owned(), version.to_string())];
        while self.device.tell(labels.clone().into()).await.is_err() {}
    }
}

/// The server that leads the stream of `bucket`, by its number; waits until one does.
async fn leader(url: &str, bucket: &str) -> usize {
    let context = jetstream::new(client(url).await);
    loop {
        let Ok(stream) = context.get_stream(format!("KV_{bucket}")).await else { continue };
        let info = stream.cached_info();
        assert_eq!(info.config.num_replicas, 3, "`{bucket}`");
        let leader = info.cluster.as_ref().and_then(|cluster| cluster.leader.clone());
        if let Some(at) = leader.and_then(|name| name.strip_prefix('n')?.parse().ok()) {
            return at;
        }
    }
}

/// All devices accept, fetch and report `version`, and the controller reads it.
async fn round(target: &mut Nats, devices: &mut [Follower], version: u8, wanted: &[Snapshot]) {
    let (last, earlier) = wanted.split_last().unwrap();
    for device in devices.iter_mut() {
        let told = device.accept(last, earlier).await;
        device.tell(&told, version).await;
    }
    let buckets = Buckets::default();
    let world = target.observe().await.unwrap().state;
    let status = target.status(&world, &buckets).await.unwrap();
    assert_eq!(status.count(Standing::UpToDate), devices.len());
    assert!(status.devices.values().all(|it| !it.is_silent(Duration::from_secs(600))));
    let url = devices[0].url.clone();
    let reported = read_reported(&client(&url).await, &buckets.info).await.unwrap();
    for device in devices.iter() {
        assert_eq!(reported.devices[device.id.as_str()]["runs"], version.to_string());
    }
    println!("version {version}: {} devices accepted, fetched, reported", devices.len());
}

/// The inventory of `n` devices is written and read back.
async fn list(url: &str, n: usize) -> Inventory {
    let ours = client(url).await;
    write_inventory(&ours, &options("inventory"), &inventory(n)).await.unwrap();
    let read = read_inventory(&ours, "inventory", &ReadOptions::default()).await.unwrap();
    assert_eq!(read.inventory, inventory(n));
    read.inventory
}

#[test]
fn devices_and_the_controller_go_on_with_all_they_do_while_leaders_of_three_servers_die() {
    let mut cluster = NatsCluster::start().unwrap();
    let url = cluster.url();
    run(async {
        make_report_buckets(&client(&url).await, &Buckets::default(), 3).await.unwrap();
        let mut target = Nats::open(client(&url).await, options("desired-state")).await.unwrap();
        let (mut devices, mut wanted): (Vec<Follower>, Vec<Snapshot>) = Default::default();
        // In each round the leader of another bucket dies, and comes back after it; one device is new.
        let victims = ["", "desired-state", "device-state", "inventory", "device-heartbeat"];
        for (victim, version) in victims.into_iter().zip(1_u8..) {
            let killed = match victim {
                "" => None,
                bucket => Some(leader(&url, bucket).await),
            };
            if let Some(at) = killed {
                cluster.servers()[at].kill();
                println!("n{at}, the leader of `{victim}`, was killed");
            }
            let listed = soon(list(&url, usize::from(version) + 1)).await;
            let resolved = resolve(&with_file(version), &listed);
            soon(turn(&mut target, &resolved)).await.unwrap();
            wanted.push(Snapshot::wanted(&resolved));
            let ids: Vec<DeviceId> = listed.ids().map(|id| DeviceId::parse(id).unwrap()).collect();
            for id in &ids[devices.len()..] {
                let admit =
                    async { while target.admit(std::slice::from_ref(id)).await.is_err() {} };
                soon(admit).await;
                devices.push(soon(Follower::start(&url, id.clone())).await);
            }
            soon(round(&mut target, &mut devices, version, &wanted)).await;
            if let Some(at) = killed {
                cluster.servers()[at].restart().unwrap();
            }
        }
    });
}

#[test]
fn a_leader_that_dies_while_a_file_is_fetched_costs_no_byte() {
    let mut cluster = NatsCluster::start().unwrap();
    let url = cluster.url();
    run(async {
        let mut target = Nats::open(client(&url).await, options("desired-state")).await.unwrap();
        let resolved = resolve(&with_file(1), &inventory(2));
        turn(&mut target, &resolved).await.unwrap();
        let id = DeviceId::parse("d001").unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let follower = Follower::start(&url, id).await;
        let digest = Digest::of(&content(1));
        let at = leader(&url, "desired-state").await;
        let n_fetched = Cell::new(0);
        let fetching = async {
            let (mut follower, mut n_failed) = (follower, 0);
            while n_fetched.get() < N_FETCHED {
                match follower.device.content(digest).await {
                    Ok(Some(bytes)) => {
                        assert!(bytes == content(1));
                        n_fetched.set(n_fetched.get() + 1);
                        continue;
                    }
                    // What a replica has not got yet is not there.
                    Ok(None) | Err(_) => n_failed += 1,
                }
                follower.again().await;
            }
            n_failed
        };
        // The next one is on its way then.
        let killing = async {
            while n_fetched.get() < 3 {
                tokio::task::yield_now().await;
            }
            cluster.servers()[at].kill();
        };
        let (n_failed, ()) = soon(join(fetching, killing)).await;
        println!("{N_FETCHED} times 1 MiB while n{at} died: {n_failed} attempts failed");
        // So does the controller, which asks leaders only.
        assert!(soon(target.content(digest)).await.unwrap().is_some_and(|b| b == content(1)));
    });
}

#[test]
fn a_bucket_with_another_number_of_replicas_than_asked_for_is_refused_on_three_servers() {
    let cluster = NatsCluster::start().unwrap();
    let url = cluster.url();
    run(async {
        let ours = client(&url).await;
        Nats::open(ours.clone(), options("three")).await.unwrap();
        let single = Options { replicas: 1, ..options("three") };
        let error = Nats::open(ours.clone(), single).await.unwrap_err();
        assert_eq!(*error.kind(), ServerErrorKind::Replicas { found: 3, wanted: 1 });
        write_inventory(&ours, &options("listed"), &inventory(2)).await.unwrap();
        let single = Options { replicas: 1, ..options("listed") };
        let one = Inventory::new([Facts::of("x", []).unwrap()], Coverage::Complete).unwrap();
        let error = write_inventory(&ours, &single, &one).await.unwrap_err();
        assert!(error.to_string().contains("it has 3 replicas, and 1 were asked for"), "{error}");
        let five = Options { replicas: 5, patience: Duration::from_secs(2), ..options("five") };
        let error = soon(Nats::open(ours, five)).await.unwrap_err();
        assert!(
            matches!(error.kind(), ServerErrorKind::TooFewServers { wanted: 5, .. }),
            "{error}"
        );
    });
}
