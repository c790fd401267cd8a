//! Several fleets in one cluster, several controllers of one fleet, and nodes that are made anew.

use std::collections::BTreeMap;
use std::time::Duration;

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Resolved, config_file, container, deploy,
};
use escadre_interpreter::{Interpreter, Silent, Snapshot};
use escadre_kube::{Kube, Options};
use http::Method;
use serde_json::json;

use crate::cluster::{Cluster, apply, held, plan, resolved, run, try_apply, until};

fn web(release: &str) -> Fleet {
    deploy(container("web").image(format!("acme/web:{release}")))
}

/// `fleet` on these nodes; there are others, which are not listed.
fn on(fleet: &Fleet, nodes: &[&str]) -> Resolved {
    let devices = nodes.iter().map(|id| Facts::of(id, []).unwrap());
    fleet.resolve(&Inventory::new(devices, Coverage::Complete).unwrap()).unwrap()
}

/// The pods of the cluster that are there to stay: the node and the namespace of each.
async fn pods(cluster: &Cluster) -> Vec<(String, String)> {
    let pods = cluster.ask(Method::GET, "/api/v1/pods", &json!({})).await;
    let pods = pods["items"].as_array().unwrap().iter();
    let pods = pods.filter(|pod| pod["metadata"].get("deletionTimestamp").is_none());
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut pods: Vec<_> = pods
        .map(|pod| (text(&pod["spec"]["nodeName"]), text(&pod["metadata"]["namespace"])))
        .collect();
    pods.sort();
    pods
}

async fn runs(cluster: &Cluster, wanted: &[(&str, &Kube)]) {
    let wanted: Vec<_> =
        wanted.iter().map(|(node, of)| ((*node).to_owned(), of.namespace().to_owned())).collect();
    until("each node has a pod of its own fleet, and no other", async || {
        pods(cluster).await == wanted
    })
    .await;
}

#[test]
fn fleets_with_the_same_pod_do_not_run_it_on_each_others_nodes() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let nodes = [("n1", ""), ("n2", "")];
        let all = resolved(&Fleet::empty(), &nodes);
        let mut a = cluster.fresh(all.inventory(), Options::default()).await;
        let namespace = cluster.namespace().await;
        let mut b = cluster.controller(Options { namespace, ..Options::default() });
        let motd = deploy(config_file("motd").path("/etc/motd").text("hello\n"));
        let fleet = web("1") | motd;
        apply(&mut a, &on(&fleet, &["n1"])).await;
        apply(&mut b, &on(&fleet, &["n2"])).await;
        runs(&cluster, &[("n1", &a), ("n2", &b)]).await;
        let (of_a, of_b) = (held(&mut a).await, held(&mut b).await);
        assert!(of_a.get("n1").is_some() && of_a.len() == 1, "{of_a:?}");
        assert!(of_b.get("n2").is_some() && of_b.len() == 1, "{of_b:?}");

        // One leaves: what it had is deleted at once, and the other has what it had.
        let (none, mut silent) = (on(&Fleet::empty(), &["n1"]), Silent);
        let gone = try_apply(&mut a, &none, &mut silent);
        let gone = tokio::time::timeout(Duration::from_secs(60), gone).await.unwrap().unwrap();
        assert_eq!(gone.n_removed, 1);
        let seen = a.observe().await.unwrap();
        assert!(a.is_settled(&seen.state, Coverage::Complete));
        runs(&cluster, &[("n2", &b)]).await;
        assert!(plan(&mut b, &on(&fleet, &["n2"])).await.is_empty());
    });
}

#[test]
fn a_lease_lasts_as_long_as_its_holder_says() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let wanted = resolved(&web("1"), &[("n1", ""), ("n2", "")]);
        let long = Options { lease: Duration::from_secs(3_600), ..Options::default() };
        let mut holder = cluster.fresh(wanted.inventory(), long).await;
        holder.die_after(Some(2));
        assert!(try_apply(&mut holder, &wanted, &mut Silent).await.is_err());
        let namespace = holder.namespace().to_owned();
        let short = Options { namespace, lease: Duration::from_secs(1), ..Options::default() };
        let mut hasty = cluster.controller(short);
        let mut silent = Silent;
        let taking = try_apply(&mut hasty, &wanted, &mut silent);
        let taken = tokio::time::timeout(Duration::from_secs(4), taking).await;
        assert!(taken.is_err(), "a lease of an hour was taken within seconds: {taken:?}");
    });
}

#[test]
fn a_node_that_is_made_anew_between_plan_and_apply_is_not_taken_for_the_old_one() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (first, second) = (
            resolved(&web("1"), &[("n1", ""), ("n2", "")]),
            resolved(&web("2"), &[("n1", ""), ("n2", "")]),
        );
        let mut target = cluster.fresh(first.inventory(), Options::default()).await;
        apply(&mut target, &first).await;
        let planned = plan(&mut target, &second).await;
        cluster.ask(Method::DELETE, "/api/v1/nodes/n2", &json!({})).await;
        cluster.add_node("n2", &BTreeMap::new()).await;
        let objects = target.lower(&second).unwrap();
        let consent = escadre_interpreter::Consent::default();
        let stale = target.apply(&planned, &objects, &consent, false, &mut Silent).await;
        assert!(stale.is_err(), "{stale:?}");
        // It is a node like any other that holds nothing yet.
        assert!(held(&mut target).await.get("n2").is_none());
        assert_eq!(apply(&mut target, &second).await.n_written, 2);
        assert_eq!(held(&mut target).await, Snapshot::wanted(&second));
    });
}
