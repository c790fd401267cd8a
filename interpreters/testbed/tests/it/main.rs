//! Tests of the servers that tests start.

#![expect(clippy::unwrap_used, reason = "what tests are built from is sound, or the test fails")]

mod kube;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use escadre_testbed::{NatsCluster, NatsServer, Options, TestbedError};

fn info(url: &str) -> serde_json::Value {
    let stream = TcpStream::connect(url.strip_prefix("nats://").unwrap()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    serde_json::from_str(line.strip_prefix("INFO ").unwrap()).unwrap()
}

#[test]
fn a_server_has_jetstream_and_ends_with_its_value() {
    let server = NatsServer::start().unwrap();
    let url = server.url();
    assert_eq!(info(&url)["jetstream"], true);
    drop(server);
    assert!(TcpStream::connect(url.strip_prefix("nats://").unwrap()).is_err());
}

#[test]
fn a_killed_server_comes_back_where_it_was() {
    let mut server = NatsServer::start().unwrap();
    let url = server.url();
    server.kill();
    assert!(TcpStream::connect(url.strip_prefix("nats://").unwrap()).is_err());
    server.restart().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(info(&url)["jetstream"], true);
}

#[test]
fn servers_beside_each_other_have_ports_of_their_own() {
    let servers: Vec<NatsServer> = (0..4).map(|_| NatsServer::start().unwrap()).collect();
    let urls: std::collections::BTreeSet<String> = servers.iter().map(NatsServer::url).collect();
    assert_eq!(urls.len(), 4);
}

#[test]
fn a_cluster_knows_its_three_members() {
    let mut cluster = NatsCluster::start().unwrap();
    for server in cluster.servers() {
        let info = info(&server.url());
        assert_eq!(info["cluster"], "escadre");
        assert_eq!(info["connect_urls"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let options = Options { program: Some("/nowhere/nats-server".into()), ..Options::default() };
    let error = NatsServer::start_with(&options).unwrap_err();
    assert!(matches!(error, TestbedError::NotReady { .. }), "{error}");
}

/// In the process of the test below: starts a server, tells where it is, and waits to be killed.
const HOST: &str = "ESCADRE_TESTBED_HOST";

#[test]
fn a_server_ends_with_the_process_that_started_it_however_that_ends() {
    if std::env::var_os(HOST).is_some() {
        let server = NatsServer::start().unwrap();
        println!("{}", server.url());
        std::io::stdout().flush().unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let name = "a_server_ends_with_the_process_that_started_it_however_that_ends";
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(HOST, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.find_map(|line| Some(line.split_once("nats://")?.1.trim().to_owned()));
    let address = address.unwrap();
    assert!(TcpStream::connect(&address).is_ok());
    // As `kill -9`: nothing of it can tidy up.
    host.kill().unwrap();
    host.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < end, "the server at {address} outlives its process");
    }
}
