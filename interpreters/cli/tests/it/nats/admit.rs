//! Devices that are let follow their keys, and that no more.

use std::fmt::Write as _;
use std::fs;

use escadre_testbed::NatsServer;

use super::{device, ends, run, wanted};

#[test]
fn devices_are_admitted_by_their_inventory_and_dismissed_by_name() {
    let server = NatsServer::start().unwrap();
    let (url, target) = (server.url(), format!("{}/fleet-a", server.url()));
    let admit = ["nats", "admit", "-i", "devices.jsonl", &*target];
    let missing = ends(1, &admit);
    assert!(missing.contains("`fleet-a`: it does not exist"), "{missing}");
    assert!(missing.contains("escadre nats init"), "{missing}");
    ends(0, &["apply", "--yes", "-i", "devices.jsonl", "--target", &target]);
    assert!(run(device(&url, "fleet-a", "cam-1", &[])).is_err(), "nobody admitted it yet");
    let unknown = ends(1, &[&admit[..], &["cam-9"]].concat());
    assert!(unknown.contains("lists no device `cam-9`"), "{unknown}");
    let one = ends(0, &[&admit[..], &["cam-1"]].concat());
    assert_eq!(one, "1 device follows its keys in `fleet-a`\n");
    for _ in 0..2 {
        assert_eq!(ends(0, &admit), "6 devices follow their keys in `fleet-a`\n");
    }
    run(async {
        let mut device = device(&url, "fleet-a", "cam-1", &[]).await.unwrap();
        assert!(!wanted(&mut device).await.configuration.resources().is_empty());
    });
    let nameless = ends(1, &["nats", "dismiss", &target, ""]);
    assert!(nameless.contains("a device is named by its id"), "{nameless}");
    let gone = ["nats", "dismiss", &*target, "cam-1", "cam-2"];
    assert_eq!(ends(0, &gone), "2 devices follow their keys in `fleet-a` no more\n");
    // A name that is mistyped is no success.
    let again = ends(0, &[&gone[..], &["cam-3", "cam-9"]].concat());
    assert!(again.starts_with("1 device follows its keys in `fleet-a` no more\n"), "{again}");
    assert!(again.contains("3 of those named were not admitted"), "{again}");
    assert!(run(device(&url, "fleet-a", "cam-1", &[])).is_err());
    assert!(run(device(&url, "fleet-a", "cam-4", &[])).is_ok());
}

#[test]
fn a_server_that_has_no_more_consumers_is_told_of_with_what_to_change() {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/fleet-a", server.url());
    ends(0, &["nats", "init", &target]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.jsonl");
    let mut listed = String::new();
    for n in 0..1_100 {
        writeln!(listed, r#"{{"id": "cam-{n}"}}"#).unwrap();
    }
    fs::write(&file, listed).unwrap();
    let full = ends(1, &["nats", "admit", "-i", file.to_str().unwrap(), &target]);
    assert!(full.contains("of 1 100 devices"), "{full}");
    assert!(full.contains("default_max_consumers"), "{full}");
}
