//! Issue 6: a fleet on NATS, on real servers.

use std::process::Command;

use super::Claim;
use super::compose::seed;
use crate::workspace::{self, Workspace};
use crate::{Outcome, binaries, process};

/// What is claimed of NATS.
pub(super) const CLAIMS: [Claim; 5] = [
    Claim {
        number: 1,
        says: "a bucket keeps the whole contract, on one server and on three",
        check: conformance,
    },
    Claim {
        number: 2,
        says: "controllers, servers and leaders are killed while they write, and nothing is lost or mixed",
        check: kills,
    },
    Claim {
        number: 3,
        says: "a fleet is written and read about as fast as the connection can, in memory that is flat",
        check: throughput,
    },
    Claim {
        number: 4,
        says: "whatever is in a bucket is told with its key, and the rest goes on",
        check: hostile,
    },
    Claim { number: 5, says: "a newcomer's fleet of 300 devices, in one command", check: newcomer },
];

/// How many devices the newcomer's fleet has.
const N_DEVICES: usize = 300;

fn conformance(_: &Workspace, _: bool) -> Outcome {
    tests("conformance::", 2)
}

fn hostile(_: &Workspace, _: bool) -> Outcome {
    tests("hostile::", 4)
}

/// How many controllers, servers and leaders are killed, quickly and in full.
const N_KILLED: [[u32; 3]; 2] = [[8, 2, 1], [1_000, 100, 30]];

fn kills(workspace: &Workspace, quick: bool) -> Outcome {
    let escadre = binaries::find(workspace, "escadre")?;
    let mut command = example("kills", quick);
    command.arg(escadre);
    command.args(N_KILLED[usize::from(!quick)].map(|n| n.to_string())).arg(seed()?.to_string());
    process::run(&mut command)
}

/// What is written and read a second, to what the connection does without this project.
const MIN_RATIO: f64 = 0.9;

fn throughput(_: &Workspace, quick: bool) -> Outcome {
    let mut command = example("throughput", quick);
    command.args(if quick { &["20000"][..] } else { &["20000", "200000"] });
    let said = process::capture(&mut command)?;
    println!("{said}");
    // A short run, beside other work as in CI, is held to half of it.
    let least = if quick { MIN_RATIO / 2.0 } else { MIN_RATIO };
    let mut short = Vec::new();
    for line in said.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (Some(n_keys), Some(write), Some(read)) = (words.first(), words.get(3), words.get(8))
        else {
            return Err(format!("`{line}` has no figures"));
        };
        for (what, ratio) in [("writing", write), ("reading", read)] {
            let ratio: f64 = ratio.parse().map_err(|_| format!("`{line}` has no ratio"))?;
            if ratio < least {
                short.push(format!("{what} {n_keys} keys: {ratio} of raw, not {least}"));
            }
        }
    }
    // Each row fails by itself where memory grows.
    let mut command = example("memory", quick);
    command.args(if quick { ["20000", "80000"] } else { ["250000", "1000000"] });
    process::run(&mut command)?;
    if short.is_empty() { Ok(()) } else { Err(short.join("\n")) }
}

/// A program among the examples of `escadre-nats`; what is built for tests does for a quick look.
fn example(name: &str, quick: bool) -> Command {
    let mut command = workspace::cargo();
    command.args(["run", "-q", "-p", "escadre-nats", "--example", name]);
    if !quick {
        command.arg("--release");
    }
    command.arg("--");
    command
}

/// Runs the tests of `part`, `n_least` at least, on real servers, with what they print.
fn tests(part: &str, n_least: usize) -> Outcome {
    let mut command = workspace::cargo();
    command.args(["test", "-q", "-p", "escadre-nats", "--test", "it", "--", "--nocapture", part]);
    process::tests(&mut command, n_least)
}

/// The example says that all devices run what is wanted, before and after the change.
fn newcomer(workspace: &Workspace, _: bool) -> Outcome {
    let mut command = Command::new(binaries::find(workspace, "edge_on_nats")?);
    let said = process::capture(command.current_dir(&workspace.root))?;
    let up_to_date = format!("up to date{N_DEVICES:>11}");
    let figures = [
        ("times that all devices ran what was wanted", said.matches(&up_to_date).count(), 2),
        ("plans that changed something", said.matches("devices change:").count(), 1),
        ("plans that found nothing to do", said.matches("No changes:").count(), 1),
    ];
    let mut short = Vec::new();
    for (what, n, wanted) in figures {
        println!("{n} {what}");
        if n != wanted {
            short.push(format!("{n} {what}, not {wanted}"));
        }
    }
    if short.is_empty() { Ok(()) } else { Err(format!("{said}\n{}", short.join("\n"))) }
}
