//! The claims about deciding and planning: ratios, each to a floor or a rival in the same run.

use std::process::Command;

use super::Claim;
use crate::workspace::Workspace;
use crate::{Outcome, process};

/// The claims, in the order of their numbers.
pub(super) const CLAIMS: [Claim; 3] = [
    Claim { says: "plans and equivalences are near the floor", check: floor },
    Claim {
        says: "columns say what a loop over maps says, and are faster (other rivals are not run yet)",
        check: rivals,
    },
    Claim { says: "time grows with the rules, and ends where the budget does", check: growth },
];

/// The full evaluation of 200 layers is claimed of long runs only: it is not there yet.
fn floor(workspace: &Workspace, quick: bool) -> Outcome {
    let tasks: &[&str] = match quick {
        true => &["one-edit", "update", "memory", "equivalence"],
        false => &["one-edit", "update", "memory", "equivalence", "full"],
    };
    run(workspace, tasks, quick)
}

fn rivals(workspace: &Workspace, quick: bool) -> Outcome {
    run(workspace, &["rivals"], quick)
}

fn growth(workspace: &Workspace, quick: bool) -> Outcome {
    run(workspace, &["growth"], quick)
}

/// Runs each task of the benchmark to the end, and names those that fall short.
fn run(workspace: &Workspace, tasks: &[&str], quick: bool) -> Outcome {
    let mut build =
        workspace.cargo(["build", "--quiet", "--release", "--package", "escadre-bench"]);
    process::run(&mut build)?;
    let mut short = Vec::new();
    for task in tasks {
        let mut program = Command::new(workspace.target.join("release/decide"));
        program.arg(task).args(quick.then_some("--quick")).current_dir(&workspace.root);
        if process::run(&mut program).is_err() {
            short.push(*task);
        }
    }
    if short.is_empty() { Ok(()) } else { Err(format!("{} falls short", short.join(", "))) }
}
