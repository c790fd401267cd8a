//! How pods give way to others: what the API server tells of every pod, from one apply to the next.

use std::collections::BTreeMap;
use std::time::Duration;

use escadre_algebra::{
    Coverage, Facts, Fleet, Inventory, Resolved, UpdateStrategy, container, deploy,
};
use escadre_interpreter::{Interpreter, Silent, Snapshot};
use escadre_kube::{Kube, Options};
use http::Method;
use serde_json::json;

use crate::cluster::{Cluster, apply, comes, held, plan, run, try_apply};
use crate::history::{Pod, history, pods};

const NODES: [&str; 3] = ["n1", "n2", "n3"];

fn on_all(fleet: &Fleet) -> Resolved {
    let device = |id: &&str| Facts::of(id, [("kubernetes.io/hostname", *id)]).unwrap();
    let inventory = Inventory::new(NODES.iter().map(device), Coverage::Complete).unwrap();
    fleet.resolve(&inventory).unwrap()
}

fn web(release: &str, strategy: Option<UpdateStrategy>) -> Resolved {
    let web = container("web").image(format!("acme/web:{release}"));
    on_all(&deploy(match strategy {
        None => web,
        Some(strategy) => web.strategy(strategy),
    }))
}

/// Waits until each node runs one pod of what it holds, and nothing else does.
async fn settled(cluster: &Cluster, target: &mut Kube) -> BTreeMap<String, Pod> {
    let world = target.observe().await.unwrap().state;
    let wanted: Vec<(String, String)> = NODES
        .iter()
        .flat_map(|node| {
            let variants = world.variants(node).into_values();
            variants.map(|variant| ((*node).to_owned(), variant.to_string())).collect::<Vec<_>>()
        })
        .collect();
    let mut found = BTreeMap::new();
    let is_so = comes(async || {
        found = pods(cluster, target).await.0;
        let mut there: Vec<_> = found
            .values()
            .filter(|pod| pod.is_ready)
            .map(|pod| (pod.node.clone(), pod.of.1.clone()))
            .collect();
        there.sort();
        there == wanted && found.len() == wanted.len()
    })
    .await;
    if !is_so {
        let told = told(cluster, target).await;
        panic!("not within a minute: each node runs what it holds, {wanted:?}, alone: {told}");
    }
    found
}

/// The labels of the nodes, the pods and the events of the namespace, as text.
async fn told(cluster: &Cluster, target: &Kube) -> String {
    let namespace = target.namespace();
    let mut told = String::new();
    for (path, keys) in [
        ("/api/v1/nodes".to_owned(), ["/metadata/labels", "/metadata/annotations"]),
        (format!("/apis/apps/v1/namespaces/{namespace}/daemonsets"), ["/metadata", "/status"]),
        (format!("/api/v1/namespaces/{namespace}/pods"), ["/metadata", "/status"]),
        (format!("/api/v1/namespaces/{namespace}/events"), ["/message", "/involvedObject/name"]),
    ] {
        let list = cluster.ask(Method::GET, &path, &json!({})).await;
        for item in list["items"].as_array().unwrap() {
            let name = &item["metadata"]["name"];
            let values = keys.map(|key| item.pointer(key).map(ToString::to_string));
            told += &format!("\n{path} {name}: {values:?}");
        }
    }
    told
}

/// A controller of a fleet that is applied to a namespace of its own and runs, and its pods.
async fn running(
    cluster: &mut Cluster,
    fleet: &Resolved,
    options: Options,
) -> (Kube, BTreeMap<String, Pod>) {
    let mut target = cluster.fresh(fleet.inventory(), options).await;
    apply(&mut target, fleet).await;
    let pods = settled(cluster, &mut target).await;
    (target, pods)
}

/// Has `first` changed to `second`; all states of the pods on the way.
async fn changed(
    cluster: &mut Cluster,
    first: &Resolved,
    second: &Resolved,
) -> Vec<BTreeMap<String, Pod>> {
    let (mut target, _) = running(cluster, first, Options::default()).await;
    let before = pods(cluster, &target).await;
    apply(&mut target, second).await;
    settled(cluster, &mut target).await;
    assert_eq!(held(&mut target).await, Snapshot::wanted(second));
    let seen = target.observe().await.unwrap();
    assert!(target.is_settled(&seen.state, Coverage::Complete));
    assert!(plan(&mut target, second).await.is_empty());
    history(cluster, &target, before).await
}

/// Of each node: the pods of the resource there.
fn on<'a>(state: &'a BTreeMap<String, Pod>, node: &str) -> Vec<&'a Pod> {
    state.values().filter(|pod| pod.node == node && !pod.of.0).collect()
}

#[test]
fn a_pod_is_replaced_only_once_the_old_one_is_gone() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let (first, second) = (web("1", None), web("2", Some(UpdateStrategy::Replace)));
        let states = changed(&mut cluster, &first, &second).await;
        for node in NODES {
            assert!(states.iter().all(|state| on(state, node).len() <= 1), "{states:#?}");
            assert!(states.iter().any(|state| on(state, node).is_empty()), "{states:#?}");
        }
    });
}

#[test]
fn a_pod_that_does_not_go_holds_its_successor_back_and_is_named() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let replace = Some(UpdateStrategy::Replace);
        let (first, second) = (web("1", replace), web("2", replace));
        let options = Options { pods: Duration::from_secs(2), ..Options::default() };
        let (mut target, _) = running(&mut cluster, &first, options).await;
        // Something of somebody else's has to be done before the pod may go.
        let path = format!("/api/v1/namespaces/{}/pods", target.namespace());
        let list = cluster.ask(Method::GET, &path, &json!({})).await;
        let mut there = list["items"].as_array().unwrap().iter();
        let there = there.find(|pod| pod["spec"]["nodeName"] == "n1").unwrap();
        let name = there["metadata"]["name"].as_str().unwrap();
        let finalizers = "/metadata/finalizers";
        let hold = json!([{"op": "add", "path": finalizers, "value": ["example.com/hold"]}]);
        cluster.ask(Method::PATCH, &format!("{path}/{name}"), &hold).await;

        for n_written in [3, 0] {
            let applied = try_apply(&mut target, &second, &mut Silent).await.unwrap();
            let [(id, why)] = &applied.failed[..] else { panic!("{:?}", applied.failed) };
            assert_eq!((applied.n_written, id.as_str()), (n_written, "n1"));
            assert!(why.contains("held back until the old ones are gone"), "{why}");
            assert!(why.contains(name), "{why}");
        }
        let seen = target.observe().await.unwrap();
        assert_eq!(seen.state.held_back("n1").len(), 1);
        assert!(!target.is_settled(&seen.state, Coverage::Complete));
        let (during, _) = pods(&cluster, &target).await;
        assert_eq!(on(&during, "n1").len(), 1, "{during:#?}");
        let status = target.status(&seen.state).await.unwrap();
        let waits = &status.devices["n1"].behind;
        assert!(waits.values().any(|why| why.contains(name)), "{waits:?}");

        let free = json!([{"op": "remove", "path": finalizers}]);
        cluster.ask(Method::PATCH, &format!("{path}/{name}"), &free).await;
        apply(&mut target, &second).await;
        settled(&cluster, &mut target).await;
        let seen = target.observe().await.unwrap();
        assert!(target.is_settled(&seen.state, Coverage::Complete));
    });
}

#[test]
fn a_surge_leaves_no_moment_without_a_ready_pod() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let surge = Some(UpdateStrategy::Surge);
        let states = changed(&mut cluster, &web("1", surge), &web("2", surge)).await;
        for node in NODES {
            let is_served = |state| on(state, node).iter().any(|pod| pod.is_ready);
            assert!(states.iter().all(is_served), "{states:#?}");
            assert!(states.iter().any(|state| on(state, node).len() == 2), "{states:#?}");
        }
    });
}

#[test]
fn images_are_pulled_before_the_old_pod_ends() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let prepull = Some(UpdateStrategy::Prepull);
        let states = changed(&mut cluster, &web("1", prepull), &web("2", prepull)).await;
        for node in NODES {
            assert!(states.iter().all(|state| on(state, node).len() <= 1), "{states:#?}");
            let gone = states.iter().position(|state| on(state, node).is_empty()).unwrap();
            let is_pulled = |pod: &Pod| pod.node == node && pod.of.0 && pod.is_ready;
            assert!(
                states[..gone].iter().any(|state| state.values().any(is_pulled)),
                "{states:#?}"
            );
        }
        // No pod pulled anything but what is new, and none is left.
        let pulls = states.iter().flat_map(BTreeMap::values).filter(|pod| pod.of.0);
        let pulls: std::collections::BTreeSet<&str> = pulls.map(|pod| pod.of.1.as_str()).collect();
        assert_eq!(pulls.len(), 1);
    });
}

#[test]
fn a_surge_that_never_becomes_ready_keeps_the_old_pods_and_can_be_taken_back() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let first = web("1", Some(UpdateStrategy::Surge));
        let large = container("web").image("acme/web:2").request("cpu", "9999");
        let second = on_all(&deploy(large.strategy(UpdateStrategy::Surge)));
        let options = Options { pods: Duration::from_secs(1), ..Options::default() };
        let (mut target, before) = running(&mut cluster, &first, options).await;

        let applied = try_apply(&mut target, &second, &mut Silent).await.unwrap();
        assert_eq!((applied.n_written, applied.failed.len()), (3, 3));
        let (_, why) = &applied.failed[0];
        assert!(why.contains("the old pods are kept") && why.contains("`web`"), "{why}");
        let (during, _) = pods(&cluster, &target).await;
        let is_there = |(uid, pod): (&String, &Pod)| pod.is_ready && during.contains_key(uid);
        assert!(before.iter().all(is_there), "{during:#?}");
        // It is tried again, without a change.
        assert!(plan(&mut target, &second).await.is_empty());
        let seen = target.observe().await.unwrap();
        assert!(!target.is_settled(&seen.state, Coverage::Complete));
        let applied = try_apply(&mut target, &second, &mut Silent).await.unwrap();
        assert_eq!((applied.n_written, applied.failed.len()), (0, 3));

        apply(&mut target, &first).await;
        let after = settled(&cluster, &mut target).await;
        let uids = |pods: BTreeMap<String, Pod>| pods.into_keys().collect::<Vec<_>>();
        assert_eq!(uids(after), uids(before));
    });
}

#[test]
fn a_controller_that_is_killed_while_pods_give_way_is_gone_on_from() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        for strategy in [UpdateStrategy::Surge, UpdateStrategy::Prepull, UpdateStrategy::Replace] {
            let mut releases = (2..).map(|n: u32| web(&n.to_string(), Some(strategy)));
            let first = web("1", Some(strategy));
            let options = Options { lease: Duration::from_secs(2), ..Options::default() };
            let (mut target, _) = running(&mut cluster, &first, options).await;
            let mut n_writes = 3;
            for next in releases.by_ref() {
                target.die_after(Some(n_writes));
                let died = try_apply(&mut target, &next, &mut Silent).await.is_err();
                target.die_after(None);
                apply(&mut target, &next).await;
                settled(&cluster, &mut target).await;
                let seen = target.observe().await.unwrap();
                assert!(
                    target.is_settled(&seen.state, Coverage::Complete),
                    "{strategy} killed after {n_writes}"
                );
                if !died {
                    break;
                }
                n_writes += 2;
            }
            assert!(n_writes > 6, "{strategy}: no apply was killed");
        }
    });
}

#[test]
fn what_pulls_is_mended_where_it_is_not_as_it_is_to_be() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let prepull = Some(UpdateStrategy::Prepull);
        let (first, second) = (web("1", prepull), web("2", prepull));
        let lease = Duration::from_secs(1);
        let options = Options { lease, ..Options::default() };
        let (mut target, _) = running(&mut cluster, &first, options).await;
        // The lease, the pull and the new pod: the apply dies before the first node.
        target.die_after(Some(3));
        assert!(try_apply(&mut target, &second, &mut Silent).await.is_err());
        target.die_after(None);
        let sets = format!("/apis/apps/v1/namespaces/{}/daemonsets", target.namespace());
        let all = cluster.ask(Method::GET, &sets, &json!({})).await;
        let names = all["items"].as_array().unwrap().iter();
        let pull = names.filter_map(|set| set["metadata"]["name"].as_str());
        let pull = pull.filter(|name| name.ends_with("-pull")).collect::<Vec<_>>();
        let [pull] = pull[..] else { panic!("{all}") };
        let image = "/spec/template/spec/containers/0/image";
        let body = json!([{"op": "replace", "path": image, "value": "evil/pause:1"}]);
        let path = format!("{sets}/{pull}?fieldManager=kubectl-edit");
        cluster.ask(Method::PATCH, &path, &body).await;
        let seen = target.observe().await.unwrap();
        let told = target.anomalies(&seen.state);
        let why = format!("`DaemonSet {pull}`: its spec was changed by `kubectl-edit`");
        assert!(told.iter().any(|it| it.starts_with(&why)), "{told:?}");

        let n_before = cluster.written().len();
        apply(&mut target, &second).await;
        let replaced = ("update".to_owned(), "daemonsets".to_owned(), pull.to_owned());
        assert!(cluster.written()[n_before..].contains(&replaced));
        settled(&cluster, &mut target).await;
        let seen = target.observe().await.unwrap();
        assert!(target.is_settled(&seen.state, Coverage::Complete));
    });
}

#[test]
fn a_surge_comes_to_its_end_with_a_partial_inventory_too() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let surge = Some(UpdateStrategy::Surge);
        let lease = Duration::from_secs(1);
        let first = web("1", surge);
        let options = Options { lease, ..Options::default() };
        let (mut target, _) = running(&mut cluster, &first, options).await;
        let devices = web("2", surge);
        let devices = devices.inventory().devices().to_vec();
        let partial = Inventory::new(devices, Coverage::Partial).unwrap();
        let second = web("2", surge).fleet().resolve(&partial).unwrap();
        // The lease, the new pod, and a few steps of nodes.
        target.die_after(Some(4));
        assert!(try_apply(&mut target, &second, &mut Silent).await.is_err());
        target.die_after(None);
        apply(&mut target, &second).await;
        settled(&cluster, &mut target).await;
        let seen = target.observe().await.unwrap();
        assert!(target.is_settled(&seen.state, Coverage::Partial));
        assert!(plan(&mut target, &second).await.is_empty());
    });
}
