//! What a controller fails at that lacks a grant, whoever reads an inventory, and whoever makes buckets.

use std::time::Duration;

use async_nats::jetstream::kv;
use async_nats::{Client, jetstream};
use escadre_algebra::{DeviceId, Digest, config_file, deploy};
use escadre_interpreter::Interpreter as _;
use escadre_interpreter::inventory::ReadOptions;
use escadre_nats::device::{Beat, Report};
use escadre_nats::info::Info;
use escadre_nats::permissions::{
    Buckets, CONTROLLER_INBOX_PREFIX, Grants, controller, founder, reader,
};
use escadre_nats::{
    Nats, Options, make_report_buckets, read_inventory, read_reported, write_inventory,
};
use futures_util::future::join_all;

use super::{check, did, lessers, serve, unless};
use crate::attempts::{Known, connect};
use crate::support::{apply, fleet, inventory, plan, resolve, run};

/// Buckets of their own for each user.
fn buckets(number: usize) -> Buckets {
    let name = |name: &str| format!("{name}-{number}");
    Buckets { desired: name("d"), state: name("s"), heartbeat: name("h"), info: name("i") }
}

/// Waits for no server.
fn hasty(bucket: &str) -> Options {
    let patience = Duration::from_millis(100);
    Options { bucket: bucket.to_owned(), patience, ..Options::default() }
}

/// The buckets are there, and a device told everything.
async fn furnish(all: &Client, buckets: &Buckets) {
    let context = jetstream::new(all.clone());
    Nats::open(all.clone(), hasty(&buckets.desired)).await.unwrap();
    make_report_buckets(all, buckets, 1).await.unwrap();
    let id = DeviceId::parse("d000").unwrap();
    let json = [
        (&buckets.state, serde_json::to_vec(&Report::new(1, None))),
        (&buckets.heartbeat, serde_json::to_vec(&Beat::new(&id))),
        (&buckets.info, serde_json::to_vec(&Info::new(&id, Default::default()))),
    ];
    for (bucket, bytes) in json {
        let stored = context.publish(format!("$KV.{bucket}.d000"), bytes.unwrap().into()).await;
        stored.unwrap().await.unwrap();
    }
}

/// What a controller fails at, of all that it must do.
async fn controls(client: &Client, buckets: &Buckets) -> Vec<&'static str> {
    let Ok(mut target) = Nats::open(client.clone(), hasty(&buckets.desired)).await else {
        return vec!["open"];
    };
    let mut failed = Vec::new();
    let content = b"the model".to_vec();
    let digest = Digest::of(&content);
    let file = deploy(config_file("model").path("/model").content(content));
    let resolved = resolve(&(fleet(1) | file), &inventory(2));
    let observed = target.observe().await;
    if observed.is_ok() {
        let planned = plan(&mut target, &resolved).await;
        let applied = apply(&mut target, &planned, &resolved).await;
        failed.extend(unless(applied.is_ok(), "apply"));
        if applied.is_ok() {
            let fetched = target.content(digest).await;
            failed.extend(unless(matches!(fetched, Ok(Some(_))), "fetch"));
        }
        let world = target.observe().await.unwrap().state;
        let status = target.status(&world, buckets).await;
        failed.extend(unless(status.is_ok_and(|it| it.devices.contains_key("d000")), "status"));
    } else {
        failed.push("observe");
    }
    let told = read_reported(client, &buckets.info).await;
    failed.extend(unless(told.is_ok_and(|it| it.devices.contains_key("d000")), "labels"));
    let ids = [DeviceId::parse("d000").unwrap()];
    failed.extend(unless(target.admit(&ids).await.is_ok(), "admit"));
    failed.extend(unless(target.dismiss(&ids).await.is_ok(), "dismiss"));
    failed
}

#[test]
fn a_controller_that_lacks_any_one_of_its_grants_fails_at_something_that_it_must_do() {
    let lessers = lessers(|n| controller(&buckets(n)));
    run(async {
        let (server, all) = serve(&lessers).await;
        let all = &all;
        let each = lessers.iter().enumerate().map(async |(number, lesser)| {
            furnish(all, &buckets(number)).await;
            let key = Known::Key(&lesser.key);
            let (client, mut denials) = connect(&server.url(), key, CONTROLLER_INBOX_PREFIX).await;
            let mut failed = controls(&client, &buckets(number)).await;
            // An answer that never comes is waited for, even where nothing depends on it.
            if failed.is_empty() {
                failed.extend(unless(denials.try_recv().is_err(), "end at once"));
            }
            failed
        });
        check(
            &lessers,
            &join_all(each).await,
            &[
                ("$KV.d-", &["apply"]),
                ("$JS.API.STREAM.MSG.GET.KV_d-", &["fetch"]),
                ("$JS.API.CONSUMER.CREATE.KV_d-", &["observe", "admit"]),
                ("$JS.API.CONSUMER.DELETE.KV_d-", &["dismiss"]),
                ("$JS.API.CONSUMER.MSG.NEXT.KV_d-", &["observe"]),
                ("$JS.API.STREAM.INFO.KV_d-", &["open"]),
                ("$JS.API.CONSUMER.CREATE.KV_s-", &["status"]),
                ("$JS.API.CONSUMER.DELETE.KV_s-", &["end at once"]),
                ("$JS.API.CONSUMER.MSG.NEXT.KV_s-", &["status"]),
                ("$JS.API.STREAM.INFO.KV_s-", &["status"]),
                ("$JS.API.CONSUMER.CREATE.KV_h-", &["status"]),
                ("$JS.API.CONSUMER.DELETE.KV_h-", &["end at once"]),
                ("$JS.API.CONSUMER.MSG.NEXT.KV_h-", &["status"]),
                ("$JS.API.STREAM.INFO.KV_h-", &["status"]),
                ("$JS.API.CONSUMER.CREATE.KV_i-", &["labels"]),
                ("$JS.API.CONSUMER.DELETE.KV_i-", &["end at once"]),
                ("$JS.API.CONSUMER.MSG.NEXT.KV_i-", &["labels"]),
                ("$JS.API.STREAM.INFO.KV_i-", &["labels"]),
                ("_INBOX_", &["open"]),
            ],
        );
    });
}

#[test]
fn a_reader_of_an_inventory_that_lacks_any_one_of_its_grants_fails_or_waits_in_vain() {
    let bucket = |number: usize| format!("listed-{number}");
    let lessers = lessers(|n| {
        let subscribe = vec![format!("{CONTROLLER_INBOX_PREFIX}.>")];
        Grants { publish: Vec::new(), subscribe }.and(reader(&bucket(n)))
    });
    run(async {
        let (server, all) = serve(&lessers).await;
        let all = &all;
        let each = lessers.iter().enumerate().map(async |(number, lesser)| {
            let bucket = bucket(number);
            write_inventory(all, &hasty(&bucket), &inventory(3)).await.unwrap();
            let key = Known::Key(&lesser.key);
            let (client, mut denials) = connect(&server.url(), key, CONTROLLER_INBOX_PREFIX).await;
            let options = ReadOptions::default();
            let read = did(read_inventory(&client, &bucket, &options), |it| it.is_ok()).await;
            let ends = !read || denials.try_recv().is_err();
            let steps = [unless(read, "read"), unless(ends, "end at once")];
            steps.into_iter().flatten().collect::<Vec<_>>()
        });
        check(
            &lessers,
            &join_all(each).await,
            &[
                ("$JS.API.CONSUMER.CREATE.", &["read"]),
                ("$JS.API.CONSUMER.DELETE.", &["end at once"]),
                ("$JS.API.CONSUMER.MSG.NEXT.", &["read"]),
                ("$JS.API.STREAM.INFO.", &["read"]),
                ("_INBOX_", &["read"]),
            ],
        );
    });
}

#[test]
fn a_founder_that_lacks_any_one_of_its_grants_cannot_make_a_bucket_or_let_one_take_batches() {
    // Of the first buckets of each there is none, and those beside them are as NATS tools make them.
    let both = |number: usize| [buckets(number), buckets(1_000 + number)];
    let founding = both(0).map(|buckets| founder(&buckets).publish.len());
    let mut lessers = lessers(|n| founder(&both(n)[0]));
    assert_eq!(founding, [lessers.len() - 1; 2]);
    for (number, lesser) in lessers.iter_mut().enumerate() {
        let [new, stock] = both(number);
        let mut more = founder(&stock);
        if let Some(at) = number.checked_sub(1) {
            more.publish.remove(at);
        }
        let grants = std::mem::take(&mut lesser.grants).and(more);
        lesser.grants = grants.and(controller(&new)).and(controller(&stock));
    }
    run(async {
        let (server, all) = serve(&lessers).await;
        let all = &all;
        let each = lessers.iter().enumerate().map(async |(number, lesser)| {
            let key = Known::Key(&lesser.key);
            let (client, _) = connect(&server.url(), key, CONTROLLER_INBOX_PREFIX).await;
            let [new, stock] = both(number);
            let Buckets { desired, state, heartbeat, info } = &stock;
            for bucket in [desired, state, heartbeat, info] {
                let config = kv::Config { bucket: bucket.clone(), ..kv::Config::default() };
                jetstream::new(all.clone()).create_key_value(config).await.unwrap();
            }
            let mut failed = Vec::new();
            for (buckets, step) in [(new, "make"), (stock, "change")] {
                let opened = Nats::open(client.clone(), hasty(&buckets.desired)).await.is_ok();
                let made = did(make_report_buckets(&client, &buckets, 1), |it| it.is_ok()).await;
                failed.extend(unless(opened && made, step));
            }
            failed
        });
        check(
            &lessers,
            &join_all(each).await,
            &[
                ("$JS.API.STREAM.CREATE.KV_d-", &["make"]),
                ("$JS.API.STREAM.UPDATE.KV_d-", &["change"]),
                ("$JS.API.STREAM.CREATE.KV_s-", &["make"]),
                ("$JS.API.STREAM.UPDATE.KV_s-", &["change"]),
                ("$JS.API.STREAM.CREATE.KV_h-", &["make"]),
                ("$JS.API.STREAM.UPDATE.KV_h-", &["change"]),
                ("$JS.API.STREAM.CREATE.KV_i-", &["make"]),
                ("$JS.API.STREAM.UPDATE.KV_i-", &["change"]),
            ],
        );
    });
}
