//! From a DaemonSet that people had before to the fleet's, without both on one node.

use std::collections::BTreeMap;

use escadre_algebra::{Fleet, Resolved, container, deploy, label};
use escadre_kube::{Kube, Options};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, apply, resolved, run, until};

const NODES: [&str; 3] = ["n1", "n2", "n3"];

fn old() -> Json {
    let labels = json!({"app": "agent"});
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "agent", "image": "acme/agent:1"}]},
            },
        },
    })
}

/// What `docs/importing.md` says to do to the old one: nodes of the fleet are none of its own.
fn leaves_alone() -> Json {
    let of_none = json!([{"key": "site", "operator": "DoesNotExist"}]);
    let required = json!({"nodeSelectorTerms": [{"matchExpressions": of_none}]});
    let affinity =
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}});
    json!({"spec": {
        "updateStrategy": {"type": "OnDelete", "rollingUpdate": null},
        "template": {"spec": {"affinity": affinity}},
    }})
}

/// The fleet on the nodes that were given to it.
fn fleet(given: &[&str]) -> Resolved {
    let agent: Fleet = deploy(container("agent").image("acme/agent:1"));
    let nodes = NODES.map(|node| (node, if given.contains(&node) { "fleet" } else { "" }));
    resolved(&agent.restrict(label("site").eq("fleet")), &nodes)
}

/// The pods of each node, those that end too: whether each is the fleet's, and its uid.
async fn pods(cluster: &Cluster, target: &Kube) -> BTreeMap<String, Vec<(bool, String)>> {
    let path = format!("/api/v1/namespaces/{}/pods", target.namespace());
    let pods = cluster.ask(Method::GET, &path, &json!({})).await;
    let mut of: BTreeMap<String, Vec<(bool, String)>> = BTreeMap::new();
    for pod in pods["items"].as_array().unwrap() {
        let Some(node) = pod["spec"]["nodeName"].as_str() else { continue };
        let is_ours = pod["metadata"]["labels"].get("escadre.github.io/variant").is_some();
        let uid = pod["metadata"]["uid"].as_str().unwrap().to_owned();
        of.entry(node.to_owned()).or_default().push((is_ours, uid));
    }
    of
}

/// Waits until `is_so` of the pods, of which no node ever has two.
async fn wait(
    cluster: &Cluster,
    target: &Kube,
    what: &str,
    is_so: impl Fn(&BTreeMap<String, Vec<(bool, String)>>) -> bool,
) {
    until(what, async || {
        let pods = pods(cluster, target).await;
        assert!(pods.values().all(|of| of.len() < 2), "{pods:?}");
        is_so(&pods)
    })
    .await;
}

#[test]
fn nodes_go_one_by_one_from_an_old_daemon_set_to_the_fleets_and_none_runs_both() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let first = fleet(&[]);
        let bare = resolved(&Fleet::empty(), &NODES.map(|node| (node, "")));
        let mut target = cluster.fresh(bare.inventory(), Options::default()).await;
        apply(&mut target, &first).await;
        let sets = format!("/apis/apps/v1/namespaces/{}/daemonsets", target.namespace());
        cluster.ask(Method::POST, &sets, &old()).await;
        wait(&cluster, &target, "the old one runs everywhere", |pods| pods.len() == 3).await;
        let before = pods(&cluster, &target).await;
        let old = format!("{sets}/agent");
        cluster.ask(Method::PATCH, &old, &leaves_alone()).await;

        for n in 1..=NODES.len() {
            let given = &NODES[..n];
            let body = json!({"metadata": {"labels": {"site": "fleet"}}});
            cluster.ask(Method::PATCH, &format!("/api/v1/nodes/{}", given[n - 1]), &body).await;
            let gone = |pods: &BTreeMap<_, _>| !pods.contains_key(given[n - 1]);
            wait(&cluster, &target, "the old pod is gone", gone).await;
            apply(&mut target, &fleet(given)).await;
            wait(&cluster, &target, "the new pod is there", |pods| {
                pods.len() == 3 && NODES.iter().all(|node| pods[*node][0].0 == given.contains(node))
            })
            .await;
            // Whoever was not given has the pod that it had.
            let now = pods(&cluster, &target).await;
            assert!(NODES[n..].iter().all(|node| now[*node] == before[*node]));
        }
        let there = cluster.ask(Method::GET, &old, &json!({})).await;
        assert_eq!(there["status"]["desiredNumberScheduled"], 0);
        cluster.ask(Method::DELETE, &old, &json!({})).await;
        let kept = pods(&cluster, &target).await;
        assert!(kept.len() == 3 && kept.values().all(|of| of.len() == 1 && of[0].0));
    });
}
