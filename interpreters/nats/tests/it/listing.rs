//! Inventories that their owner keeps in a bucket, on a real server.

use async_nats::jetstream;
use escadre_algebra::{Coverage, Facts, Inventory};
use escadre_interpreter::inventory::ReadOptions;
use escadre_nats::{
    InventoryError, Listed, Options, ServerErrorKind, read_inventory, write_inventory,
};
use escadre_testbed::NatsServer;

use crate::support::{client, run};

const BUCKET: &str = "devices";

fn options() -> Options {
    Options { bucket: BUCKET.to_owned(), ..Options::default() }
}

async fn read(ours: &async_nats::Client) -> Result<Inventory, InventoryError> {
    Ok(read_inventory(ours, BUCKET, &ReadOptions::default()).await?.inventory)
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
        assert_eq!(write(&first).await, Listed { n_written: 700, n_removed: 0 });
        assert_eq!(read(&ours).await.unwrap(), first);
        assert_eq!(write(&first).await, Listed::default());
        let mut moved = devices(699, "lyon").devices().to_vec();
        moved[3] = Facts::of("x.003", [("site", "nice")]).unwrap();
        let moved = Inventory::new(moved, Coverage::Complete).unwrap();
        assert_eq!(write(&moved).await, Listed { n_written: 1, n_removed: 1 });
        assert_eq!(read(&ours).await.unwrap(), moved);
        // Nothing is removed on the word of a partial one, which makes the bucket partial.
        let some =
            Inventory::new(devices(2, "nice").devices().to_vec(), Coverage::Partial).unwrap();
        assert_eq!(write(&some).await, Listed { n_written: 2, n_removed: 0 });
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
            "the bucket `devices`, key `z`: it is what another device, `y`, has"
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
fn a_bucket_of_which_the_writer_died_half_way_is_partial() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        write_inventory(&ours, &options(), &devices(3, "lyon")).await.unwrap();
        let store = jetstream::new(ours.clone()).get_key_value(BUCKET).await.unwrap();
        // The first write of one that goes on with other devices.
        let begun = "{\"coverage\": \"partial\"}";
        store.put("_coverage", begun.into()).await.unwrap();
        store.delete("x=2E001").await.unwrap();
        let now = read(&ours).await.unwrap();
        assert_eq!((now.len(), now.coverage()), (2, Coverage::Partial));
        let listed = write_inventory(&ours, &options(), &devices(3, "lyon")).await.unwrap();
        assert_eq!(listed, Listed { n_written: 1, n_removed: 0 });
        assert_eq!(read(&ours).await.unwrap(), devices(3, "lyon"));
    });
}

#[test]
fn of_two_that_write_at_once_the_bucket_is_complete_for_the_last_alone() {
    let server = NatsServer::start().unwrap();
    run(async {
        let ours = client(&server.url()).await;
        let (a, b) = (devices(400, "lyon"), devices(400, "nice"));
        let (options_a, options_b) = (options(), options());
        let writing =
            [write_inventory(&ours, &options_a, &a), write_inventory(&ours, &options_b, &b)];
        let ended = futures_util::future::join_all(writing).await;
        let n_raced = ended.iter().filter(|it| matches!(it, Err(InventoryError::Raced { .. })));
        let n_raced = n_raced.count();
        let now = read(&ours).await.unwrap();
        match n_raced {
            // One after the other.
            0 => assert!(now == a || now == b),
            _ => assert!(now.coverage() == Coverage::Partial || now == a || now == b),
        }
        write_inventory(&ours, &options(), &b).await.unwrap();
        assert_eq!(read(&ours).await.unwrap(), b);
    });
}
