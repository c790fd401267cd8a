//! Buckets that hold anything: it is told with its key, and the rest goes on.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::kv::{PutErrorKind, Store};
use escadre_algebra::DeviceId;
use escadre_interpreter::inventory::ReadOptions;
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_nats::device::{Device, Report};
use escadre_nats::permissions::Buckets;
use escadre_nats::status::Standing;
use escadre_nats::{Options, make_report_buckets, read_inventory, read_reported, write_inventory};
use escadre_testbed::NatsServer;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::{client, fleet, held, inventory, open, resolve, run, turn};

#[test]
fn whatever_is_in_a_bucket_is_told_with_its_key_and_repaired_where_a_device_is_wanted() {
    let server = NatsServer::start().unwrap();
    let digest = format!("sha256:{}", "0".repeat(64));
    let other = escadre_algebra::Digest::of(br#"{"text":"hello 1"}"#);
    let bad: Vec<(&str, Vec<u8>)> = vec![
        // Manifests: no JSON, another version, of the future, that lie, that name odd resources.
        ("d000._manifest", b"\xff\x00\xfe".to_vec()),
        ("d001._manifest", br#"{"version":2,"generation":1,"resources":{}}"#.to_vec()),
        ("d002._manifest", br#"{"version":1,"generation":18446744073709551615,"resources":{}}"#.to_vec()),
        ("d003._manifest", format!(r#"{{"version":1,"generation":1,"resources":{{"motd":"{digest}","recorder":"{digest}"}}}}"#).into_bytes()),
        ("d004._manifest", br#"{"version":1,"generation":1,"resources":{"Not A Name":"sha256:0"}}"#.to_vec()),
        ("d005._manifest", format!(r#"{{"version":1,"generation":1,"resources":{{"nowhere":"{other}"}}}}"#).into_bytes()),
        ("d006._manifest", Vec::new()),
        // Resources: no JSON, no resource, deep.
        ("d007.motd", b"\x80".to_vec()),
        ("d008.motd", b"null".to_vec()),
        ("d009.motd", [b"{\"a\":".repeat(20_000), b"1".to_vec(), b"}".repeat(20_000)].concat()),
        ("d010.unnamed", b"{}".to_vec()),
        // Keys of nobody.
        ("stranger.motd", b"{\"text\":\"x\"}".to_vec()),
        ("=2e.motd", b"{}".to_vec()),
        ("lonely", b"1".to_vec()),
        ("d000.Not_A_Name", b"{}".to_vec()),
        ("d000.a.b", b"{}".to_vec()),
        ("_content.x.head", b"{}".to_vec()),
        ("_fence", b"{\"version\":1".to_vec()),
    ];
    run(async {
        let mut target = open(&server.url(), "hostile").await;
        let resolved = resolve(&fleet(1), &inventory(12));
        turn(&mut target, &resolved).await.unwrap();
        let store = jetstream::new(client(&server.url()).await).get_key_value("hostile").await;
        let store = store.unwrap();
        for (key, bytes) in &bad {
            store.put(*key, bytes.clone().into()).await.unwrap();
        }
        let state = target.observe().await.unwrap().state;
        for (key, _) in &bad {
            let is_told = state.anomalies().iter().any(|anomaly| {
                anomaly.key == *key || anomaly.key.starts_with(&key.replace("_manifest", ""))
            });
            assert!(is_told, "`{key}` is not told: {:?}", state.anomalies());
        }
        let whole = target.lift(&state).unwrap();
        assert_eq!(whole.get("d011"), Snapshot::wanted(&resolved).get("d011"));
        assert!(whole.get("stranger").is_none());
        // Applying repairs every device that the fleet has, and takes a fence that makes no sense.
        turn(&mut target, &resolved).await.unwrap();
        assert_eq!(held(&mut target).await, Snapshot::wanted(&resolved));
        let state = target.observe().await.unwrap().state;
        let left: Vec<&str> = state.anomalies().iter().map(|anomaly| &*anomaly.key).collect();
        let nobody = ["=2e.motd", "_content.x.head", "d000.Not_A_Name", "d000.a.b"];
        assert_eq!(left, [&nobody[..], &["d010.unnamed", "lonely", "stranger.motd"]].concat());
        println!("keys of nonsense in the bucket of a fleet: {}, each told", bad.len());
    });
}

/// Puts `bytes` and waits until they are there, so that nothing lands behind what follows. The
/// bucket refuses some keys itself.
async fn put(store: &Store, key: String, bytes: Vec<u8>) {
    for _ in 0..5 {
        match store.put(&*key, bytes.clone().into()).await {
            Ok(_) => return,
            Err(error) if error.kind() == PutErrorKind::InvalidKey => return,
            // Its acknowledgement was lost, or is late: it is put again, behind the first.
            Err(_) => {}
        }
    }
    panic!("`{key}` was not acknowledged in five attempts");
}

#[test]
fn random_bytes_under_random_keys_never_stop_an_apply() {
    let server = NatsServer::start().unwrap();
    let mut runner = TestRunner::deterministic();
    let key = prop_oneof![
        "[a-z0-9=_-]{1,8}(\\.[a-z0-9=_-]{1,8}){0,2}",
        "d00[0-9]\\.(_manifest|motd|recorder)",
        Just("_fence".to_owned()),
        "_content\\.[0-9a-f]{64}\\.(head|[0-9]{1,10})",
    ];
    let json = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "\\{\"version\":[0-9]{1,3},\"generation\":[0-9]{1,20},\"resources\":\\{\\}\\}"
            .prop_map(String::into_bytes),
        "\\{\"version\":1,\"n_bytes\":[0-9]{1,9},\"n_parts\":[0-9]{1,9}\\}"
            .prop_map(String::into_bytes),
        "\\{(\"[a-z]{1,3}\":(1|\"x\"|\\[1\\]|null)){0,1}\\}".prop_map(String::into_bytes),
    ];
    let entry = (key, json);
    run(async {
        let mut target = open(&server.url(), "random").await;
        let store = jetstream::new(client(&server.url()).await).get_key_value("random").await;
        let store = store.unwrap();
        for version in 1..=6 {
            for _ in 0..200 {
                let (key, bytes) = entry.new_tree(&mut runner).unwrap().current();
                put(&store, key, bytes).await;
            }
            let resolved = resolve(&fleet(version), &inventory(10));
            turn(&mut target, &resolved).await.unwrap();
            let (held, wanted) = (held(&mut target).await, Snapshot::wanted(&resolved));
            for (id, configuration) in wanted.iter() {
                assert_eq!(held.get(id.as_str()), Some(configuration), "`{id}`");
            }
        }
        println!("random entries: 1200, applies that went on: 6");
    });
}

/// What a thief of a device, or a fault, may put under the keys of reports, lists and everything else.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("d000", b"\xff\x00\xfe".to_vec()),
        ("d001", Vec::new()),
        ("d002", b"{\"version\":2,\"generation\":1}".to_vec()),
        ("d003", b"{\"version\":1,\"generation\":-1,\"device\":\"d003\"}".to_vec()),
        ("d004", [b"[".repeat(100_000), b"]".repeat(100_000)].concat()),
        ("d005", vec![b'9'; 900_000]),
        (
            "d006",
            b"{\"version\":1,\"device\":\"d007\",\"labels\":{},\"generation\":1,\"id\":\"d007\"}"
                .to_vec(),
        ),
        ("=2e", b"{}".to_vec()),
        ("=", b"{}".to_vec()),
        ("d000.more", b"{}".to_vec()),
        ("_fence", b"{}".to_vec()),
        ("-", b"null".to_vec()),
    ]
}

#[test]
fn whatever_is_in_the_buckets_of_reports_is_told_with_its_key_and_the_others_are_read() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        let buckets = Buckets::default();
        make_report_buckets(&client(&url).await, &buckets, 1).await.unwrap();
        let mut target = open(&url, "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory(12))).await.unwrap();
        let context = jetstream::new(client(&url).await);
        let id = DeviceId::parse("d011").unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let device = Device::connect(client(&url).await, id, buckets.clone(), 0).await.unwrap();
        device.report(&Report::new(u64::MAX, None)).await.unwrap();
        device.beat().await.unwrap();
        device.tell([("site".to_owned(), "x".to_owned())].into()).await.unwrap();
        let mut n_put = 0;
        for bucket in [&buckets.state, &buckets.heartbeat, &buckets.info] {
            let store = context.get_key_value(bucket).await.unwrap();
            for (key, bytes) in nonsense() {
                store.put(key, bytes.into()).await.unwrap();
                n_put += 1;
            }
        }
        let world = target.observe().await.unwrap().state;
        let status = target.status(&world, &buckets).await.unwrap();
        let reported = read_reported(&client(&url).await, &buckets.info).await.unwrap();
        for (key, _) in nonsense() {
            let told = status.anomalies.iter().filter(|anomaly| anomaly.key == key).count();
            assert_eq!(told, 2, "`{key}`: {:?}", status.anomalies);
            assert!(reported.anomalies.iter().any(|anomaly| anomaly.key == key), "`{key}`");
        }
        let n_told = status.anomalies.len() + reported.anomalies.len();
        println!("keys of nonsense in the buckets of reports: {n_put}, told: {n_told}");
        assert_eq!(n_put, n_told);
        assert_eq!(status.count(Standing::UpToDate), 1);
        assert!(!status.devices["d011"].is_silent(Duration::from_secs(600)));
        assert_eq!(reported.devices["d011"]["site"], "x");
    });
}

#[test]
fn an_inventory_with_nonsense_in_its_bucket_is_refused_with_the_key_of_each() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        let options = Options { bucket: "inventory".to_owned(), ..Options::default() };
        write_inventory(&ours, &options, &inventory(12)).await.unwrap();
        let store = jetstream::new(ours.clone()).get_key_value("inventory").await.unwrap();
        let read = async || read_inventory(&ours, "inventory", &ReadOptions::default()).await;
        for (key, bytes) in nonsense() {
            store.put(key, bytes.into()).await.unwrap();
            let error = read().await.unwrap_err().to_string();
            assert!(error.contains(&format!("key `{key}`")), "`{key}`: {error}");
            assert!(error.len() < 1_000, "`{key}` is told in {} bytes", error.len());
            store.delete(key).await.unwrap();
            if let Some(n) = key.strip_prefix("d0").and_then(|n| n.parse::<usize>().ok()) {
                let device = inventory(12).devices()[n].clone();
                let line = format!(
                    r#"{{"id":"{}","labels":{{"site":"{}"}}}}"#,
                    device.id(),
                    ["a", "b", "c"][n % 3]
                );
                store.put(key, line.into()).await.unwrap();
            }
        }
        let n = nonsense().len();
        println!("keys of nonsense in an inventory: {n}, each refused with its key");
        assert_eq!(read().await.unwrap().inventory, inventory(12));
    });
}
