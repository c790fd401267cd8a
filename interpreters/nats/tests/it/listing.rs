//! Inventories that their owner keeps in a bucket, on a real server.

use std::time::Duration;

use async_nats::jetstream::{self, kv};
use escadre_algebra::{Coverage, Facts, Inventory};
use escadre_interpreter::inventory::ReadOptions;
use escadre_nats::{
    InventoryError, Listed, Options, ServerErrorKind, read_inventory, write_inventory,
    write_inventory_until,
};
use escadre_testbed::NatsServer;

use crate::support::{client, fleet, inventory, open, plan, resolve, run, turn};

const BUCKET: &str = "devices";

fn options() -> Options {
    Options { bucket: BUCKET.to_owned(), ..Options::default() }
}

async fn read(ours: &async_nats::Client) -> Result<Inventory, InventoryError> {
    Ok(read_inventory(ours, BUCKET, &ReadOptions::default()).await?.inventory)
}

fn listed(n_listed: usize, n_written: usize, n_removed: usize) -> Listed {
    Listed { n_listed, n_written, n_removed }
}

/// Devices `x.000`… of `n`, all at `site`.
fn devices(n: usize, site: &str) -> Inventory {
    let devices = (0..n).map(|i| Facts::of(&format!("x.{i:03}"), [("site", site)]).unwrap());
    Inventory::new(devices, Coverage::Complete).unwrap()
}

#[test]
fn what_is_listed_is_read_back_and_only_what_differs_is_written() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        let missing = read(&ours).await.unwrap_err();
        assert!(
            matches!(&missing, InventoryError::Server(error)
                if *error.kind() == ServerErrorKind::NoBucket),
            "{missing}"
        );
        let write = async |inventory: &Inventory| {
            write_inventory(&ours, &options(), inventory).await.unwrap()
        };
        let first = devices(700, "lyon");
        assert_eq!(write(&first).await, listed(700, 700, 0));
        assert_eq!(read(&ours).await.unwrap(), first);
        assert_eq!(write(&first).await, listed(700, 0, 0));
        let mut moved = devices(699, "lyon").devices().to_vec();
        moved[3] = Facts::of("x.003", [("site", "nice")]).unwrap();
        let moved = Inventory::new(moved, Coverage::Complete).unwrap();
        assert_eq!(write(&moved).await, listed(699, 1, 1));
        assert_eq!(read(&ours).await.unwrap(), moved);
        // Nothing is removed on the word of a partial one, which makes the bucket partial.
        let some =
            Inventory::new(devices(2, "nice").devices().to_vec(), Coverage::Partial).unwrap();
        assert_eq!(write(&some).await, listed(699, 2, 0));
        let now = read(&ours).await.unwrap();
        assert_eq!((now.len(), now.coverage()), (699, Coverage::Partial));
    });
}

#[test]
fn a_key_that_lists_no_device_is_named_and_nothing_is_read() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        write_inventory(&ours, &options(), &devices(3, "lyon")).await.unwrap();
        let store = jetstream::new(ours.clone()).get_key_value(BUCKET).await.unwrap();
        // By hand, on several lines.
        let by_hand = "{\n  \"id\": \"y\",\n  \"labels\": {\"site\": \"brest\"}\n}\n";
        store.put("y", by_hand.into()).await.unwrap();
        assert_eq!(read(&ours).await.unwrap().len(), 4);
        store.put("z", "{\"id\": \"y\"}".into()).await.unwrap();
        let wrong = read(&ours).await.unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "the bucket `devices`, key `z`: it lists `y`, whose key is `y`"
        );
        assert!(wrong.help().unwrap().contains("nats kv get devices z"));
        store.delete("z").await.unwrap();
        assert_eq!(read(&ours).await.unwrap().len(), 4);
        // What is written again mends it.
        write_inventory(&ours, &options(), &devices(3, "lyon")).await.unwrap();
        assert_eq!(read(&ours).await.unwrap(), devices(3, "lyon"));
    });
}

#[test]
fn a_writer_that_dies_leaves_a_bucket_that_is_partial_or_whole_and_the_next_goes_on() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        let options = Options { n_batch: 2, ..options() };
        let (old, new) = (devices(5, "lyon"), devices(7, "nice"));
        let mut n_died = 0;
        for n_messages in 0.. {
            write_inventory(&ours, &options, &old).await.unwrap();
            let written = write_inventory_until(&ours, &options, &new, Some(n_messages)).await;
            let now = read(&ours).await.unwrap();
            let Err(error) = written else {
                assert_eq!(now, new);
                break;
            };
            assert!(matches!(error, InventoryError::Died), "{error}");
            n_died += 1;
            // Before it said anything, nothing is changed; then it is partial until the last word.
            match now.coverage() {
                Coverage::Complete => assert_eq!((n_messages, now), (0, old.clone())),
                Coverage::Partial => assert!(n_messages > 0),
            }
            write_inventory(&ours, &options, &new).await.unwrap();
            assert_eq!(read(&ours).await.unwrap(), new);
        }
        // `partial`, seven devices, `complete`.
        assert_eq!(n_died, 9);
    });
}

#[test]
fn a_device_that_is_written_again_and_again_hides_no_other_from_a_reader() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        write_inventory(&ours, &options(), &devices(3_000, "lyon")).await.unwrap();
        let store = jetstream::new(ours.clone()).get_key_value(BUCKET).await.unwrap();
        let moving = async {
            for i in (0..3_000).rev() {
                let value = format!("{{\"id\": \"x.{i:03}\", \"labels\": {{\"site\": \"nice\"}}}}");
                store.put(format!("x=2E{i:03}"), value.into()).await.unwrap();
            }
        };
        let reading = async {
            for _ in 0..20 {
                let now = read(&ours).await.unwrap();
                assert_eq!((now.len(), now.coverage()), (3_000, Coverage::Complete));
            }
        };
        tokio::join!(moving, reading);
    });
}

#[test]
fn of_programs_that_write_at_once_one_wins_and_the_bucket_is_what_it_lists() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        let small = Options { n_batch: 10, ..options() };
        for round in 0..20 {
            let sites = [format!("a{round}"), format!("b{round}"), format!("c{round}")];
            let wanted = [1, 2, 3].map(|n| devices(60 * n, &sites[n - 1]));
            let writing = wanted.iter().map(|it| write_inventory(&ours, &small, it));
            let ended = futures_util::future::join_all(writing).await;
            let n_done = ended.iter().filter(|it| it.is_ok()).count();
            let is_raced =
                |it: &Result<_, _>| matches!(it, Ok(_) | Err(InventoryError::Raced { .. }));
            assert!(ended.iter().all(is_raced) && n_done > 0, "{ended:?}");
            let now = read(&ours).await.unwrap();
            let is_done = |(it, end): (&Inventory, &Result<_, _>)| *it == now && end.is_ok();
            assert!(wanted.iter().zip(&ended).any(is_done), "round {round}: {ended:?}");
        }
    });
}

#[test]
fn a_bucket_that_is_no_inventory_is_left_as_it_is() {
    let server = NatsServer::start().unwrap();
    run(async {
        let url = server.url();
        let ours = client(&url).await;
        let mut target = open(&url, "desired-state").await;
        let resolved = resolve(&fleet(1), &inventory(4));
        turn(&mut target, &resolved).await.unwrap();
        let wrong = Options { bucket: "desired-state".to_owned(), ..Options::default() };
        let refused = write_inventory(&ours, &wrong, &devices(3, "lyon")).await.unwrap_err();
        assert!(matches!(refused, InventoryError::Foreign { .. }), "{refused}");
        assert!(plan(&mut target, &resolved).await.is_empty());
        // One of which devices go by themselves is partial, and is not written.
        let config = kv::Config {
            bucket: "going".to_owned(),
            max_age: Duration::from_secs(600),
            ..kv::Config::default()
        };
        let going = jetstream::new(ours.clone()).create_key_value(config).await.unwrap();
        going.put("a", "{\"id\": \"a\"}".into()).await.unwrap();
        going.put("_coverage", "{\"coverage\": \"complete\"}".into()).await.unwrap();
        let found = read_inventory(&ours, "going", &ReadOptions::default()).await.unwrap();
        assert_eq!(found.inventory.coverage(), Coverage::Partial);
        let wrong = Options { bucket: "going".to_owned(), ..Options::default() };
        let refused = write_inventory(&ours, &wrong, &devices(3, "lyon")).await.unwrap_err();
        assert!(matches!(refused, InventoryError::Forgetful { .. }), "{refused}");
    });
}

#[test]
fn a_device_larger_than_a_message_is_named_before_anything_is_written() {
    let options_of_server =
        escadre_testbed::Options { config: "max_payload: 2048".to_owned(), ..Default::default() };
    let server = NatsServer::start_with(&options_of_server).unwrap();
    run(async {
        let ours = client(&server.url()).await;
        let large = Facts::of("large", [("note", &*"x".repeat(3_000))]).unwrap();
        let large = Inventory::new([large], Coverage::Complete).unwrap();
        let refused = write_inventory(&ours, &options(), &large).await.unwrap_err();
        assert!(
            matches!(&refused, InventoryError::TooLarge { key, .. } if key == "large"),
            "{refused}"
        );
        assert!(matches!(read(&ours).await, Err(InventoryError::Server(_))));
    });
}
