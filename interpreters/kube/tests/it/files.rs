//! Files that differ on each device: few objects, and each pod has the file of its node.

use std::collections::{BTreeMap, BTreeSet};

use escadre_algebra::{
    Fleet, Mount, Resolved, Volume, config_file, container, deploy, device_id, label, text,
};
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_kube::{Kube, Options};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, apply, held, plan, resolved, run, until};

/// A pod with a file that names its device and the site.
fn fleet() -> Fleet {
    let named = text("id = ") + device_id() + "\nsite = " + label("site") + "\n";
    let recorder =
        container("recorder").image("acme/recorder:1").volume("etc", Volume::config_map("camera"));
    deploy(recorder.mount("/etc/camera", Mount::of("etc")))
        | deploy(config_file("camera").path("/etc/camera.toml").text(named))
}

/// The pods of `target`, by their nodes.
async fn pods(cluster: &Cluster, target: &Kube) -> BTreeMap<String, Json> {
    let path = format!("/api/v1/namespaces/{}/pods", target.namespace());
    let pods = cluster.ask(Method::GET, &path, &json!({})).await;
    let pods = pods["items"].as_array().unwrap().iter();
    let live = pods.filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    let placed = live.filter_map(|pod| {
        let node = pod["spec"]["nodeName"].as_str()?;
        Some((node.to_owned(), pod.clone()))
    });
    placed.collect()
}

/// The name of the ConfigMap that a pod mounts.
fn mounted(pod: &Json) -> String {
    let volumes = pod["spec"]["volumes"].as_array().unwrap();
    let ours = volumes.iter().find(|volume| volume["name"] == "etc").unwrap();
    ours["configMap"]["name"].as_str().unwrap().to_owned()
}

/// Waits until every node runs one pod, which mounts an immutable ConfigMap with the file of its node.
async fn each_has_its_file(cluster: &Cluster, target: &Kube, wanted: &[(&str, &str)]) {
    until("each pod mounts a ConfigMap with the file of its node", async || {
        let pods = pods(cluster, target).await;
        let mut files = BTreeSet::new();
        for (node, pod) in &pods {
            let name = mounted(pod);
            let path = format!("/api/v1/namespaces/{}/configmaps/{name}", target.namespace());
            let map = cluster.ask(Method::GET, &path, &json!({})).await;
            assert_eq!(map["immutable"], true);
            files.insert((node.clone(), map["data"][node].as_str().unwrap().to_owned()));
        }
        let file =
            |(id, site): &(&str, &str)| ((*id).to_owned(), format!("id = {id}\nsite = {site}\n"));
        files == wanted.iter().map(file).collect()
    })
    .await;
}

/// How many objects of each kind there are: ConfigMaps, and DaemonSets.
async fn count(cluster: &Cluster, target: &Kube) -> (usize, usize) {
    let own = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Descadre";
    let mut counts = [0, 0];
    for (n, kind) in counts.iter_mut().zip(["api/v1", "apis/apps/v1"]) {
        let resource = if kind == "api/v1" { "configmaps" } else { "daemonsets" };
        let path = format!("/{kind}/namespaces/{}/{resource}?{own}", target.namespace());
        *n = cluster.ask(Method::GET, &path, &json!({})).await["items"].as_array().unwrap().len();
    }
    (counts[0], counts[1])
}

#[test]
fn each_pod_has_the_file_of_its_node_and_a_change_of_one_makes_one_pod_anew() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let sites = [("n1", "a"), ("n2", "a"), ("n3", "b"), ("n4", "b"), ("n5", "c")];
        let first = resolved(&fleet(), &sites);
        let mut target = cluster.fresh(first.inventory(), Options::default()).await;
        apply(&mut target, &first).await;
        each_has_its_file(&cluster, &target, &sites).await;
        assert_eq!(held(&mut target).await, Snapshot::wanted(&first));
        assert_eq!(count(&cluster, &target).await, (1, 1));
        let before = pods(&cluster, &target).await;
        for pod in before.values() {
            let container = &pod["spec"]["containers"][0];
            let mounts = container["volumeMounts"].as_array().unwrap();
            let ours = mounts.iter().find(|mount| mount["name"] == "etc").unwrap();
            assert_eq!(ours["subPathExpr"], "$(ESCADRE_DEVICE_ID)");
            assert_eq!(ours["mountPath"], "/etc/camera/camera.toml");
            assert_eq!(container["env"][0]["name"], "ESCADRE_DEVICE_ID");
            assert_eq!(container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"], "spec.nodeName");
        }

        let moved = [("n1", "a"), ("n2", "z"), ("n3", "b"), ("n4", "b"), ("n5", "c")];
        let second = resolved(&fleet(), &moved);
        let n_before = cluster.written().len();
        assert_eq!(apply(&mut target, &second).await.n_written, 1);
        let written = cluster.written()[n_before..].iter();
        let patched = written.filter(|(_, resource, _)| resource == "nodes");
        assert_eq!(patched.map(|(_, _, name)| name.as_str()).collect::<Vec<_>>(), ["n2"]);
        each_has_its_file(&cluster, &target, &moved).await;
        assert_eq!(held(&mut target).await, Snapshot::wanted(&second));
        let after = pods(&cluster, &target).await;
        let uid = |pods: &BTreeMap<String, Json>, node: &str| pods[node]["metadata"]["uid"].clone();
        for (node, _) in sites {
            assert_eq!(uid(&before, node) == uid(&after, node), node != "n2", "{node}");
        }
        assert_eq!(count(&cluster, &target).await, (2, 2));
        assert!(plan(&mut target, &second).await.is_empty());
    });
}

#[test]
fn a_thousand_devices_with_a_file_each_take_few_objects() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let names: Vec<String> = (0..1_000).map(|i| format!("n{i:03}")).collect();
        let nodes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let large = text("x".repeat(1_000)) + "\nid = " + device_id() + "\n";
        let of = |image: &str| -> Resolved {
            let pod =
                container("recorder").image(image).volume("etc", Volume::config_map("camera"));
            let file = config_file("camera").path("/etc/camera.toml").text(large.clone());
            resolved(&(deploy(pod.mount("/etc/camera", Mount::of("etc"))) | deploy(file)), &nodes)
        };
        let wanted = of("acme/recorder:1");
        let mut target = cluster.fresh(wanted.inventory(), Options::default()).await;
        apply(&mut target, &wanted).await;
        let (maps, sets) = count(&cluster, &target).await;
        println!("1 000 devices, a file of 1 KiB each: {maps} ConfigMaps and {sets} DaemonSets");
        assert!(maps <= 16 && sets == maps);
        assert_eq!(held(&mut target).await, Snapshot::wanted(&wanted));
        let seen = target.observe().await.unwrap().state;
        assert_eq!(seen.anomalies(), []);
    });
}
