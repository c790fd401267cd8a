//! Buckets that hold anything: it is told with its key, and the rest goes on.

use async_nats::jetstream;
use async_nats::jetstream::kv::{PutErrorKind, Store};
use escadre_interpreter::{Interpreter, Snapshot};
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
    });
}
