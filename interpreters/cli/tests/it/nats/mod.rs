//! A NATS bucket as a target, on a real server.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use escadre_algebra::DeviceId;
use escadre_nats::device::{Device, Report, Told, Wanted};
use escadre_nats::permissions::Buckets;
use escadre_nats::{ServerError, connect_device};
use escadre_testbed::NatsServer;

use crate::program::{ESCADRE, command, stderr, stdout};

mod admit;
mod inventories;
#[path = "../../../../nats/tests/it/operator_mode.rs"]
mod operator_mode;
mod permissions;
mod watch;

/// How long something to happen is waited for.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the binary does with `arguments`, where `variables` say who it is.
fn escadre_as(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command(Path::new(ESCADRE), arguments);
    command.envs(variables.iter().copied()).output().unwrap()
}

/// As `escadre_as`, of everybody, and it must end with `code`; what it printed and said.
fn ends(code: i32, arguments: &[&str]) -> String {
    let output = escadre_as(arguments, &[]);
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    told
}

/// The lines that `source` will have.
fn lines(source: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The output of `future`, which waits for a server.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// The device `id` of the fleet in `desired`, where `variables` say who it is.
async fn device(
    url: &str,
    desired: &str,
    id: &str,
    variables: &[(&str, &str)],
) -> Result<Device, ServerError> {
    let (address, id) = (url.parse().unwrap(), DeviceId::parse(id).unwrap());
    let variable = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let client = connect_device(&address, &id, &variable).await.unwrap();
    let buckets = Buckets { desired: desired.to_owned(), ..Buckets::default() };
    Device::connect(client, id, buckets, 0).await
}

/// What `device` is to run, which it comes to know in time.
async fn wanted(device: &mut Device) -> Wanted {
    let told = tokio::time::timeout(Duration::from_secs(20), device.next()).await;
    let Told::Wanted(wanted) = told.unwrap().unwrap() else { unreachable!("it wants something") };
    wanted
}

#[test]
fn a_fleet_is_planned_applied_and_mended_in_a_bucket() {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/fleet-a", server.url());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("next.plan");
    let plan_file = file.to_str().unwrap();
    let on = ["-i", "devices.jsonl", "--target", &target];
    let with = |words: &[&'static str]| [words, &on].concat();
    let missing = ends(1, &with(&["plan"]));
    assert!(missing.contains("escadre nats init"), "{missing}");
    assert!(ends(0, &["nats", "init", &target]).contains("are ready"));
    let planned =
        ends(2, &[&with(&["plan", "--detailed-exitcode"])[..], &["--out", plan_file]].concat());
    assert!(planned.contains("Carry it out with"), "{planned}");
    assert!(planned.contains(&format!("--target {target}")), "{planned}");
    assert!(ends(0, &with(&["apply", "--dry-run"])).contains("would be written"));
    let applied = [&with(&["apply", "--yes"])[..], &[plan_file]].concat();
    assert!(ends(0, &applied).contains("Applied to nats:"));
    assert!(ends(1, &applied).contains("stale"));
    ends(0, &with(&["plan", "--detailed-exitcode"]));
    ends(0, &with(&["drift", "--detailed-exitcode"]));
    // Another fleet, another bucket: `apply` makes it.
    let other = format!("{}/fleet-b", server.url());
    ends(0, &["apply", "--yes", "-i", "devices.jsonl", "--target", &other]);
    let older = ["plan", "-f", "older.lock", "-i", "devices.jsonl", "--target", &other];
    assert!(ends(0, &older).contains("changed"));
    let injected = ends(1, &[&with(&["drift"])[..], &["--inject", "1"]].concat());
    assert!(injected.contains("only a simulated world"), "{injected}");
    let faulty = ends(1, &[&with(&["apply", "--yes"])[..], &["--faults", "seed=1"]].concat());
    assert!(faulty.contains("only the simulator"), "{faulty}");
}

#[test]
fn an_address_with_a_password_is_refused_without_showing_it() {
    let target = "nats://ada:s3cret@127.0.0.1:4222/fleet-a";
    let option = format!("--target={target}");
    for arguments in [&["nats", "init", target][..], &["plan", "-i", "devices.jsonl", &option]] {
        let refused = ends(1, arguments);
        assert!(refused.contains("come from the environment"), "{refused}");
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn what_a_device_gets_is_explained_beside_what_the_bucket_holds_for_it() {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/fleet-a", server.url());
    let on = ["-i", "devices.jsonl", "--target", &*target];
    let explain = [&["explain", "cam-2"][..], &on].concat();
    let missing = ends(1, &explain);
    assert!(missing.contains("escadre nats init"), "{missing}");
    ends(0, &[&["apply", "--yes", "-f", "older.lock"][..], &on].concat());
    let behind = ends(0, &explain);
    assert!(behind.contains("found    \"ghcr.io/acme/recorder:2.2\""), "{behind}");
    assert!(behind.contains("it reported nothing; no heartbeat arrived."), "{behind}");
    ends(0, &[&["apply", "--yes"][..], &on].concat());
    ends(0, &["nats", "init", &target]);
    ends(0, &["nats", "admit", "-i", "devices.jsonl", &target, "cam-2"]);
    let generation = run(async {
        let mut device = device(&server.url(), "fleet-a", "cam-2", &[]).await.unwrap();
        let generation = wanted(&mut device).await.generation;
        let trouble = Some("no space left".to_owned());
        device.report(&Report::new(generation, trouble)).await.unwrap();
        device.beat().await.unwrap();
        generation
    });
    let there = ends(0, &explain);
    assert!(there.contains("fleet-a: all of that is held"), "{there}");
    let told = format!(
        "Generation {generation} is wanted of it; it reports that it runs {generation} and is in \
         trouble: no space left; its last heartbeat arrived "
    );
    assert!(there.contains(&told), "{there}");
    let json = ends(0, &[&explain[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["held"]["summary"]["unchanged"], 1);
    assert_eq!(json["reported"]["standing"], "troubled");
    assert_eq!(json["reported"]["runs"], generation);
}
