//! What stands under a device's keys is incomplete or a lie, on a real server: it is never acted on, it is told,
//! and what is right afterwards is accepted.

use std::collections::BTreeMap;

use async_nats::jetstream::{self, kv::Store};
use escadre_algebra::{DeviceId, Digest, ResourceName};
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_nats::device::{Device, Report, Told, Wanted};
use escadre_nats::permissions::Buckets;
use escadre_nats::status::Standing;
use escadre_nats::{Manifest, Nats, make_report_buckets};
use escadre_testbed::NatsServer;

use crate::devices::next;
use crate::support::{client, fleet, inventory, open, resolve, run, turn};

/// What somebody does to the keys of the device `d001`, and what the device says of it.
struct Lie {
    name: &'static str,
    /// Keys without the device, and their bytes; `None` if the key is deleted.
    entries: Vec<(&'static str, Option<Vec<u8>>)>,
    /// Part of what a device is told that is connected meanwhile; `None` if it is told nothing.
    live: Option<&'static str>,
    /// Part of what a device is told that connects afterwards.
    later: &'static str,
}

/// The bytes under keys, without the device.
type Entries = BTreeMap<&'static str, Vec<u8>>;

/// The fleet's bucket, seen by somebody who may write anything.
struct Stage {
    url: String,
    target: Nats,
    store: Store,
    id: DeviceId,
    version: i64,
    /// What the device `d001` had at each version: its manifest and its rows.
    past: Vec<Entries>,
}

impl Stage {
    async fn new(url: &str) -> Self {
        let ours = client(url).await;
        make_report_buckets(&ours, &Buckets::default(), 1).await.unwrap();
        let target = open(url, "desired-state").await;
        let store = jetstream::new(ours).get_key_value("desired-state").await.unwrap();
        let id = DeviceId::parse("d001").unwrap();
        Self { url: url.to_owned(), target, store, id, version: 0, past: Vec::new() }
    }

    /// Applies the next version.
    async fn go_on(&mut self) -> Snapshot {
        self.version += 1;
        let resolved = resolve(&fleet(self.version), &inventory(3));
        turn(&mut self.target, &resolved).await.unwrap();
        let mut entries = Entries::new();
        for key in ["_manifest", "motd", "recorder"] {
            entries.insert(key, self.of("d001", key).await);
        }
        self.past.push(entries);
        Snapshot::wanted(&resolved)
    }

    async fn of(&self, device: &str, key: &str) -> Vec<u8> {
        self.store.get(format!("{device}.{key}")).await.unwrap().unwrap().to_vec()
    }

    async fn connect(&self, accepted: u64) -> Device {
        let client = client(&self.url).await;
        Device::connect(client, self.id.clone(), Buckets::default(), accepted).await.unwrap()
    }

    async fn put(&self, entries: &[(&'static str, Option<Vec<u8>>)]) {
        for (key, bytes) in entries {
            let key = format!("d001.{key}");
            match bytes {
                Some(bytes) => drop(self.store.put(key, bytes.clone().into()).await.unwrap()),
                None => self.store.delete(key).await.unwrap(),
            }
        }
    }

    async fn is_troubled(&mut self) -> bool {
        let world = self.target.observe().await.unwrap().state;
        let status = self.target.status(&world, &Buckets::default()).await.unwrap();
        let device = &status.devices["d001"];
        // Without a manifest that makes sense it is no member; what it told is there all the same.
        assert!(
            [Standing::Troubled, Standing::UpToDate, Standing::NotMember]
                .contains(&device.standing())
        );
        device.report.as_ref().is_some_and(|report| report.trouble.is_some())
    }

    /// The present manifest of `d001` with what `change` makes of it.
    async fn manifest(&self, change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
        let bytes = self.of("d001", "_manifest").await;
        let mut manifest = Manifest::decode(&bytes, u64::MAX).unwrap();
        change(&mut manifest);
        serde_json::to_vec(&manifest).unwrap()
    }

    /// All of them, of the present state.
    async fn lies(&self) -> Vec<Lie> {
        let mut lies = self.manifests().await;
        lies.extend(self.rows().await);
        lies
    }

    /// Manifests that are not those of the rows that are there.
    async fn manifests(&self) -> Vec<Lie> {
        let half = |mut manifest: Vec<u8>| {
            manifest.truncate(manifest.len() / 2);
            manifest
        };
        let naming = |resource: &str, n: usize| {
            let named = (0..n).map(|n| resource.replace('#', &n.to_string()));
            let named: Vec<_> = named.map(|name| (name_of(&name), nothing())).collect();
            self.manifest(|manifest| manifest.resources.extend(named))
        };
        let as_is = self.manifest(|_| ()).await;
        let lies = [
            ("a row is missing", naming("ghost", 1).await, NOT_THERE),
            ("it names 9000 rows", naming("ghost-#", 9_000).await, NOT_THERE),
            ("a digest is wrong", naming("motd", 1).await, NOT_THAT),
            ("it is another device's", self.of("d002", "_manifest").await, NOT_THAT),
            ("it is of the future", self.manifest(|m| m.generation = u64::MAX).await, "not before"),
            ("it is older", self.manifest(|m| m.generation -= 1).await, OLDER),
            (
                "it is of another version",
                replaced(&as_is, "\"version\":1", "\"version\":2"),
                "version 2",
            ),
            ("it is empty", Vec::new(), "not understood"),
            ("it is half of one", half(as_is), "not understood"),
            ("it is deep", b"[".repeat(900_000), "not understood"),
        ];
        let lie = |(name, manifest, why)| {
            let entries = vec![("_manifest", Some(manifest))];
            Lie { name, entries, live: Some(why), later: why }
        };
        lies.into_iter().map(lie).collect()
    }

    /// Rows that are not those of the manifest, and all of an earlier one.
    async fn rows(&self) -> Vec<Lie> {
        let silent =
            |name, key, row, later| Lie { name, entries: vec![(key, row)], live: None, later };
        let old = |key| self.past.iter().rev().nth(1).map(|entries| entries[key].clone());
        let number = b"null".to_vec();
        let named = Digest::of(&number);
        let naming = self.manifest(|m| m.resources.extend([(name_of("motd"), named)])).await;
        let another = br#"{"text":"of another"}"#.to_vec();
        vec![
            silent("a row is newer than the manifest", "motd", Some(another), NOT_THAT),
            silent("a row is gone", "motd", None, NOT_THERE),
            silent("a row is older than the manifest", "recorder", old("recorder"), NOT_THAT),
            Lie {
                name: "all of it is of the generation before",
                entries: ["motd", "recorder", "_manifest"].map(|key| (key, old(key))).into(),
                live: Some(OLDER),
                later: OLDER,
            },
            Lie {
                name: "a row is no resource",
                entries: vec![("motd", Some(number)), ("_manifest", Some(naming))],
                live: Some("no resource"),
                later: "no resource",
            },
        ]
    }
}

const NOT_THERE: &str = "the manifest names it, but it is not there";
const NOT_THAT: &str = "it is not what the manifest names";
const OLDER: &str = "which was accepted";

fn name_of(name: &str) -> ResourceName {
    ResourceName::parse(name).unwrap()
}

/// The digest of what is nowhere.
fn nothing() -> Digest {
    Digest::of(b"nothing that is there")
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replace(from, to).into_bytes()
}

fn is_refused(told: &Told, why: &str, name: &str) -> String {
    let Told::Refused(anomaly) = told else { panic!("{name}: {told:?}") };
    assert!(anomaly.key.starts_with("d001.") && anomaly.why.contains(why), "{name}: {anomaly:?}");
    assert!(anomaly.why.len() < 300, "{name} is told in {} bytes", anomaly.why.len());
    anomaly.why.clone()
}

fn is_wanted(told: Told, wanted: &Snapshot, name: &str) -> Wanted {
    let Told::Wanted(told) = told else { panic!("{name}: {told:?}") };
    assert_eq!(Some(&told.configuration), wanted.get("d001"), "{name}");
    told
}

#[test]
fn no_lie_under_a_device_s_keys_is_acted_on_each_is_told_and_the_truth_is_accepted_afterwards() {
    let server = NatsServer::start().unwrap();
    run(async {
        let mut stage = Stage::new(&server.url()).await;
        stage.go_on().await;
        let before = stage.go_on().await;
        stage.target.admit(std::slice::from_ref(&stage.id)).await.unwrap();
        let mut device = stage.connect(0).await;
        let mut accepted = is_wanted(next(&mut device).await, &before, "the truth").generation;
        let n = stage.lies().await.len();
        for at in 0..n {
            let lie = stage.lies().await.swap_remove(at);
            stage.put(&lie.entries).await;
            // Whoever is told nothing goes on with what it has; what it hears next is the truth.
            if let Some(why) = lie.live {
                is_refused(&next(&mut device).await, why, lie.name);
            } else {
                let truth = stage.go_on().await;
                let told = is_wanted(next(&mut device).await, &truth, lie.name);
                accepted = told.generation;
                let lie = stage.lies().await.swap_remove(at);
                stage.put(&lie.entries).await;
            }
            drop(device);
            let mut again = stage.connect(accepted).await;
            let why = is_refused(&next(&mut again).await, lie.later, lie.name);
            println!("{}: {why}", lie.name);
            again.report(&Report::new(accepted, Some(why))).await.unwrap();
            assert!(stage.is_troubled().await, "{}", lie.name);
            let truth = stage.go_on().await;
            let told = is_wanted(next(&mut again).await, &truth, lie.name);
            assert!(told.generation > accepted, "{}", lie.name);
            accepted = told.generation;
            again.report(&Report::new(accepted, None)).await.unwrap();
            assert!(!stage.is_troubled().await, "{}", lie.name);
            device = again;
        }
        println!("lies under the keys of a device: {n}, none of them acted on");
    });
}
