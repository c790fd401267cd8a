//! From an object by way of NATS to a device.

use std::time::Duration;

use base64::Engine;
use escadre_algebra::{DeviceId, Resource, deploy};
use escadre_nats::device::{Device, Report, Told};
use escadre_nats::permissions::Buckets;
use escadre_nats::{Address, Nats, connect, make_report_buckets};
use escadre_testbed::NatsServer;
use http::Method;
use serde_json::json;

use crate::bed::{Bed, inline, run, until};

#[test]
fn an_object_reaches_a_device_by_way_of_nats_with_the_credentials_of_its_namespace() {
    run(async {
        let bed = Bed::new().await;
        let options = escadre_testbed::Options {
            config: "authorization { user: escadre, password: \"not-to-be-told\" }".to_owned(),
            ..escadre_testbed::Options::default()
        };
        let server = tokio::task::block_in_place(|| NatsServer::start_with(&options).unwrap());
        let address = format!("{}/desired-state", server.url());
        let maps = format!("/api/v1/namespaces/{}/configmaps", bed.namespace);
        let devices = "{\"id\":\"cam-1\"}\n{\"id\":\"cam-2\"}\n";
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "devices"},
            "data": {"devices.jsonl": devices},
        });
        bed.ask(Method::POST, &maps, &map).await;
        let fleet = deploy(Resource::new("recorder").set("version", 1));
        let spec = json!({
            "fleet": inline(&fleet),
            "inventory": {"configMapRef": {"name": "devices", "key": "devices.jsonl"}},
            "target": {"nats": {"address": address, "credentialsSecretRef": {"name": "nats"}}},
            "intervalSeconds": 1,
        });
        bed.make("cameras", &spec).await;
        let operator = bed.start();
        let status = bed.told("cameras", "InvalidTarget").await;
        assert_eq!(status.conditions[0].message, "there is no Secret `nats` in this namespace");
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let data =
            json!({"NATS_USER": encode("escadre"), "NATS_PASSWORD": encode("not-to-be-told\n")});
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "nats"}, "data": data,
        });
        let secrets = format!("/api/v1/namespaces/{}/secrets", bed.namespace);
        // A Secret cannot name a file of the operator's own.
        let mut file = secret.clone();
        file["data"] = json!({"NATS_NKEY": encode("/etc/escadre/seed")});
        bed.ask(Method::POST, &secrets, &file).await;
        let refused = "`NATS_NKEY` of the Secret `nats` has no credentials";
        until("the file is refused", async || {
            let status = bed.told("cameras", "InvalidTarget").await;
            status.conditions[0].message.starts_with(refused)
        })
        .await;
        bed.ask(Method::PUT, &format!("{secrets}/nats"), &secret).await;
        let status = bed.told("cameras", "InSync").await;
        assert_eq!(status.last_applied.as_ref().unwrap().written, 2);
        assert!(!format!("{status:?}").contains("not-to-be-told"));
        // Whoever sets devices up admits them.
        let address: Address = address.parse().unwrap();
        let variable = |name: &str| match name {
            "NATS_USER" => Some("escadre".to_owned()),
            "NATS_PASSWORD" => Some("not-to-be-told".to_owned()),
            _ => None,
        };
        let client = connect(&address, &variable).await.unwrap();
        make_report_buckets(&client, &Buckets::default(), 1).await.unwrap();
        let bucket = Nats::open(client.clone(), address.options(false)).await.unwrap();
        let id = DeviceId::parse("cam-1").unwrap();
        bucket.admit(std::slice::from_ref(&id)).await.unwrap();
        let mut device = Device::connect(client, id, Buckets::default(), 0).await.unwrap();
        let first = accept(&mut device).await;
        assert!(first.contains("\"version\":1"), "{first}");
        let next = deploy(Resource::new("recorder").set("version", 2));
        bed.edit("cameras", &json!({"fleet": inline(&next)})).await;
        let second = accept(&mut device).await;
        assert!(second.contains("\"version\":2"), "{second}");
        operator.stop().await;
    });
}

/// What the device is to hold next; it says that it does.
async fn accept(device: &mut Device) -> String {
    let told = tokio::time::timeout(Duration::from_secs(20), device.next()).await;
    let Told::Wanted(wanted) = told.unwrap().unwrap() else { panic!("nothing is wanted") };
    device.report(&Report::new(wanted.generation, None)).await.unwrap();
    let resources = wanted.configuration.resources().values();
    resources.map(|state| state.to_json().to_string()).collect()
}
