//! Webhooks of a cluster: they refuse, and they are away.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use escadre_algebra::{container, deploy};
use escadre_interpreter::{Progress, Silent, Snapshot};
use escadre_kube::{ApplyError, Options, ServerErrorKind};
use http::Method;
use serde_json::{Value as Json, json};

use crate::cluster::{Cluster, held, resolved, run, try_apply, until};
use crate::hook::Hook;

const NODES: [(&str, &str); 2] = [("n1", ""), ("n2", "")];
const NAME: &str = "images.example.org";

fn daemon_set() -> Json {
    let labels = json!({"a": "b"});
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "probe"},
        "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "c", "image": "evil/x"}]},
        }},
    })
}

fn evil_images(object: &Json) -> Option<&'static str> {
    object["spec"].to_string().contains("\"evil/").then_some("its images are not signed")
}

#[test]
fn a_webhook_that_refuses_an_object_is_named_and_no_node_is_written() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let of = |image| resolved(&deploy(container("recorder").image(image)), &NODES);
        let (evil, good) = (of("evil/recorder:6"), of("acme/recorder:1"));
        let mut target = cluster.fresh(good.inventory(), Options::default()).await;
        let (path, object) =
            (format!("/apis/apps/v1/namespaces/{}/daemonsets", target.namespace()), daemon_set());
        let about = ("apps", "daemonsets");
        let probe = (Method::POST, path.as_str(), &object);
        let hook = Hook::start(&cluster, NAME, about, evil_images, probe.clone()).await;
        let error = try_apply(&mut target, &evil, &mut Silent).await.unwrap_err();
        let ApplyError::Server(error) = error else { panic!("{error:?}") };
        let ServerErrorKind::Denied { by, why, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!(by, NAME);
        assert!(why.contains("its images are not signed"), "{why}");
        assert_eq!(held(&mut target).await, Snapshot::empty());
        // What it has nothing against is written.
        assert_eq!(try_apply(&mut target, &good, &mut Silent).await.unwrap().n_written, 2);
        hook.remove(&cluster, NAME, probe).await;
    });
}

#[test]
fn a_webhook_that_refuses_one_node_is_named_with_it_and_the_others_are_written() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let wanted = resolved(&deploy(container("recorder").image("acme/recorder:1")), &NODES);
        let mut target = cluster.fresh(wanted.inventory(), Options::default()).await;
        let judge = |node: &Json| (node["metadata"]["name"] == "n2").then_some("n2 is frozen");
        let body = json!({"metadata": {"labels": {"a": "b"}}});
        let probe = (Method::PATCH, "/api/v1/nodes/n2", &body);
        let _hook = Hook::start(&cluster, NAME, ("", "nodes"), judge, probe).await;
        let applied = try_apply(&mut target, &wanted, &mut Silent).await.unwrap();
        assert_eq!(applied.n_written, 1);
        let [(device, why)] = &applied.failed[..] else { panic!("{applied:?}") };
        assert_eq!(device.as_str(), "n2");
        assert!(why.starts_with(&format!("`{NAME}` denies it: ")), "{why}");
        assert!(why.contains("n2 is frozen"), "{why}");
    });
}

/// Remembers what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Progress for Notes {
    fn begin(&mut self, _: usize) {}
    fn advance(&mut self, _: usize) {}
    fn note(&mut self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

#[test]
fn a_webhook_that_is_away_is_waited_for_in_words_and_named_where_it_stays_away() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let wanted = resolved(&deploy(container("recorder").image("acme/recorder:1")), &NODES);
        let mut target = cluster.fresh(wanted.inventory(), Options::default()).await;
        let (path, object) =
            (format!("/apis/apps/v1/namespaces/{}/daemonsets", target.namespace()), daemon_set());
        let probe = (Method::POST, path.as_str(), &object);
        let about = ("apps", "daemonsets");
        let mut hook = Hook::start(&cluster, NAME, about, evil_images, probe).await;
        hook.stop().await;
        let namespace = target.namespace().to_owned();
        let patience = Duration::from_millis(500);
        let mut hasty = cluster.controller(Options { namespace, patience, ..Options::default() });
        let error = try_apply(&mut hasty, &wanted, &mut Silent).await.unwrap_err();
        let ApplyError::Server(error) = error else { panic!("{error:?}") };
        let ServerErrorKind::Webhook { webhook, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!(webhook, NAME);
        assert!(error.help().unwrap().contains("kubectl get validatingwebhookconfigurations"));
        assert_eq!(held(&mut target).await, Snapshot::empty());
        // Whoever has more patience is told why it takes so long, while it does.
        let notes = Notes::default();
        let mut progress = notes.clone();
        let applying =
            tokio::spawn(async move { try_apply(&mut target, &wanted, &mut progress).await });
        until("it is told that the webhook is away", async || {
            let notes = notes.0.lock().unwrap();
            notes.iter().any(|it| it.starts_with("trying again (") && it.contains(NAME))
        })
        .await;
        assert!(!applying.is_finished());
        hook.restart().await;
        let applied = applying.await.unwrap().unwrap();
        assert_eq!((applied.n_written, applied.failed), (2, Vec::new()));
    });
}
