//! What pods are on the server: one object for many devices, and files that change with them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use escadre_algebra::{
    Fleet, Mount, Volume, config_file, container, deploy, device_id, label, text,
};
use escadre_interpreter::{Interpreter, Snapshot};
use escadre_kube::{Kube, Options, resource_label};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, apply, held, plan, resolved, run, until};

/// The objects of `kind` in the namespace of `target`, as the server has them.
async fn objects(cluster: &Cluster, target: &Kube, group: &str, kind: &str) -> Vec<Json> {
    let own = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Descadre";
    let path = format!("/{group}/namespaces/{}/{kind}?{own}", target.namespace());
    cluster.ask(Method::GET, &path, &json!({})).await["items"].as_array().unwrap().clone()
}

#[test]
fn a_pod_that_mentions_its_device_is_one_daemon_set_a_value_of_a_label() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let recorder = container("recorder")
            .image("acme/recorder:1")
            .arg("10", [text("--url=rtsp://") + device_id() + "/" + label("site")])
            .env("HOST", device_id())
            .env("SITE", label("site"));
        let nodes = [("n1", "a"), ("n2", "b"), ("n3", "a"), ("n4", "b"), ("n5", "a")];
        let resolved = resolved(&deploy(recorder), &nodes);
        let mut target = cluster.fresh(resolved.inventory(), Options::default()).await;
        apply(&mut target, &resolved).await;

        let sets = objects(&cluster, &target, "apis/apps/v1", "daemonsets").await;
        let mut args = BTreeSet::new();
        for set in &sets {
            let container = &set["spec"]["template"]["spec"]["containers"][0];
            args.insert(container["args"][0].as_str().unwrap().to_owned());
            let sources: BTreeMap<&str, &Json> = container["env"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["name"].as_str().unwrap(), &it["valueFrom"]["fieldRef"]["fieldPath"]))
                .collect();
            assert_eq!(sources["HOST"], "spec.nodeName");
            assert_eq!(sources["ESCADRE_DEVICE_ID"], "spec.nodeName");
        }
        let url = |site| format!("--url=rtsp://$(ESCADRE_DEVICE_ID)/{site}");
        assert_eq!(args, BTreeSet::from([url("a"), url("b")]));
        assert_eq!(sets.len(), 2);
        // What is held is of each device all the same.
        assert_eq!(held(&mut target).await, Snapshot::wanted(&resolved));
        let pods = format!("/api/v1/namespaces/{}/pods", target.namespace());
        until("each node runs one pod of its site", async || {
            let pods = cluster.ask(Method::GET, &pods, &json!({})).await;
            let sites = pods["items"].as_array().unwrap().iter().map(|pod| {
                let args = pod["spec"]["containers"][0]["args"][0].as_str().unwrap();
                let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
                (node.to_owned(), args.to_owned())
            });
            let sites: Vec<_> = sites.collect::<BTreeSet<_>>().into_iter().collect();
            let wanted = nodes.map(|(node, site)| (node.to_owned(), url(site)));
            sites == wanted
        })
        .await;
    });
}

/// A pod that has the file `motd` of `release` before it.
fn shown(release: &str) -> Fleet {
    let shown = container("shown").image("acme/shown:1").volume("motd", Volume::config_map("motd"));
    deploy(shown.mount("/etc/show", Mount::of("motd")))
        | deploy(config_file("motd").path("/etc/motd").text(format!("release {release}\n")))
}

#[test]
fn a_file_that_changes_changes_the_pod_that_mounts_it_in_the_same_write() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let nodes = [("n1", ""), ("n2", ""), ("n3", "")];
        let (first, second) = (resolved(&shown("1"), &nodes), resolved(&shown("2"), &nodes));
        let mut target = cluster.fresh(first.inventory(), Options::default()).await;
        apply(&mut target, &first).await;
        let before = target.observe().await.unwrap().state.variants("n1");
        let n_before = cluster.written().len();

        apply(&mut target, &second).await;
        let written = cluster.written()[n_before..].to_vec();
        let patched = written.iter().filter(|(_, resource, _)| resource == "nodes");
        let patched: BTreeMap<&str, usize> =
            patched.fold(BTreeMap::new(), |mut counts, (_, _, name)| {
                *counts.entry(name.as_str()).or_default() += 1;
                counts
            });
        assert_eq!(patched, BTreeMap::from([("n1", 1), ("n2", 1), ("n3", 1)]));
        let after = target.observe().await.unwrap().state.variants("n1");
        assert_eq!(before.len(), 2);
        assert!(before.iter().all(|(name, variant)| after.get(name) != Some(variant)), "{after:?}");

        // The one that is left mounts the file by its content, and the file has it.
        let sets = objects(&cluster, &target, "apis/apps/v1", "daemonsets").await;
        let files = objects(&cluster, &target, "api/v1", "configmaps").await;
        assert_eq!((sets.len(), files.len()), (1, 1));
        let mounted = &sets[0]["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"];
        assert_eq!(*mounted, format!("motd-{}", after["motd"]));
        assert_eq!(*mounted, files[0]["metadata"]["name"]);
        assert_eq!(files[0]["data"], json!({"motd": "release 2\n"}));
        assert_eq!(files[0]["immutable"], true);
    });
}

#[test]
fn nodes_without_any_label_become_members_and_stop_being_so() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let nodes = [("n1", ""), ("n2", "")];
        let first = resolved(&deploy(container("recorder").image("acme/recorder:1")), &nodes);
        let options = Options { lease: Duration::from_secs(3), ..Options::default() };
        let mut target = cluster.fresh(first.inventory(), options).await;
        let node = async |cluster: &Cluster| {
            cluster.ask(Method::GET, "/api/v1/nodes/n1", &json!({})).await["metadata"]["labels"]
                .clone()
        };
        assert_eq!(node(&cluster).await, Json::Null);
        apply(&mut target, &first).await;
        let label = resource_label(&"recorder".try_into().unwrap());
        assert!(node(&cluster).await.get(label).is_some());
        let none = resolved(&Fleet::empty(), &nodes);
        assert_eq!(apply(&mut target, &none).await.n_removed, 2);
        let left = node(&cluster).await;
        assert!(left.is_null() || left == json!({}), "{left}");
        assert!(plan(&mut target, &none).await.is_empty());
        assert_eq!(objects(&cluster, &target, "apis/apps/v1", "daemonsets").await, [] as [Json; 0]);
        // And again, as if nothing had been there.
        apply(&mut target, &first).await;
        assert_eq!(held(&mut target).await, Snapshot::wanted(&first));
    });
}
