//! Issue 6: a fleet on NATS, on real servers.

use std::process::Command;

use super::Claim;
use crate::workspace::Workspace;
use crate::{Outcome, binaries, process};

/// What is claimed of NATS.
pub(super) const CLAIMS: [Claim; 3] = [
    Claim {
        number: 1,
        says: "a bucket keeps the whole contract, on one server and on three",
        check: conformance,
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
    tests("conformance::")
}

fn hostile(_: &Workspace, _: bool) -> Outcome {
    tests("hostile::")
}

/// Runs the tests of `part` on real servers, with what they print.
fn tests(part: &str) -> Outcome {
    let mut command = Command::new("cargo");
    command.args(["test", "-q", "-p", "escadre-nats", "--test", "it", "--", "--nocapture", part]);
    process::run(&mut command)
}

/// The example says that all devices run what is wanted, before and after the change.
fn newcomer(workspace: &Workspace, _: bool) -> Outcome {
    let mut command = Command::new(binaries::find(workspace, "edge_on_nats")?);
    let said = process::capture(command.current_dir(&workspace.root))?;
    let up_to_date = format!("up to date{N_DEVICES:>13}");
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
