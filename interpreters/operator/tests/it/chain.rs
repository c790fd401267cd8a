//! From an object by way of NATS to a device.

use std::time::Duration;

use base64::Engine;
use escadre_algebra::{DeviceId, Resource, deploy};
use escadre_nats::device::{Device, Report, Told};
use escadre_nats::permissions::Buckets;
use escadre_nats::{Address, Nats, connect, make_report_buckets};
use escadre_testbed::NatsServer;
use http::Method;
use serde_json::{Value as Json, json};

use crate::bed::{Bed, inline, run, until};

/// What the server asks of whoever connects.
const PASSWORD: &str = "not-to-be-told";

/// A server that lets in one user, and the address of a bucket there.
fn server() -> (NatsServer, String) {
    let config = format!("authorization {{ user: escadre, password: \"{PASSWORD}\" }}");
    let options = escadre_testbed::Options { config, ..escadre_testbed::Options::default() };
    let server = tokio::task::block_in_place(|| NatsServer::start_with(&options).unwrap());
    let address = format!("{}/desired-state", server.url());
    (server, address)
}

/// Makes an inventory of two devices.
async fn make_inventory(bed: &Bed) {
    let maps = format!("/api/v1/namespaces/{}/configmaps", bed.namespace);
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "devices"},
        "data": {"devices.jsonl": "{\"id\":\"cam-1\"}\n{\"id\":\"cam-2\"}\n"},
    });
    bed.ask(Method::POST, &maps, &map).await;
}

/// Gives the operator its credentials; first one that names a file, which it refuses to read.
async fn give_credentials(bed: &Bed) {
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let secret = |data: Json| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "nats"}, "data": data,
        })
    };
    let secrets = format!("/api/v1/namespaces/{}/secrets", bed.namespace);
    let file = secret(json!({"NATS_NKEY": encode("/etc/escadre/seed")}));
    bed.ask(Method::POST, &secrets, &file).await;
    until("the file is refused", async || {
        let status = bed.told("cameras", "InvalidTarget").await;
        let told = &status.conditions[0].message;
        told.starts_with("`NATS_NKEY` of the Secret `nats` has no credentials")
    })
    .await;
    let password = encode(&format!("{PASSWORD}\n"));
    let right = secret(json!({"NATS_USER": encode("escadre"), "NATS_PASSWORD": password}));
    bed.ask(Method::PUT, &format!("{secrets}/nats"), &right).await;
}

/// A device, as whoever sets devices up admits it.
async fn device(address: &Address) -> Device {
    let variable = |name: &str| match name {
        "NATS_USER" => Some("escadre".to_owned()),
        "NATS_PASSWORD" => Some(PASSWORD.to_owned()),
        _ => None,
    };
    let client = connect(address, &variable).await.unwrap();
    make_report_buckets(&client, &Buckets::default(), 1).await.unwrap();
    let bucket = Nats::open(client.clone(), address.options(false)).await.unwrap();
    let id = DeviceId::parse("cam-1").unwrap();
    bucket.admit(std::slice::from_ref(&id)).await.unwrap();
    Device::connect(client, id, Buckets::default(), 0).await.unwrap()
}

/// What the device is to hold next; it says that it does.
async fn accept(device: &mut Device) -> String {
    let told = tokio::time::timeout(Duration::from_secs(20), device.next()).await;
    let Told::Wanted(wanted) = told.unwrap().unwrap() else { panic!("nothing is wanted") };
    device.report(&Report::new(wanted.generation, None)).await.unwrap();
    let resources = wanted.configuration.resources().values();
    resources.map(|state| state.to_json().to_string()).collect()
}

#[test]
fn an_object_reaches_a_device_by_way_of_nats_with_the_credentials_of_its_namespace() {
    run(async {
        let bed = Bed::new().await;
        let (_server, address) = server();
        make_inventory(&bed).await;
        let fleet = |version: i64| deploy(Resource::new("recorder").set("version", version));
        let spec = json!({
            "fleet": inline(&fleet(1)),
            "inventory": {"configMapRef": {"name": "devices", "key": "devices.jsonl"}},
            "target": {"nats": {"address": address, "credentialsSecretRef": {"name": "nats"}}},
            "intervalSeconds": 1,
        });
        bed.make("cameras", &spec).await;
        let operator = bed.start();
        let status = bed.told("cameras", "InvalidTarget").await;
        assert_eq!(status.conditions[0].message, "there is no Secret `nats` in this namespace");
        give_credentials(&bed).await;
        let status = bed.told("cameras", "InSync").await;
        assert_eq!(status.last_applied.as_ref().unwrap().written, 2);
        assert!(!format!("{status:?} {:?}", bed.events("cameras").await).contains(PASSWORD));
        let mut device = device(&address.parse().unwrap()).await;
        let first = accept(&mut device).await;
        assert!(first.contains("\"version\":1"), "{first}");
        bed.edit("cameras", &json!({"fleet": inline(&fleet(2))})).await;
        let second = accept(&mut device).await;
        assert!(second.contains("\"version\":2"), "{second}");
        println!("cam-1 accepted {first}, then {second}");
        operator.stop().await;
    });
}
