//! `escadre nats status --watch`, while devices report and servers come and go.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use escadre_nats::connect;
use escadre_nats::device::Report;
use escadre_testbed::NatsServer;
use serde_json::{Value, json};

use super::{DEADLINE, device, ends, lines, run, wanted};
use crate::program::{ESCADRE, command};

/// A program that watches; it ends with this value.
struct Watching {
    child: Child,
    printed: Receiver<String>,
    said: Receiver<String>,
}

impl Watching {
    fn start(target: &str, more: &[&str]) -> Self {
        let mut child = spawn(target, more);
        let printed = lines(child.stdout.take().unwrap());
        let said = lines(child.stderr.take().unwrap());
        Self { child, printed, said }
    }

    /// The next line of its standard output.
    fn line(&self) -> String {
        self.printed.recv_timeout(DEADLINE).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// What it says next beside its results.
    fn note(&self) -> String {
        self.said.recv_timeout(DEADLINE).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(target: &str, more: &[&str]) -> Child {
    let watching = [&["nats", "status", target, "--watch"], more].concat();
    let mut command = command(Path::new(ESCADRE), &watching);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How `child` ends by itself.
fn code(child: &mut Child) -> Option<i32> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(begin.elapsed() < DEADLINE, "it does not end");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A server with a fleet, all of whose devices are admitted and told nothing yet.
fn server(bucket: &str) -> (NatsServer, String) {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/{bucket}", server.url());
    ends(0, &["nats", "init", &target]);
    ends(0, &["apply", "--yes", "-i", "devices.jsonl", "--target", &target]);
    ends(0, &["nats", "admit", "-i", "devices.jsonl", &target]);
    (server, target)
}

/// Reports, as `cam-1`, that it runs what is wanted, but for `trouble`; what is wanted.
async fn report(url: &str, trouble: Option<&str>) -> u64 {
    let mut device = device(url, "fleet-a", "cam-1", &[]).await.unwrap();
    let generation = wanted(&mut device).await.generation;
    device.beat().await.unwrap();
    device.report(&Report::new(generation, trouble.map(str::to_owned))).await.unwrap();
    generation
}

#[test]
fn what_devices_do_otherwise_than_before_is_told_and_a_server_that_goes_away_is_waited_for() {
    let (mut server, target) = server("fleet-a");
    let url = server.url();
    let watching = Watching::start(&target, &[]);
    let first = watching.line();
    assert_eq!(first, "5 members: 0 up to date, 5 behind, 0 in trouble, 5 silent");
    let generation = run(report(&url, None));
    // The heartbeat may be seen before the report.
    let mut told = Vec::new();
    while told.last().is_none_or(|line: &String| !line.contains("-> up to date (")) {
        told.push(watching.line());
    }
    let said = told.concat();
    assert!(said.contains("5 members: 1 up to date, 4 behind, 0 in trouble, 4 silent"), "{said}");
    assert!(said.ends_with(&format!("(wanted {generation}, runs {generation})")), "{said}");
    // Another generation is wanted: who ran the last one lags behind.
    ends(0, &["apply", "--yes", "-f", "older.lock", "-i", "devices.jsonl", "--target", &target]);
    assert_eq!(watching.line(), "5 members: 0 up to date, 5 behind, 0 in trouble, 4 silent");
    let behind = watching.line();
    assert!(behind.starts_with("`cam-1`: up to date -> behind (wanted "), "{behind}");
    assert!(behind.ends_with(&format!(", runs {generation})")), "{behind}");
    run(async {
        let client = connect(&url.parse().unwrap(), &|_| None).await.unwrap();
        client.publish("$KV.device-state.cam-3", "nonsense".into()).await.unwrap();
        client.flush().await.unwrap();
    });
    let nonsense = watching.note();
    assert!(nonsense.starts_with("note: `cam-3` makes no sense: "), "{nonsense}");
    server.kill();
    let gone = watching.note();
    assert_eq!(gone, "note: the server went away; trying until it comes back");
    server.restart().unwrap();
    assert_eq!(watching.note(), "note: the server answers again");
    run(report(&url, Some("no space left")));
    assert_eq!(watching.line(), "5 members: 0 up to date, 4 behind, 1 in trouble, 4 silent");
    let trouble = watching.line();
    assert!(trouble.starts_with("`cam-1`: behind -> in trouble: no space left ("), "{trouble}");
}

#[cfg(unix)]
#[test]
fn programs_get_a_json_object_for_each_change_until_they_interrupt() {
    let (server, target) = server("fleet-a");
    let mut watching = Watching::start(&target, &["--format", "json"]);
    let totals = json!({"totals":
        {"members": 5, "up_to_date": 0, "behind": 5, "troubled": 0, "silent": 5}});
    assert_eq!(watching.json(), totals);
    for _ in 0..5 {
        let row = watching.json();
        assert_eq!((&row["standing"], &row["was"]), (&json!("behind"), &Value::Null), "{row}");
    }
    let generation = run(report(&server.url(), None));
    let mut row = watching.json();
    while row["standing"] != "up-to-date" {
        row = watching.json();
    }
    assert_eq!((&row["device"], &row["was"]), (&json!("cam-1"), &json!("behind")));
    assert_eq!((&row["wanted"], &row["runs"]), (&json!(generation), &json!(generation)));
    let interrupt = ["-c", &format!("kill -INT {}", watching.child.id())];
    assert!(std::process::Command::new("sh").args(interrupt).status().unwrap().success());
    assert_eq!(code(&mut watching.child), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn who_watches_ends_when_nobody_reads_any_more_though_nothing_changes() {
    let (_server, target) = server("fleet-a");
    let mut child = spawn(&target, &[]);
    let mut reader = child.stdout.take().unwrap();
    reader.read_exact(&mut [0; 10]).unwrap();
    drop(reader);
    assert_eq!(code(&mut child), Some(0));
}

#[test]
fn a_bucket_that_is_not_there_is_told_at_once() {
    let server = NatsServer::start().unwrap();
    let target = format!("{}/nowhere", server.url());
    let missing = ends(1, &["nats", "status", &target, "--watch"]);
    assert!(missing.contains("`nowhere`: it does not exist"), "{missing}");
}
