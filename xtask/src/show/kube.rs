//! Issue 7: a fleet on Kubernetes, on a real control plane.

use std::process::Command;

use super::Claim;
use super::compose::seed;
use crate::workspace::{self, Workspace};
use crate::{Outcome, binaries, process};

/// What is claimed of Kubernetes.
pub(super) const CLAIMS: [Claim; 7] = [
    Claim { number: 1, says: "a cluster keeps the whole contract", check: conformance },
    Claim {
        number: 2,
        says: "the pods are exactly those that the fleet denotes, an edit touches no other node, and an apply writes once a changed node and once a new object",
        check: exact,
    },
    Claim {
        number: 3,
        says: "nodes are written about as fast as a plain client can, in at most 2 KiB a node, and throttling only slows that down",
        check: speed,
    },
    Claim {
        number: 4,
        says: "controllers and API servers are killed while they write, and nothing is lost, doubled or orphaned",
        check: kills,
    },
    Claim {
        number: 5,
        says: "imported manifests have the same PodSpecs by the API server's own judgement, and objects tell people what they are",
        check: workloads,
    },
    Claim {
        number: 6,
        says: "a node does not choose what it runs: the API server refuses its kubelet",
        check: identities,
    },
    Claim {
        number: 7,
        says: "an object is carried out continuously: applied, repaired, not while suspended or stale, by one operator at a time, and by way of NATS to a device",
        check: operator,
    },
];

/// The variable that has the conformance suite leave out kills, and most inputs.
const QUICK: &str = "ESCADRE_KUBE_QUICK";

fn conformance(_: &Workspace, quick: bool) -> Outcome {
    let mut command = tests("conformance::");
    if quick {
        command.env(QUICK, "1");
    }
    process::tests(&mut command, 1)
}

fn operator(_: &Workspace, _: bool) -> Outcome {
    let mut library = workspace::cargo();
    library.args(["test", "-p", "escadre-operator", "--test", "it", "--", "--nocapture"]);
    process::tests(&mut library, 12)?;
    // The process itself, killed with the signal 9, with pods and their controllers.
    let mut program = workspace::cargo();
    program.args([
        "test",
        "-q",
        "-p",
        "escadre",
        "--test",
        "it",
        "--",
        "--nocapture",
        "operator::",
    ]);
    process::tests(&mut program, 1)
}

fn identities(_: &Workspace, _: bool) -> Outcome {
    process::tests(&mut tests("identities::"), 1)
}

/// How many nodes there are, and how many the edit changes.
fn exact(_: &Workspace, quick: bool) -> Outcome {
    let (n_nodes, n_changed) = if quick { ("60", "5") } else { ("1000", "10") };
    process::run(shows(quick).args(["exact", n_nodes, n_changed]))
}

/// How many manifests a full run imports at least: those that are real, and one of ours.
const N_WORKLOADS: usize = 19;

/// Where the real manifests are.
const WORKLOADS: &str = "workloads";

fn workloads(workspace: &Workspace, quick: bool) -> Outcome {
    let own = workspace.root.join("interpreters/cli/tests/fixtures/agent.yaml");
    let mut files = vec![own];
    match workspace.shared_data(WORKLOADS) {
        Some(folder) => {
            let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
            let entries = entries.filter_map(Result::ok).map(|entry| entry.path());
            files.extend(entries.filter(|file| file.extension().is_some_and(|it| it == "yaml")));
        }
        None if quick => println!("../shared/data/{WORKLOADS} is not there; one own manifest"),
        None => return Err(format!("needs ../shared/data/{WORKLOADS}")),
    }
    if !quick && files.len() < N_WORKLOADS {
        return Err(format!("{} manifests, not {N_WORKLOADS}", files.len()));
    }
    files.sort();
    let escadre = binaries::find(workspace, "escadre")?;
    process::run(shows(quick).arg("workloads").arg(escadre).args(files))
}

/// How many controllers and API servers are killed, quickly and in full.
const N_KILLED: [[u32; 2]; 2] = [[6, 1], [300, 20]];

fn kills(_: &Workspace, quick: bool) -> Outcome {
    let mut command = shows(quick);
    command.arg("kills").args(N_KILLED[usize::from(!quick)].map(|n| n.to_string()));
    process::run(command.arg(seed()?.to_string()))
}

/// Nodes that are written a second, to those that a plain client writes.
const MIN_RATIO: f64 = 0.9;

fn speed(_: &Workspace, quick: bool) -> Outcome {
    let said = process::capture(shows(quick).args(["speed", if quick { "300" } else { "5000" }]))?;
    println!("{said}");
    // A short run, beside other work as in CI, is held to half of it.
    let least = if quick { MIN_RATIO / 2.0 } else { MIN_RATIO };
    let figures = said.lines().skip_while(|line| !line.contains("ratio")).nth(1);
    // The median, which stands between the least and the most.
    let ratio = figures.and_then(|line| line.split_whitespace().nth(5)?.parse::<f64>().ok());
    match ratio {
        Some(ratio) if ratio >= least => Ok(()),
        Some(ratio) => Err(format!("{ratio} of raw, not {least}")),
        None => Err("there is no ratio".to_owned()),
    }
}

/// The program of the other claims; what is built for tests does for a quick look.
fn shows(quick: bool) -> Command {
    let mut command = workspace::cargo();
    command.args(["run", "-q", "-p", "escadre-kube", "--example", "shows"]);
    if !quick {
        command.arg("--release");
    }
    command.arg("--");
    command
}

/// The tests of `part` on a real control plane, with what they print.
fn tests(part: &str) -> Command {
    let mut command = workspace::cargo();
    command.args(["test", "-q", "-p", "escadre-kube", "--test", "it", "--", "--nocapture", part]);
    command
}
