//! Inventories in buckets, and the labels that devices report.

use escadre_testbed::NatsServer;

use super::{device, ends, run};

#[test]
fn labels_that_devices_report_are_joined_and_unknown_while_nobody_answers() {
    let server = NatsServer::start().unwrap();
    let infos = format!("{}/device-info", server.url());
    ends(0, &["nats", "init", &format!("{}/fleet", server.url())]);
    let asking = |address: &str| {
        let asking = ["select", "told", "-i", "devices.jsonl", "--count", "--device-info", address];
        asking.map(str::to_owned)
    };
    let ends = |code, asking: [String; 7]| ends(code, &asking.each_ref().map(String::as_str));
    let select = |address: &str| ends(0, asking(address));
    // No device told its labels yet, so nobody knows.
    assert!(select(&infos).contains("more may be selected"), "{}", select(&infos));
    assert!(select(&server.url()).contains("more may be selected"));
    let nowhere = ends(1, asking(&infos.replace("device-info", "nowhere")));
    assert!(nowhere.contains("`nowhere`: it does not exist"), "{nowhere}");
    drop(server);
    // Nobody answers: whether a device has the label is unknown, and said to be.
    let unknown = select(&infos);
    assert!(unknown.contains("what devices report is unknown"), "{unknown}");
}

#[test]
fn an_inventory_that_is_kept_in_a_bucket_is_read_wherever_one_is() {
    let server = NatsServer::start().unwrap();
    let bucket = format!("{}/inventory", server.url());
    let missing = ends(1, &["inventory", &bucket]);
    assert!(missing.contains("`inventory`: it does not exist"), "{missing}");
    let asserting = ["nats", "assert", "-i", "devices.jsonl", &*bucket];
    assert!(ends(0, &asserting).contains("lists 6 devices (complete): 6 written, 0 removed"));
    assert!(ends(0, &asserting).contains("0 written, 0 removed"));
    let select = |inventory| ends(0, &["select", "", "-i", inventory]);
    assert_eq!(select(&bucket), select("devices.jsonl"));
    // The usual bucket.
    assert_eq!(select(&server.url()), select("devices.jsonl"));
    let target = format!("{}/fleet-a", server.url());
    ends(0, &["apply", "--yes", "-i", &bucket, "--target", &target]);
    let planned = ends(0, &["plan", "--detailed-exitcode", "-i", &bucket, "--target", &target]);
    assert!(planned.contains("inventory of 6 devices (complete)"), "{planned}");
    let credentials = ends(1, &["inventory", "nats://user:secret@127.0.0.1:1/inventory"]);
    assert!(credentials.contains("an address has no credentials"), "{credentials}");
}

#[test]
fn an_inventory_is_summarised_with_the_labels_that_devices_told() {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/fleet-a", server.url());
    ends(0, &["apply", "--yes", "-i", "devices.jsonl", "--target", &target]);
    ends(0, &["nats", "init", &target]);
    ends(0, &["nats", "admit", "-i", "devices.jsonl", &target, "cam-1"]);
    run(async {
        let device = device(&server.url(), "fleet-a", "cam-1", &[]).await.unwrap();
        device.tell([("kernel".to_owned(), "6.12".to_owned())].into()).await.unwrap();
    });
    let infos = format!("{}/device-info", server.url());
    let bucket = format!("{}/inventory", server.url());
    ends(0, &["nats", "assert", "-i", "devices.jsonl", &bucket]);
    let summary = |inventory: &str| ends(0, &["inventory", inventory, "--device-info", &infos]);
    assert!(summary("devices.jsonl").contains("kernel"), "{}", summary("devices.jsonl"));
    assert_eq!(summary(&bucket), summary("devices.jsonl").replace("devices.jsonl", &bucket));
    let told = ["select", "kernel = 6.12", "-q", "--device-info", &infos, "-i"];
    for inventory in ["devices.jsonl", &bucket] {
        assert_eq!(ends(0, &[&told[..], &[inventory]].concat()), "cam-1\n");
    }
}
