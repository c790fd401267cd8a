//! What is told where a server is away, or refuses.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use escadre_algebra::{Fleet, container, deploy};
use escadre_interpreter::{Interpreter, Progress, Silent, Snapshot};
use escadre_kube::{ApplyError, Kube, Options, ServerError, ServerErrorKind};
use escadre_testbed::{KubeCluster, KubeOptions};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::cluster::{Cluster, held, resolved, run, try_apply};

fn fleet() -> Fleet {
    deploy(container("recorder").image("acme/recorder:1"))
}

/// Says when the first node is written and waits until it may go on; remembers notes.
struct Stop {
    reached: mpsc::Sender<()>,
    go_on: mpsc::Receiver<()>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Progress for Stop {
    fn begin(&mut self, _: usize) {}

    fn advance(&mut self, n_done: usize) {
        if n_done == 1 {
            self.reached.send(()).unwrap();
            self.go_on.recv_timeout(Duration::from_secs(60)).unwrap();
        }
    }

    fn note(&mut self, message: &str) {
        self.notes.lock().unwrap().push(message.to_owned());
    }
}

/// Applies a fleet to 20 nodes; after the first, `trouble` comes over the servers and is mended: the
/// apply ends, and what it told is given.
fn outlives(
    options: KubeOptions,
    trouble: impl FnOnce(&mut KubeCluster),
    mend: impl FnOnce(&mut KubeCluster),
) -> Vec<String> {
    run(async {
        let mut cluster = Cluster::start_with(options).await;
        let names: Vec<String> = (0..20).map(|i| format!("n{i:02}")).collect();
        let nodes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let wanted = resolved(&fleet(), &nodes);
        let options = Options { n_in_flight: 2, n_chunk: 1, ..Options::default() };
        let mut target = cluster.fresh(wanted.inventory(), options).await;
        let (reached, is_reached) = mpsc::channel();
        let (go, go_on) = mpsc::channel();
        let notes = Arc::new(Mutex::new(Vec::new()));
        let mut progress = Stop { reached, go_on, notes: Arc::clone(&notes) };
        let applying = tokio::spawn({
            let wanted = wanted.clone();
            async move {
                let applied = try_apply(&mut target, &wanted, &mut progress).await;
                (target, applied)
            }
        });
        tokio::task::block_in_place(|| {
            is_reached.recv_timeout(Duration::from_secs(60)).unwrap();
            trouble(&mut cluster.server);
            go.send(()).unwrap();
            mend(&mut cluster.server);
        });
        let (mut target, applied) = applying.await.unwrap();
        let applied = applied.unwrap();
        assert_eq!((applied.n_written, applied.failed), (nodes.len(), Vec::new()));
        assert_eq!(held(&mut target).await, Snapshot::wanted(&wanted));
        notes.lock().unwrap().clone()
    })
}

#[test]
fn an_api_server_that_is_killed_during_an_apply_is_told_and_the_apply_ends() {
    let notes = outlives(KubeOptions::default(), KubeCluster::kill_api_server, |servers| {
        servers.restart_api_server().unwrap();
    });
    assert!(notes.iter().any(|note| note.starts_with("trying again (")), "{notes:?}");
}

#[test]
fn an_apply_outlives_the_end_of_the_leader_of_etcd() {
    let options = KubeOptions { n_etcds: 3, ..KubeOptions::default() };
    let kill = |servers: &mut KubeCluster| assert!(servers.kill_etcd_leader().is_some());
    // The two that are left choose another; the API server itself may find it before it is asked.
    outlives(options, kill, |_| {});
}

#[test]
fn an_apply_that_the_api_server_refuses_leaves_the_lease_to_the_next_one() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let nodes = [("n1", "")];
        let odd = container("recorder").image("acme/recorder:1").image_pull_policy("Sometimes");
        let (refused, wanted) = (resolved(&deploy(odd), &nodes), resolved(&fleet(), &nodes));
        // Who waited for this lease would not be done in time.
        let options = Options { lease: Duration::from_secs(3_600), ..Options::default() };
        let mut target = cluster.fresh(wanted.inventory(), options).await;
        let error = try_apply(&mut target, &refused, &mut Silent).await.unwrap_err();
        assert!(error.to_string().contains("imagePullPolicy"), "{error}");
        assert_eq!(held(&mut target).await, Snapshot::empty());
        let mut silent = Silent;
        let next = try_apply(&mut target, &wanted, &mut silent);
        let applied = tokio::time::timeout(Duration::from_secs(60), next).await.unwrap();
        assert_eq!(applied.unwrap().n_written, 1);
    });
}

fn help_of(error: &ServerError) -> String {
    error.help().unwrap()
}

#[test]
fn a_namespace_that_is_missing_is_named_with_how_to_make_it() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let wanted = resolved(&fleet(), &[("n1", "")]);
        cluster.fresh(wanted.inventory(), Options::default()).await;
        // Who has no rights there is told that, and no more; an administrator has them.
        let options = Options { namespace: "nowhere".to_owned(), ..Options::default() };
        let mut target = Kube::new(cluster.admin.clone(), "kube:testbed", options);
        let error = try_apply(&mut target, &wanted, &mut Silent).await.unwrap_err();
        let ApplyError::Server(error) = error else { panic!("{error:?}") };
        let namespace = "nowhere".to_owned();
        assert_eq!(*error.kind(), ServerErrorKind::NoNamespace { namespace });
        assert!(help_of(&error).contains("kubectl create namespace nowhere"));
    });
}

#[test]
fn missing_rights_are_told_with_what_the_server_says() {
    run(async {
        let cluster = Cluster::start(&[]).await;
        let mut target = cluster.controller(Options::default());
        let error = target.observe().await.unwrap_err();
        let ServerErrorKind::Forbidden { why } = error.kind() else { panic!("{error:?}") };
        assert!(why.contains(r#"User "escadre" cannot get resource "leases""#), "{why}");
        assert!(help_of(&error).contains("escadre kube rbac"));
    });
}

/// A client of `cluster` whose kubeconfig `edit` has changed.
async fn edited(cluster: &Cluster, edit: impl FnOnce(&mut Config)) -> Client {
    let file = Kubeconfig::read_from(cluster.server.kubeconfig("escadre").unwrap()).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
    config.default_retry = false;
    edit(&mut config);
    Client::try_from(config).unwrap()
}

#[test]
fn an_unknown_token_is_told_and_no_word_of_it() {
    run(async {
        let cluster = Cluster::start(&[]).await;
        let secret = "not-the-token-of-anybody";
        let client = edited(&cluster, |config| {
            config.auth_info.token = Some(secret.to_owned().into());
        });
        let mut target = Kube::new(client.await, "kube:testbed", Options::default());
        let error = target.observe().await.unwrap_err();
        assert!(matches!(error.kind(), ServerErrorKind::Unknown { .. }), "{error:?}");
        assert!(!format!("{error:?} {error} {target:?}").contains(secret));
        assert!(help_of(&error).contains("kubectl auth whoami"));
    });
}

#[test]
fn a_server_that_stays_away_is_told_when_the_patience_ends() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let patience = Duration::from_millis(300);
        let mut target = cluster.controller(Options { patience, ..Options::default() });
        cluster.server.kill_api_server();
        let error = target.observe().await.unwrap_err();
        let ServerErrorKind::Unreachable { doing, why } = error.kind() else { panic!("{error:?}") };
        assert_eq!(*doing, "reading the lease");
        assert!(why.contains("refused"), "{why}");
    });
}
