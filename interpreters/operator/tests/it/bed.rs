//! A namespace of a control plane that several tests share, and an operator in it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use escadre_algebra::{EncodeOptions, Fleet, config_file, container, deploy, label};
use escadre_operator::rbac::{Rights, Subject, rbac};
use escadre_operator::{FleetStatus, Operator, Options, RunError, definition};
use escadre_testbed::{KubeCluster, KubeOptions};
use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

/// The output of `future`, driven by several threads.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// The control plane of the tests that run now; it ends with the last of them.
static SHARED: Mutex<Weak<KubeCluster>> = Mutex::new(Weak::new());
static N_MADE: AtomicUsize = AtomicUsize::new(0);

/// A namespace in which the ordinary user has the rights of an operator, and no others.
pub(crate) struct Bed {
    _server: Arc<KubeCluster>,
    pub(crate) admin: Client,
    user: Client,
    pub(crate) namespace: String,
}

/// An operator that runs.
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    pub(crate) task: tokio::task::JoinHandle<Result<(), RunError>>,
}

impl Running {
    /// Stops it as SIGTERM does.
    pub(crate) async fn stop(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap().unwrap();
    }

    /// Ends it as a kill does: nothing more is sent.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

impl Bed {
    pub(crate) async fn new() -> Self {
        let server = tokio::task::block_in_place(|| {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                // What becomes of objects and labels is escadre-kube's to test: nobody makes pods.
                let options = KubeOptions { controllers: false, ..KubeOptions::default() };
                let server = Arc::new(KubeCluster::start_with(&options).unwrap());
                *shared = Arc::downgrade(&server);
                server
            })
        });
        let admin = client(&server, "admin").await;
        let user = client(&server, "escadre").await;
        let namespace = format!("fleet-{}", N_MADE.fetch_add(1, Ordering::Relaxed));
        let bed = Self { _server: server, admin, user, namespace };
        bed.prepare().await;
        bed
    }

    async fn prepare(&self) {
        let name = self.namespace.as_str();
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.ask(Method::POST, "/api/v1/namespaces", &body).await;
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let definition = serde_json::to_value(definition()).unwrap();
        let path = format!("{definitions}/fleets.escadre.github.io");
        self.ask(Method::PATCH, &format!("{path}?fieldManager=admin"), &definition).await;
        let rights = Rights {
            namespace: Some(name.to_owned()),
            own_namespace: name.to_owned(),
            secrets: vec!["nats".to_owned()],
        };
        for object in rbac(&rights, &Subject::User("escadre".to_owned())) {
            let kind = object["kind"].as_str().unwrap().to_lowercase();
            let name = object["metadata"]["name"].as_str().unwrap();
            let namespace = object["metadata"].get("namespace").and_then(Json::as_str);
            let below = namespace.map(|it| format!("namespaces/{it}/")).unwrap_or_default();
            let group = "/apis/rbac.authorization.k8s.io/v1";
            let path = format!("{group}/{below}{kind}s/{name}?fieldManager=admin");
            self.ask(Method::PATCH, &path, &object).await;
        }
        // The API server sees its own definitions and rights a moment later.
        let leases = format!("/apis/coordination.k8s.io/v1/namespaces/{name}/leases");
        let paths = [self.fleets(), format!("{leases}/escadre-operator")];
        until("the rights are in force", async || {
            let listed = send(&self.user, Method::GET, &paths[0], &Json::Null).await.is_ok();
            let lease = send(&self.user, Method::GET, &paths[1], &Json::Null).await;
            listed && matches!(lease, Err(kube::Error::Api(status)) if status.code == 404)
        })
        .await;
    }

    /// The path of the namespace's objects.
    pub(crate) fn fleets(&self) -> String {
        format!("/apis/escadre.github.io/v1alpha1/namespaces/{}/fleets", self.namespace)
    }

    /// What the administrator is answered.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Json) -> Json {
        let answer = send(&self.admin, method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A node of this test's own.
    pub(crate) async fn node(&self, name: &str) -> String {
        let name = format!("{}-{name}", self.namespace);
        let labels = json!({"test": self.namespace});
        let metadata = json!({"name": name, "labels": labels});
        let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata});
        self.ask(Method::POST, "/api/v1/nodes", &body).await;
        name
    }

    /// The labels of this project that a node has.
    pub(crate) async fn labels(&self, node: &str) -> Json {
        let node = self.ask(Method::GET, &format!("/api/v1/nodes/{node}"), &Json::Null).await;
        let mut labels = node["metadata"]["labels"].clone();
        labels.as_object_mut().unwrap().retain(|key, _| key.starts_with("escadre."));
        labels
    }

    /// A recorder with this image, on the nodes of this test.
    pub(crate) fn recorder(&self, version: &str) -> Fleet {
        let image = format!("acme/recorder:{version}");
        let fleet = deploy(container("recorder").image(image))
            | deploy(config_file("motd").path("/etc/motd").text(version));
        fleet.restrict(label("test").eq(self.namespace.as_str()))
    }

    /// Makes an object with this specification.
    pub(crate) async fn make(&self, name: &str, spec: &Json) -> Json {
        self.ask(Method::POST, &self.fleets(), &object(name, spec)).await
    }

    /// Changes an object as `kubectl patch` does.
    pub(crate) async fn edit(&self, name: &str, spec: &Json) {
        let path = format!("{}/{name}", self.fleets());
        self.ask(Method::PATCH, &path, &json!({"spec": spec})).await;
    }

    /// The status of an object, once it is ready (or not) for this reason and tells about its
    /// present generation.
    pub(crate) async fn told(&self, name: &str, reason: &str) -> FleetStatus {
        let path = format!("{}/{name}", self.fleets());
        let mut last = Json::Null;
        let begin = Instant::now();
        loop {
            let object = self.ask(Method::GET, &path, &Json::Null).await;
            let status: FleetStatus =
                serde_json::from_value(object["status"].clone()).unwrap_or_default();
            let is_new = status.observed_generation == object["metadata"]["generation"].as_i64();
            if is_new && status.conditions.first().is_some_and(|ready| ready.reason == reason) {
                return status;
            }
            if begin.elapsed() > Duration::from_secs(60) {
                panic!("`{name}` is not {reason} within a minute: {last:#}");
            }
            last = object["status"].clone();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The reasons and notes of the events about an object.
    pub(crate) async fn events(&self, name: &str) -> Vec<(String, String)> {
        let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", self.namespace);
        let listed = self.ask(Method::GET, &path, &Json::Null).await;
        let events = listed["items"].as_array().unwrap().iter();
        let about = events.filter(|event| event["regarding"]["name"] == name);
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        about.map(|event| (text(&event["reason"]), text(&event["note"]))).collect()
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            namespace: Some(self.namespace.clone()),
            own_namespace: self.namespace.clone(),
            leadership: Duration::from_secs(2),
            lease: Duration::from_secs(1),
            ..Options::default()
        }
    }

    /// An operator, as the ordinary user.
    pub(crate) fn operator(&self) -> Operator {
        Operator::new(self.user.clone(), self.options())
    }

    pub(crate) fn start(&self) -> Running {
        started(self.operator())
    }
}

/// `operator`, running.
pub(crate) fn started(operator: Operator) -> Running {
    let (stop, stopped) = watch::channel(false);
    Running { stop, task: tokio::spawn(async move { operator.run(stopped).await }) }
}

/// An object with this specification.
pub(crate) fn object(name: &str, spec: &Json) -> Json {
    json!({
        "apiVersion": "escadre.github.io/v1alpha1", "kind": "Fleet",
        "metadata": {"name": name}, "spec": spec,
    })
}

/// `fleet` as an object has it inline.
pub(crate) fn inline(fleet: &Fleet) -> Json {
    let text = fleet.encode(&EncodeOptions { origins: true }).unwrap();
    json!({"inline": serde_json::from_str::<Json>(&text).unwrap()})
}

/// Asks again and again until `is_so` says that it is.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !is_so().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A client of `server` for a user.
async fn client(server: &KubeCluster, user: &str) -> Client {
    let file = Kubeconfig::read_from(server.kubeconfig(user).unwrap()).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

pub(crate) async fn send(
    client: &Client,
    method: Method,
    path: &str,
    body: &Json,
) -> Result<Json, kube::Error> {
    let content_type = match method {
        Method::PATCH if path.contains("fieldManager") => "application/apply-patch+yaml",
        Method::PATCH => "application/merge-patch+json",
        _ => "application/json",
    };
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("Content-Type", content_type);
    client.request(request.body(body).unwrap()).await
}
