//! A node does not choose what it runs: the API server itself refuses its kubelet.

use escadre_algebra::{container, deploy};
use escadre_kube::{Options, member_label, resource_label};
use http::Method;
use kube::Client;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, apply, client, resolved, run, send};

/// What the kubelet is told when it labels `node`.
async fn refused(kubelet: &Client, node: &str, label: &str, value: &Json) -> String {
    let body = json!({"metadata": {"labels": {label: value}}});
    match send(kubelet, Method::PATCH, &format!("/api/v1/nodes/{node}"), &body).await {
        Err(kube::Error::Api(status)) if status.code == 403 => status.message.clone(),
        other => panic!("{node} {label}={value}: {other:?}"),
    }
}

#[test]
fn a_kubelet_cannot_choose_what_its_node_runs_nor_another_node() {
    run(async {
        let mut cluster = Cluster::start(&["n1"]).await;
        let resolved = resolved(
            &deploy(container("recorder").image("acme/recorder:1")),
            &[("n1", ""), ("n2", "")],
        );
        let mut target = cluster.fresh(resolved.inventory(), Options::default()).await;
        apply(&mut target, &resolved).await;
        let kubelet = client(&cluster.server, "system:node:n1").await;
        let recorder = resource_label(&"recorder".try_into().unwrap());
        let another = resource_label(&"another".try_into().unwrap());
        let variant = json!("a".repeat(20));
        // Those that are there while one pod gives way to another.
        let [keep, pull, hold] = ["keep", "pull", "hold"].map(|it| format!("{it}.{recorder}"));
        let attempts = [
            ("changes its variant", "n1", &recorder, variant.clone()),
            ("removes its variant", "n1", &recorder, Json::Null),
            ("adds a resource", "n1", &another, variant.clone()),
            ("keeps what it is not to keep", "n1", &keep, variant.clone()),
            ("pulls what it is not to pull", "n1", &pull, variant.clone()),
            ("holds back what it is to run", "n1", &hold, variant.clone()),
            ("ends its membership", "n1", &member_label(), Json::Null),
            ("says its membership", "n1", &member_label(), json!("no")),
            ("changes another's variant", "n2", &recorder, variant),
        ];
        let before = labels(&cluster).await;
        for (what, node, label, value) in attempts {
            let message = refused(&kubelet, node, label, &value).await;
            println!("{what}: 403, {message}");
        }
        assert_eq!(labels(&cluster).await, before);
        // The rest of its node is its own.
        let body = json!({"metadata": {"labels": {"example.org/rack": "7"}}});
        let there = send(&kubelet, Method::PATCH, "/api/v1/nodes/n1", &body).await.unwrap();
        assert_eq!(there["metadata"]["labels"]["example.org/rack"], "7");
        println!("sets an ordinary label on its node: done");
    });
}

#[test]
fn the_status_of_a_node_is_no_way_around_nor_is_another_node_of_its_name() {
    run(async {
        let mut cluster = Cluster::start(&["n1", "n3"]).await;
        let resolved = resolved(
            &deploy(container("recorder").image("acme/recorder:1")),
            &[("n1", ""), ("n2", "")],
        );
        let mut target = cluster.fresh(resolved.inventory(), Options::default()).await;
        apply(&mut target, &resolved).await;
        let before = labels(&cluster).await;
        let kubelet = client(&cluster.server, "system:node:n1").await;
        let recorder = resource_label(&"recorder".try_into().unwrap());
        let body = json!({"metadata": {"labels": {recorder: "a".repeat(20)}}});
        // It may be refused, or the label be passed over; what counts is that it is not there.
        let _ = send(&kubelet, Method::PATCH, "/api/v1/nodes/n1/status", &body).await;
        assert_eq!(labels(&cluster).await, before);
        // A kubelet may make its node, but not with such a label.
        let newcomer = client(&cluster.server, "system:node:n3").await;
        let label = member_label();
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n3", "labels": {label: "yes"}},
        });
        let made = send(&newcomer, Method::POST, "/api/v1/nodes", &node).await;
        assert!(matches!(&made, Err(kube::Error::Api(it)) if it.code == 403), "{made:?}");
    });
}

/// The labels of ours that the nodes have.
async fn labels(cluster: &Cluster) -> Vec<Json> {
    let nodes = cluster.ask(Method::GET, "/api/v1/nodes", &json!({})).await;
    let of = |node: &Json| {
        let mut labels = node["metadata"]["labels"].clone();
        if let Some(labels) = labels.as_object_mut() {
            labels.retain(|key, _| key.starts_with("escadre.node-restriction"));
        }
        labels
    };
    nodes["items"].as_array().unwrap().iter().map(of).collect()
}
