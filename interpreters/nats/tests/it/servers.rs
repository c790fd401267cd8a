//! Servers and buckets that are not as they must be.

use std::sync::atomic::Ordering;

use async_nats::jetstream::{self, kv};
use escadre_algebra::{Fleet, Resource, deploy};
use escadre_interpreter::Interpreter;
use escadre_nats::permissions::Buckets;
use escadre_nats::{
    ApplyError, LowerErrorKind, Nats, Options, ServerErrorKind, make_report_buckets,
};
use escadre_testbed::{
    NatsServer, OLD_NATS_SERVER_VERSION, Options as Start, debian_nats_server, nats_server,
};

use crate::support::{client, fleet, held, inventory, open, resolve, run, turn};

#[test]
fn a_bucket_that_nats_tools_made_is_taken_and_filled() {
    let server = NatsServer::start().unwrap();
    run(async {
        let context = jetstream::new(client(&server.url()).await);
        let config = kv::Config { bucket: "stock".to_owned(), ..kv::Config::default() };
        context.create_key_value(config).await.unwrap();
        let mut target = open(&server.url(), "stock").await;
        let resolved = resolve(&fleet(1), &inventory(3));
        assert_eq!(turn(&mut target, &resolved).await.unwrap().n_written, 3);
        let store = context.get_key_value("stock").await.unwrap();
        let value = store.get("d001.motd").await.unwrap().unwrap();
        assert_eq!(value, r#"{"text":"hello 1"}"#);
    });
}

#[test]
fn a_bucket_that_is_not_to_be_changed_is_refused_as_it_is() {
    let server = NatsServer::start().unwrap();
    run(async {
        let client = client(&server.url()).await;
        let options = |bucket: &str| Options {
            bucket: bucket.to_owned(),
            create: false,
            ..Options::default()
        };
        let error = Nats::open(client.clone(), options("none")).await.unwrap_err();
        assert_eq!(*error.kind(), ServerErrorKind::NoBucket);
        let config = kv::Config { bucket: "stock".to_owned(), ..kv::Config::default() };
        jetstream::new(client.clone()).create_key_value(config).await.unwrap();
        let error = Nats::open(client.clone(), options("stock")).await.unwrap_err();
        assert_eq!(*error.kind(), ServerErrorKind::NotAtomic);
        open(&server.url(), "single").await;
        let three = Options { replicas: 3, ..options("single") };
        let error = Nats::open(client.clone(), three).await.unwrap_err();
        assert_eq!(*error.kind(), ServerErrorKind::Replicas { found: 1, wanted: 3 });
        let error = Nats::open(client, options("a.b")).await.unwrap_err();
        assert!(matches!(error.kind(), ServerErrorKind::Refused { .. }), "{error}");
    });
}

#[test]
fn a_full_bucket_is_told_and_goes_on_once_there_is_room() {
    let server = NatsServer::start().unwrap();
    run(async {
        let mut target = open(&server.url(), "full").await;
        let context = jetstream::new(client(&server.url()).await);
        let mut config = context.get_stream("KV_full").await.unwrap().cached_info().config.clone();
        config.max_bytes = 4096;
        context.update_stream(config.clone()).await.unwrap();
        let resolved = resolve(&fleet(1), &inventory(50));
        let error = turn(&mut target, &resolved).await.unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
        assert!(error.help().unwrap().contains("make room"));
        config.max_bytes = -1;
        context.update_stream(config).await.unwrap();
        assert_eq!(turn(&mut target, &resolved).await.unwrap().n_written, 50);
    });
}

#[test]
fn what_no_message_or_batch_holds_is_refused_before_anything_is_written() {
    let small = Start { config: "max_payload: 4096".to_owned(), ..Start::default() };
    let server = NatsServer::start_with(&small).unwrap();
    run(async {
        let mut target = open(&server.url(), "small").await;
        let refused = |target: &Nats, fleet: Fleet| {
            let error = target.lower(&resolve(&fleet, &inventory(3))).unwrap_err();
            assert_eq!(error.device().as_str(), "d000");
            assert!(error.help().is_some());
            error.kind().clone()
        };
        let large = deploy(Resource::new("motd").set("text", "x".repeat(5_000)));
        let kind = refused(&target, large);
        assert!(matches!(kind, LowerErrorKind::TooLarge { n_max: 3_072, .. }), "{kind:?}");
        // Their manifest names each with its digest.
        let parts = |n: usize| {
            let part = |i| deploy(Resource::new(&format!("part-{i:03}")).set("text", "x"));
            Fleet::union_all((0..n).map(part))
        };
        let kind = refused(&target, parts(60));
        assert!(
            matches!(kind, LowerErrorKind::TooMany { n: 60, n_max } if (20..60).contains(&n_max)),
            "{kind:?}"
        );
        let LowerErrorKind::TooMany { n_max, .. } = kind else { return };
        let fits = resolve(&parts(n_max - 2), &inventory(3));
        assert_eq!(turn(&mut target, &fits).await.unwrap().n_written, 3);
        // Removed, they are more messages than a smaller batch has.
        let options = Options { bucket: "small".to_owned(), n_batch: 8, ..Options::default() };
        let mut narrow = Nats::open(client(&server.url()).await, options).await.unwrap();
        assert!(matches!(refused(&narrow, parts(9)), LowerErrorKind::TooMany { n: 9, n_max: 7 }));
        let before = held(&mut target).await;
        let error = turn(&mut narrow, &resolve(&parts(1), &inventory(3))).await.unwrap_err();
        assert!(matches!(error, ApplyError::DeviceTooLarge { n_max: 8, .. }), "{error}");
        assert_eq!(held(&mut target).await, before);
    });
}

#[test]
fn servers_without_atomic_batches_are_refused_with_the_version_that_has_them() {
    let newest = nats_server(OLD_NATS_SERVER_VERSION).unwrap();
    for program in [newest, debian_nats_server().unwrap()] {
        let start = Start { program: Some(program), ..Start::default() };
        let server = NatsServer::start_with(&start).unwrap();
        run(async {
            let client = client(&server.url()).await;
            println!("nats-server {} is refused", client.server_info().version);
            let opened = Nats::open(client.clone(), Options::default()).await.map(drop);
            let made = make_report_buckets(&client, &Buckets::default(), 1).await;
            for error in [opened, made].map(Result::unwrap_err) {
                assert!(matches!(error.kind(), ServerErrorKind::TooOld { .. }), "{error}");
                assert!(error.to_string().contains("2.12.0 or newer is needed"), "{error}");
            }
        });
    }
}

#[test]
fn a_reader_that_is_too_slow_reads_all_in_smaller_batches() {
    let server = NatsServer::start().unwrap();
    run(async {
        let mut target = open(&server.url(), "slow").await;
        let resolved = resolve(&fleet(1), &inventory(900));
        turn(&mut target, &resolved).await.unwrap();
        // What does not fit is dropped by the client, as for every reader that falls behind.
        let options = async_nats::ConnectOptions::new().subscription_capacity(40);
        let client = options.connect(server.url()).await.unwrap();
        let options = Options { bucket: "slow".to_owned(), ..Options::default() };
        let mut slow = Nats::open(client.clone(), options).await.unwrap();
        assert_eq!(held(&mut slow).await, held(&mut target).await);
        // Each of 1 801 entries came once more at least.
        let n_came = client.statistics().in_messages.load(Ordering::Relaxed);
        assert!(n_came > 3_602, "{n_came}");
    });
}
