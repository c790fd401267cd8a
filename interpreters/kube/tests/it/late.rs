//! Answers that come so late that the next page of a list is gone, and answers that never come.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use escadre_algebra::{Fleet, container, deploy};
use escadre_interpreter::Snapshot;
use escadre_kube::{Kube, Options};
use escadre_testbed::KubeOptions;
use http::Request;
use kube::{Client, Config};
use tokio::runtime::Handle;

use crate::cluster::{Cluster, apply, held, resolved, run, until};

/// More nodes than one page has.
const N_NODES: usize = 501;

/// What the API server answers to a GET of `path`: its code, and the body.
async fn answer(admin: &Client, path: &str, accept: &str) -> (u16, String) {
    let request = Request::get(path).header("Accept", accept).body(Vec::new()).unwrap();
    match admin.request_text(request).await {
        Ok(text) => (200, text),
        Err(kube::Error::Api(status)) => (status.code, serde_json::to_string(&status).unwrap()),
        Err(error) => panic!("{path}: {error}"),
    }
}

/// What is late.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Late {
    /// The first request for a next page comes when that page is gone.
    NextPage,
    /// The first request for nodes is never answered.
    Nodes,
}

/// Carries requests that read to the API server, and counts those like the one that is late.
fn carry(
    stream: TcpStream,
    runtime: &Handle,
    admin: &Client,
    (late, n_late): (Late, &AtomicUsize),
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut path, mut accept) = (None, String::new());
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("GET ") {
                path = rest.split(' ').next().map(str::to_owned);
            }
            if let Some((_, value)) =
                line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case("accept"))
            {
                value.trim().clone_into(&mut accept);
            }
        }
        let path = path?;
        let is_such = match late {
            Late::NextPage => path.contains("continue="),
            Late::Nodes => path.starts_with("/api/v1/nodes"),
        };
        if is_such && n_late.fetch_add(1, Ordering::Relaxed) == 0 {
            if late == Late::Nodes {
                // Until whoever asked hangs up.
                stream.read_line(&mut String::new()).ok()?;
                return None;
            }
            let is_gone = async || answer(admin, &path, &accept).await.0 == 410;
            runtime.block_on(until("the next page is gone", is_gone));
        }
        let (code, body) = runtime.block_on(answer(admin, &path, &accept));
        let head = format!(
            "HTTP/1.1 {code} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

/// A client that asks through a carrier of its own, and how often what is late was asked for.
fn carried(admin: &Client, late: Late) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let n_late = Arc::new(AtomicUsize::new(0));
    let (runtime, admin, counted) = (Handle::current(), admin.clone(), Arc::clone(&n_late));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (runtime, admin) = (runtime.clone(), admin.clone());
            let counted = Arc::clone(&counted);
            std::thread::spawn(move || carry(stream, &runtime, &admin, (late, &counted)));
        }
    });
    let mut config = Config::new(url.parse().unwrap());
    config.default_retry = false;
    (Client::try_from(config).unwrap(), n_late)
}

#[test]
fn a_list_is_read_from_its_beginning_where_its_next_page_is_gone() {
    run(async {
        let api_server_flags = vec!["--etcd-compaction-interval=1s".to_owned()];
        let options = KubeOptions { api_server_flags, ..KubeOptions::default() };
        let mut cluster = Cluster::start_with(options).await;
        let names: Vec<String> = (0..N_NODES).map(|i| format!("n{i:03}")).collect();
        let nodes: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let fleet: Fleet = deploy(container("recorder").image("acme/recorder:1"));
        let wanted = resolved(&fleet, &nodes);
        let mut target = cluster.fresh(wanted.inventory(), Options::default()).await;
        apply(&mut target, &wanted).await;
        let (client, n_late) = carried(&cluster.admin, Late::NextPage);
        // No answer is waited for longer than two thirds of a lease.
        let (namespace, lease) = (target.namespace().to_owned(), Duration::from_secs(60));
        let options = Options { namespace, lease, ..Options::default() };
        let mut late = Kube::new(client, "kube:testbed", options);
        assert_eq!(held(&mut late).await, Snapshot::wanted(&wanted));
        // The page that was gone, and the one of the list that was begun anew.
        assert_eq!(n_late.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn a_server_that_accepts_and_never_answers_is_asked_again() {
    run(async {
        let mut cluster = Cluster::start(&[]).await;
        let fleet: Fleet = deploy(container("recorder").image("acme/recorder:1"));
        let wanted = resolved(&fleet, &[("n1", ""), ("n2", "")]);
        let mut target = cluster.fresh(wanted.inventory(), Options::default()).await;
        apply(&mut target, &wanted).await;
        let (client, n_late) = carried(&cluster.admin, Late::Nodes);
        let (namespace, lease) = (target.namespace().to_owned(), Duration::from_secs(3));
        let options = Options { namespace, lease, ..Options::default() };
        let mut late = Kube::new(client, "kube:testbed", options);
        let read = tokio::time::timeout(Duration::from_secs(30), held(&mut late)).await;
        assert_eq!(read.unwrap(), Snapshot::wanted(&wanted));
        assert_eq!(n_late.load(Ordering::Relaxed), 2);
    });
}
