//! Servers and buckets that go away, or have no room, while they are used.

use std::sync::LazyLock;
use std::time::Duration;

use async_nats::jetstream::{self, kv};
use escadre_algebra::DeviceId;
use escadre_interpreter::{Consent, Interpreter, Progress, Snapshot};
use escadre_nats::device::{Device, Told};
use escadre_nats::permissions::Buckets;
use escadre_nats::{ApplyError, Nats, Options, ServerErrorKind, make_report_buckets};
use escadre_testbed::{NatsServer, Options as Start};

use crate::support::{LOG, client, fleet, held, inventory, open, plan, resolve, run, soon, turn};

async fn endless(url: &str, bucket: &str) -> Nats {
    let patience = Duration::from_secs(3_600);
    let options =
        Options { bucket: bucket.to_owned(), n_batch: 30, patience, ..Options::default() };
    Nats::open(client(url).await, options).await.unwrap()
}

/// Deletes a stream once a device is written.
struct Deleter(Option<jetstream::Context>);

impl Progress for Deleter {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, n_done: usize) {
        if n_done > 0
            && let Some(context) = self.0.take()
        {
            let delete = async move { context.delete_stream("KV_going").await.unwrap() };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(delete));
        }
    }
    fn note(&mut self, _: &str) {}
}

#[test]
fn a_bucket_that_goes_while_it_is_open_is_told_as_missing_and_not_waited_for() {
    let server = NatsServer::start().unwrap();
    run(async {
        let mut target = endless(&server.url(), "going").await;
        let context = jetstream::new(client(&server.url()).await);
        let resolved = resolve(&fleet(1), &inventory(900));
        let planned = plan(&mut target, &resolved).await;
        let objects = target.lower(&resolved).unwrap();
        let mut deleter = Deleter(Some(context.clone()));
        let consent = Consent::default();
        let applied = target.apply(&planned, &objects, &consent, false, &mut deleter);
        let Err(ApplyError::Server(error)) = soon(applied).await else { panic!("it is stored") };
        assert_eq!(*error.kind(), ServerErrorKind::NoBucket);
        assert!(error.help().unwrap().contains("nats init"));
        let error = soon(target.observe()).await.map(drop).unwrap_err();
        assert_eq!(*error.kind(), ServerErrorKind::NoBucket);
        let error = soon(target.content(escadre_algebra::Digest::of(b"x"))).await.unwrap_err();
        assert_eq!(*error.kind(), ServerErrorKind::NoBucket);
        let Err(ApplyError::Server(error)) =
            soon(target.apply(&planned, &objects, &consent, false, &mut deleter)).await
        else {
            panic!("it is stored")
        };
        assert_eq!(*error.kind(), ServerErrorKind::NoBucket);
        // Made again, it is filled.
        let mut target = endless(&server.url(), "going").await;
        turn(&mut target, &resolved).await.unwrap();
        assert_eq!(held(&mut target).await, Snapshot::wanted(&resolved));
    });
}

#[test]
fn a_server_that_is_away_is_told_while_it_is_waited_for_and_as_an_error_in_the_end() {
    LazyLock::force(&LOG);
    let mut server = NatsServer::start().unwrap();
    run(async {
        let mut patient = endless(&server.url(), "patient").await;
        let patience = Duration::from_secs(3);
        let options = Options { bucket: "hasty".to_owned(), patience, ..Options::default() };
        let mut hasty = Nats::open(client(&server.url()).await, options).await.unwrap();
        let resolved = resolve(&fleet(1), &inventory(3));
        turn(&mut patient, &resolved).await.unwrap();
        server.kill();
        let error = hasty.observe().await.map(drop).unwrap_err();
        assert!(matches!(error.kind(), ServerErrorKind::Unreachable { .. }), "{error}");
        assert!(error.help().unwrap().contains("check the address"));
        let waiting = tokio::spawn(async move { held(&mut patient).await });
        let told = async {
            while !LOG.has(&["WARN", "`patient`: reading the bucket", "trying again for 3"]) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon(told).await;
        server.restart().unwrap();
        assert_eq!(soon(waiting).await.unwrap(), Snapshot::wanted(&resolved));
    });
}

#[test]
fn reading_tells_how_far_it_is() {
    LazyLock::force(&LOG);
    let server = NatsServer::start().unwrap();
    run(async {
        let mut target = open(&server.url(), "wide").await;
        let client = client(&server.url()).await;
        let n = 100_000;
        for i in 1..n {
            client.publish(format!("$KV.wide.d{i:05}.motd"), "{}".into()).await.unwrap();
        }
        // What is acknowledged is stored, and all before it.
        let context = jetstream::new(client);
        context.publish("$KV.wide.d00000.motd", "{}".into()).await.unwrap().await.unwrap();
        let state = soon(target.observe()).await.unwrap().state;
        assert_eq!(state.anomalies().len(), n);
        assert!(LOG.has(&["INFO", "reading the bucket", "done=", "total="]));
    });
}

#[test]
fn an_entry_that_is_larger_than_what_is_asked_for_at_once_is_read_all_the_same() {
    let large = Start { config: "max_payload: 33554432".to_owned(), ..Start::default() };
    let server = NatsServer::start_with(&large).unwrap();
    run(async {
        let mut target = open(&server.url(), "large").await;
        let resolved = resolve(&fleet(1), &inventory(30));
        turn(&mut target, &resolved).await.unwrap();
        let store = jetstream::new(client(&server.url()).await).get_key_value("large").await;
        let store = store.unwrap();
        for key in ["d000.motd", "stranger"] {
            store.put(key, vec![b'x'; 20 << 20].into()).await.unwrap();
        }
        let state = soon(target.observe()).await.unwrap().state;
        let told: Vec<&str> = state.anomalies().iter().map(|it| &*it.key).collect();
        assert!(told.iter().any(|key| key.starts_with("d000")), "{told:?}");
        assert!(told.contains(&"stranger"), "{told:?}");
        let held = target.lift(&state).unwrap();
        assert_eq!(held.get("d001"), Snapshot::wanted(&resolved).get("d001"));
    });
}

#[test]
fn a_bucket_that_keeps_history_is_read_whole_however_large_its_entries_are() {
    let server = NatsServer::start().unwrap();
    run(async {
        let context = jetstream::new(client(&server.url()).await);
        let config = kv::Config { bucket: "old".to_owned(), history: 5, ..kv::Config::default() };
        let store = context.create_key_value(config).await.unwrap();
        let n = 120;
        for _ in 0..2 {
            for i in 0..n {
                let value = vec![b'x'; 200_000 + 1_000 * i];
                store.put(format!("stranger-{i:03}"), value.into()).await.unwrap();
            }
        }
        let mut target = open(&server.url(), "old").await;
        let state = soon(target.observe()).await.unwrap().state;
        assert_eq!(state.anomalies().len(), n);
        let resolved = resolve(&fleet(1), &inventory(9));
        turn(&mut target, &resolved).await.unwrap();
        assert_eq!(held(&mut target).await, Snapshot::wanted(&resolved));
    });
}

#[test]
fn a_server_whose_storage_is_full_is_told_and_goes_on_with_more() {
    let small = Start { max_file_store: Some(1 << 20), ..Start::default() };
    let server = NatsServer::start_with(&small).unwrap();
    run(async {
        let mut target = open(&server.url(), "tight").await;
        let context = jetstream::new(client(&server.url()).await);
        let other = jetstream::stream::Config {
            name: "other".to_owned(),
            subjects: vec!["other".to_owned()],
            ..Default::default()
        };
        let other = context.create_stream(other).await.unwrap();
        for _ in 0..8 {
            context.publish("other", vec![0; 100_000].into()).await.unwrap().await.unwrap();
        }
        let resolved = resolve(&fleet(1), &inventory(900));
        let Err(ApplyError::Server(error)) = soon(turn(&mut target, &resolved)).await else {
            panic!("it is stored")
        };
        assert!(matches!(error.kind(), ServerErrorKind::Full { .. }), "{error}");
        assert!(error.help().unwrap().contains("make room"));
        other.purge().await.unwrap();
        turn(&mut target, &resolved).await.unwrap();
        assert_eq!(held(&mut target).await, Snapshot::wanted(&resolved));
    });
}

#[test]
fn a_device_follows_its_keys_again_after_its_server_died() {
    let mut server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        make_report_buckets(&client(&url).await, &Buckets::default(), 1).await.unwrap();
        let mut target = open(&url, "desired-state").await;
        let id = DeviceId::parse("d001").unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let connect = async || {
            let client = client(&url).await;
            Device::connect(client, id.clone(), Buckets::default(), 0).await
        };
        let mut device = connect().await.unwrap();
        for version in 1..=3 {
            let resolved = resolve(&fleet(version), &inventory(3));
            turn(&mut target, &resolved).await.unwrap();
            let wanted = Snapshot::wanted(&resolved);
            // Whether it goes on by itself or says that it must connect again depends on the moment.
            let seen = async {
                loop {
                    match device.next().await {
                        Ok(Told::Wanted(seen))
                            if Some(&seen.configuration) == wanted.get("d001") =>
                        {
                            return seen;
                        }
                        Ok(_) => {}
                        Err(_) => {
                            if let Ok(again) = connect().await {
                                device = again;
                            }
                        }
                    }
                }
            };
            soon(seen).await;
            server.restart().unwrap();
        }
    });
}
