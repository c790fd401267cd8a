//! The control plane of Kubernetes.

use std::net::TcpStream;

use escadre_testbed::{KubeCluster, KubeOptions, TestbedError};

const NODES: &str = "/api/v1/nodes";
const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default";

/// The command lines of this machine's processes that name `text`.
fn processes_with(text: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap();
    // A process may end in between: then it has no command line.
    let lines =
        entries.filter_map(|entry| std::fs::read(entry.unwrap().path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(text))
        .collect()
}

#[test]
fn a_control_plane_knows_its_users_comes_back_after_kills_and_ends_with_its_value() {
    let kubelets = vec!["n1".to_owned()];
    let mut cluster =
        KubeCluster::start_with(&KubeOptions { kubelets, ..KubeOptions::default() }).unwrap();
    let (url, folder) = (cluster.url(), cluster.folder().display().to_string());
    assert_eq!(cluster.status("admin", NODES).unwrap(), 200);
    assert_eq!(cluster.status("admin", ACCOUNT).unwrap(), 200);
    assert_eq!(cluster.status("escadre", NODES).unwrap(), 403);
    // Allowed, though there is no such node; another kubelet's node is not.
    assert_eq!(cluster.status("system:node:n1", "/api/v1/nodes/n1").unwrap(), 404);
    assert_eq!(cluster.status("system:node:n1", "/api/v1/nodes/n2").unwrap(), 403);
    let error = cluster.kubeconfig("system:node:n2").unwrap_err();
    assert!(matches!(error, TestbedError::UnknownUser { .. }), "{error}");
    let config = std::fs::read(cluster.kubeconfig("escadre").unwrap()).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["clusters"][0]["cluster"]["server"], url);

    cluster.kill_api_server();
    let error = cluster.status("admin", NODES).unwrap_err();
    assert!(matches!(error, TestbedError::NoAnswer { .. }), "{error}");
    cluster.restart_api_server().unwrap();
    assert_eq!(cluster.url(), url);
    assert_eq!(cluster.status("admin", ACCOUNT).unwrap(), 200);
    cluster.kill_etcd();
    assert_ne!(cluster.status("admin", ACCOUNT).ok(), Some(200));
    cluster.restart_etcd().unwrap();
    assert_eq!(cluster.status("admin", ACCOUNT).unwrap(), 200);

    assert!(!processes_with(&folder).is_empty());
    drop(cluster);
    assert_eq!(processes_with(&folder), Vec::<String>::new());
    assert!(TcpStream::connect(url.strip_prefix("https://").unwrap()).is_err());
    assert!(!std::path::Path::new(&folder).exists());
}

#[test]
fn an_api_server_alone_has_the_flags_that_it_is_given() {
    let api_server_flags = vec!["--profiling=false".to_owned()];
    let options = KubeOptions { api_server_flags, controllers: false, ..KubeOptions::default() };
    let cluster = KubeCluster::start_with(&options).unwrap();
    assert_eq!(cluster.status("admin", "/debug/pprof/").unwrap(), 404);
    // Nobody is there to make it.
    assert_eq!(cluster.status("admin", ACCOUNT).unwrap(), 404);
}

#[test]
fn a_control_plane_that_does_not_start_says_which_component_and_why() {
    let api_server_flags = vec!["--no-such-flag".to_owned()];
    let options = KubeOptions { api_server_flags, ..KubeOptions::default() };
    let error = KubeCluster::start_with(&options).unwrap_err().to_string();
    assert!(error.starts_with("kube-apiserver was not ready"), "{error}");
    assert!(error.contains("unknown flag: --no-such-flag"), "{error}");
}
