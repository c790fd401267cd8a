//! A control plane with nodes, changed by its administrator behind Escadre's back.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use escadre_testbed::KubeCluster;
use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

/// A control plane, and its administrator.
pub(crate) struct Cluster {
    runtime: Runtime,
    admin: Client,
    server: KubeCluster,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let server = KubeCluster::start().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let file = Kubeconfig::read_from(server.kubeconfig("admin").unwrap()).unwrap();
        let options = KubeConfigOptions::default();
        let admin = runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
            Client::try_from(config).unwrap()
        });
        Self { runtime, admin, server }
    }

    /// The kubeconfig of the ordinary user.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.server.kubeconfig("escadre").unwrap()
    }

    fn ask(&self, method: Method, path: &str, content_type: &str, body: &Json) -> Json {
        let body = if method == Method::GET { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder().method(method).uri(path);
        let request = request.header("Content-Type", content_type).body(body).unwrap();
        let answer = self.runtime.block_on(self.admin.request(request));
        answer.map_err(|error| format!("{path}: {error}")).unwrap()
    }

    /// What the administrator reads at `path`.
    pub(crate) fn get(&self, path: &str) -> Json {
        self.ask(Method::GET, path, "application/json", &Json::Null)
    }

    /// Changes the object at `path` as `kubectl edit` does.
    pub(crate) fn edit(&self, path: &str, change: &Json) {
        let path = format!("{path}?fieldManager=kubectl-edit");
        self.ask(Method::PATCH, &path, "application/merge-patch+json", change);
    }

    /// Makes `object` in the list at `path`.
    pub(crate) fn make(&self, path: &str, object: &Json) {
        self.ask(Method::POST, path, "application/json", object);
    }

    /// Deletes the object at `path`.
    pub(crate) fn delete(&self, path: &str) {
        self.ask(Method::DELETE, path, "application/json", &Json::Null);
    }

    /// The HTTP status that the ordinary user gets for `path`.
    pub(crate) fn status(&self, path: &str) -> u16 {
        self.server.status("escadre", path).unwrap()
    }

    /// Deletes the object at `path` and makes it again as a backup does, under another name.
    pub(crate) fn restore(&self, path: &str) {
        let mut copy = self.get(path);
        let metadata = copy["metadata"].as_object_mut().unwrap();
        metadata.retain(|key, _| ["name", "labels", "annotations"].contains(&key.as_str()));
        self.ask(Method::DELETE, path, "application/json", &Json::Null);
        let (list, _) = path.rsplit_once('/').unwrap();
        let list = format!("{list}?fieldManager=backup");
        self.ask(Method::POST, &list, "application/json", &copy);
    }

    pub(crate) fn add_node(&self, name: &str, labels: &Json) {
        let metadata = json!({"name": name, "labels": labels});
        let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata});
        self.ask(Method::POST, "/api/v1/nodes", "application/json", &body);
    }

    /// Does what `kubectl apply` does with the rights in `list`, and waits until they are in force.
    pub(crate) fn grant(&self, list: &Json) {
        for object in list["items"].as_array().unwrap() {
            let kind = object["kind"].as_str().unwrap().to_lowercase();
            let name = object["metadata"]["name"].as_str().unwrap();
            let namespace = object["metadata"].get("namespace").and_then(Json::as_str);
            let below = namespace.map(|it| format!("namespaces/{it}/")).unwrap_or_default();
            let path = format!(
                "/apis/rbac.authorization.k8s.io/v1/{below}{kind}s/{name}?fieldManager=kubectl"
            );
            self.ask(Method::PATCH, &path, "application/apply-patch+yaml", object);
        }
        // The API server sees what it has stored a moment later.
        let status = |path| self.server.status("escadre", path).unwrap();
        until("the rights are in force", || (status("/api/v1/nodes"), status(LEASE)) == (200, 404));
    }

    /// Whether no controller has written anything.
    pub(crate) fn is_untouched(&self) -> bool {
        let own = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Descadre";
        let is_none = |path: &str| self.get(&format!("{path}?{own}"))["items"] == json!([]);
        is_none(DAEMON_SETS)
            && is_none("/api/v1/namespaces/default/configmaps")
            && self.server.status("admin", LEASE).unwrap() == 404
            && !self.get("/api/v1/nodes").to_string().contains("escadre.")
    }
}

pub(crate) const DAEMON_SETS: &str = "/apis/apps/v1/namespaces/default/daemonsets";
pub(crate) const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases/escadre";

/// Asks again and again until `is_so` says that it is.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::yield_now();
    }
}
