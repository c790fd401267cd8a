//! What a device fails at that lacks a grant.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::{Client, jetstream};
use escadre_algebra::{DeviceId, Digest, config_file, deploy};
use escadre_nats::device::{Device, Report, Told};
use escadre_nats::permissions::{Buckets, device, inbox_prefix};
use escadre_nats::{Nats, Options, make_report_buckets};
use futures_util::future::join_all;

use super::{check, did, lessers, serve, unless};
use crate::attempts::{Known, connect};
use crate::support::{fleet, inventory, resolve, run, turn};

/// How many entries were delivered to the consumer of a device and not acknowledged, once that is no more than
/// `n_most` or does not become so.
async fn n_unacknowledged(all: &Client, name: &str, n_most: usize) -> usize {
    let context = jetstream::new(all.clone());
    let stream = context.get_stream("KV_desired-state").await.unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(5);
    loop {
        let n = stream.consumer_info(name).await.unwrap().num_ack_pending;
        if n <= n_most || tokio::time::Instant::now() > end {
            return n;
        }
    }
}

/// Connects the device `id` and does all that it must do at first; what it fails at.
async fn begin(
    client: Client,
    id: &DeviceId,
    digest: Digest,
) -> (Option<Device>, Vec<&'static str>) {
    let device = Device::connect(client, id.clone(), Buckets::default(), 0).await;
    let Ok(mut device) = device else { return (None, vec!["connect"]) };
    let told = did(device.next(), |told| matches!(told, Ok(Told::Wanted(_)))).await;
    let fetched = did(device.content(digest), |it| matches!(it, Ok(Some(_)))).await;
    let reported = did(device.report(&Report::new(1, None)), |it| it.is_ok()).await;
    let beat = did(device.beat(), |it| it.is_ok()).await;
    let labels = [("a".to_owned(), "b".to_owned())].into();
    let labelled = did(device.tell(labels), |it| it.is_ok()).await;
    let steps = [
        unless(told, "accept"),
        unless(fetched, "fetch"),
        unless(reported, "report"),
        unless(beat, "beat"),
        unless(labelled, "tell"),
    ];
    (Some(device), steps.into_iter().flatten().collect())
}

#[test]
fn a_device_that_lacks_any_one_of_its_grants_fails_at_something_that_it_must_do() {
    let content = b"the model".to_vec();
    let digest = Digest::of(&content);
    let id = |number: usize| DeviceId::parse(&format!("d{number:03}")).unwrap();
    let buckets = Buckets::default();
    let lessers = lessers(|n| device(&id(n), &buckets, &BTreeSet::from([digest])));
    run(async {
        let (server, all) = serve(&lessers).await;
        make_report_buckets(&all, &buckets, 1).await.unwrap();
        let mut target = Nats::open(all.clone(), Options::default()).await.unwrap();
        let file = || deploy(config_file("model").path("/model").content(content.clone()));
        let devices = inventory(lessers.len());
        turn(&mut target, &resolve(&(fleet(1) | file()), &devices)).await.unwrap();
        let ids: Vec<DeviceId> = (0..lessers.len()).map(id).collect();
        target.admit(&ids).await.unwrap();
        let all_begin = lessers.iter().zip(&ids).map(async |(lesser, id)| {
            let (client, _) =
                connect(&server.url(), Known::Key(&lesser.key), &inbox_prefix(id)).await;
            begin(client, id, digest).await
        });
        let mut begun: Vec<(Option<Device>, Vec<&'static str>)> = join_all(all_begin).await;
        turn(&mut target, &resolve(&(fleet(2) | file()), &devices)).await.unwrap();
        let goes_on = begun.iter_mut().map(async |(device, failed)| {
            let Some(device) = device else { return };
            let follows = did(device.next(), |told| matches!(told, Ok(Told::Wanted(_)))).await;
            failed.extend(unless(follows, "follow"));
        });
        join_all(goes_on).await;
        let mut failed = Vec::new();
        for ((device, mut steps), id) in begun.into_iter().zip(&ids) {
            // What was not even delivered needs no acknowledgement.
            if device.is_some() {
                let n = n_unacknowledged(&all, id.as_str(), 0).await;
                steps.extend(unless(n == 0, "acknowledge"));
            }
            failed.push(steps);
        }
        check(
            &lessers,
            &failed,
            &[
                ("$JS.API.CONSUMER.INFO.", &["connect"]),
                ("$JS.API.CONSUMER.MSG.NEXT.", &["follow"]),
                ("$JS.API.DIRECT.GET.KV_desired-state.$KV.desired-state.d", &["connect"]),
                ("$JS.API.DIRECT.GET.KV_desired-state.$KV.desired-state._content.", &["fetch"]),
                ("$JS.ACK.", &["acknowledge"]),
                ("$KV.device-state.", &["report"]),
                ("$KV.device-heartbeat.", &["beat"]),
                ("$KV.device-info.", &["tell"]),
                ("_INBOX_d", &["connect"]),
            ],
        );
    });
}
