//! The device's side, on a real server.

use std::time::Duration;

use async_nats::jetstream::{self, kv};
use escadre_algebra::{Coverage, DeviceId, Digest, Facts, Inventory, config_file, deploy, label};
use escadre_interpreter::Interpreter;
use escadre_nats::device::{Device, Report, Told, Wanted};
use escadre_nats::permissions::Buckets;
use escadre_testbed::NatsServer;

use crate::support::{client, fleet, held, inventory, open, plan, resolve, run, turn};

/// The buckets that devices report to, as NATS tools make them.
pub(crate) async fn make_report_buckets(url: &str) {
    let context = jetstream::new(client(url).await);
    let Buckets { state, heartbeat, info, .. } = Buckets::default();
    for bucket in [state, heartbeat, info] {
        let config = kv::Config { bucket, ..kv::Config::default() };
        context.create_key_value(config).await.unwrap();
    }
}

/// What the device comes to know next, in time.
pub(crate) async fn next(device: &mut Device) -> Told {
    tokio::time::timeout(Duration::from_secs(20), device.next()).await.unwrap().unwrap()
}

async fn wanted(device: &mut Device) -> Wanted {
    match next(device).await {
        Told::Wanted(wanted) => wanted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_device_follows_its_own_keys_and_reports() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        make_report_buckets(&url).await;
        let mut target = open(&url, "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory(5))).await.unwrap();
        let id = DeviceId::parse("d003").unwrap();
        let early = Device::connect(client(&url).await, id.clone(), Buckets::default(), 0).await;
        assert!(early.unwrap_err().to_string().contains("admitted"));
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let connect = async |accepted| {
            let client = client(&url).await;
            Device::connect(client, id.clone(), Buckets::default(), accepted).await.unwrap()
        };
        let mut device = connect(0).await;
        let first = wanted(&mut device).await;
        assert_eq!(Some(&first.configuration), held(&mut target).await.get("d003"));
        turn(&mut target, &resolve(&fleet(2), &inventory(5))).await.unwrap();
        let second = wanted(&mut device).await;
        assert!(second.generation > first.generation);
        assert_eq!(Some(&second.configuration), held(&mut target).await.get("d003"));
        device.report(&Report::new(second.generation, None)).await.unwrap();
        device.beat().await.unwrap();
        let states =
            jetstream::new(client(&url).await).get_key_value("device-state").await.unwrap();
        let told = Report::decode(&states.get("d003").await.unwrap().unwrap()).unwrap();
        assert_eq!(told, Report::new(second.generation, None));
        // Another run of it reads everything again, and refuses what is older than it knows.
        drop(device);
        let mut device = connect(second.generation).await;
        assert_eq!(wanted(&mut device).await, second);
        drop(device);
        let mut device = connect(second.generation + 1_000).await;
        assert!(matches!(next(&mut device).await, Told::Refused(_)));
        // It leaves. (The run before took what was new.)
        drop(device);
        let mut device = connect(0).await;
        assert_eq!(wanted(&mut device).await, second);
        turn(&mut target, &resolve(&fleet(2), &inventory(3))).await.unwrap();
        assert_eq!(next(&mut device).await, Told::Left);
        // It died before it acted on that: it is told once more, until it says that it runs nothing.
        drop(device);
        let mut device = connect(second.generation).await;
        assert_eq!(next(&mut device).await, Told::Left);
        assert_eq!(target.dismiss(std::slice::from_ref(&id)).await.unwrap(), 1);
        assert_eq!(target.dismiss(&[id]).await.unwrap(), 0);
    });
}

#[test]
fn a_device_with_the_longest_and_oddest_id_is_served() {
    let server = NatsServer::start().unwrap();
    run(async {
        let id = DeviceId::parse(&"é:*".repeat(63)).unwrap();
        let facts = [Facts::of(id.as_str(), [("site", "a")]).unwrap()];
        let inventory = Inventory::new(facts, Coverage::Complete).unwrap();
        let mut target = open(&server.url(), "desired-state").await;
        turn(&mut target, &resolve(&fleet(1), &inventory)).await.unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let client = client(&server.url()).await;
        let mut device = Device::connect(client, id, Buckets::default(), 0).await.unwrap();
        assert_eq!(wanted(&mut device).await.configuration.resources().len(), 2);
    });
}

#[test]
fn a_content_of_several_parts_arrives_whole_and_goes_when_nothing_names_it() {
    let server = NatsServer::start().unwrap();
    run(async {
        let content: Vec<u8> = (0..1_048_576_u32).map(|n| (n % 251) as u8).collect();
        let digest = Digest::of(&content);
        let with = deploy(config_file("model").path("/model").content(content.clone()));
        let mut target = open(&server.url(), "desired-state").await;
        turn(&mut target, &resolve(&(fleet(1) | with), &inventory(3))).await.unwrap();
        let id = DeviceId::parse("d001").unwrap();
        target.admit(std::slice::from_ref(&id)).await.unwrap();
        let client = client(&server.url()).await;
        let device = Device::connect(client, id, Buckets::default(), 0).await.unwrap();
        // In a task of its own, as a device that fetches several at once does it.
        let fetched = tokio::spawn(async move { device.content(digest).await });
        assert_eq!(fetched.await.unwrap().unwrap().as_ref(), Some(&content));
        assert_eq!(target.content(digest).await.unwrap(), Some(content));
        turn(&mut target, &resolve(&fleet(1), &inventory(3))).await.unwrap();
        assert_eq!(target.content(digest).await.unwrap(), None);
    });
}

#[test]
fn a_content_stays_while_any_device_or_resource_refers_to_it() {
    let server = NatsServer::start().unwrap();
    run(async {
        let content = b"a model".to_vec();
        let digest = Digest::of(&content);
        let file = |name: &str| {
            let path = format!("/{name}");
            deploy(config_file(name).path(&*path).content(content.clone()))
        };
        let at = |site: &str| label("site").eq(site);
        let mut target = open(&server.url(), "desired-state").await;
        // On all three sites; then on one; then under another name; then on none.
        let fleets = [
            (file("model"), true),
            (file("model").restrict(at("a")), true),
            (file("copy").restrict(at("c")), true),
            (file("copy").restrict(at("nowhere")), false),
        ];
        for (number, (with, stays)) in fleets.into_iter().enumerate() {
            turn(&mut target, &resolve(&(fleet(1) | with), &inventory(6))).await.unwrap();
            assert_eq!(target.content(digest).await.unwrap().is_some(), stays, "{number}");
        }
    });
}

#[test]
fn what_a_killed_controller_left_goes_with_the_next_apply_though_nothing_changes() {
    let server = NatsServer::start().unwrap();
    run(async {
        let content = b"some bytes of a file".to_vec();
        let digest = Digest::of(&content);
        let with = deploy(config_file("model").path("/model").content(content));
        let first = resolve(&(fleet(1) | with), &inventory(3));
        let second = resolve(&fleet(1), &inventory(3));
        let mut n_left = 0;
        for n_messages in 0.. {
            let mut target = open(&server.url(), &format!("fleet-{n_messages}")).await;
            turn(&mut target, &first).await.unwrap();
            target.die_after(Some(n_messages));
            let died = turn(&mut target, &second).await.is_err();
            target.die_after(None);
            let is_left = plan(&mut target, &second).await.is_empty() && died;
            n_left += usize::from(is_left);
            let seen = target.observe().await.unwrap();
            assert_eq!(
                target.is_settled(&seen.state, Coverage::Complete),
                !died || n_messages == 0
            );
            turn(&mut target, &second).await.unwrap();
            assert_eq!(target.content(digest).await.unwrap(), None, "{n_messages}");
            let seen = target.observe().await.unwrap();
            assert!(target.is_settled(&seen.state, Coverage::Complete), "{n_messages}");
            if !died {
                break;
            }
        }
        assert!(n_left > 0, "each death left a device to write");
    });
}
