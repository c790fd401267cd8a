//! The claims about deciding and planning: ratios, each to a floor or a rival in the same run.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Claim, networks, peaks, rivals, table, whole};
use crate::workspace::Workspace;
use crate::{Outcome, binaries, process};

/// The claims, in the order of their numbers.
pub(super) const CLAIMS: [Claim; 5] = [
    Claim { number: 1, says: "plans and equivalences are near the floor", check: floor },
    Claim {
        number: 2,
        says: "DuckDB, polars, differential-dataflow and a loop over maps say the same, and are slower",
        check: compared,
    },
    Claim {
        number: 3,
        says: "time grows with the rules, and ends where the budget does",
        check: growth,
    },
    Claim {
        number: 4,
        says: "two real networks, end to end through the command line",
        check: real,
    },
    Claim { number: 5, says: "peak memory of all of these", check: memory },
];

/// The full evaluation of 200 layers is claimed of long runs only: on fewer devices the classes
/// weigh more than the devices.
fn floor(workspace: &Workspace, quick: bool) -> Outcome {
    let tasks: &[&str] = match quick {
        true => &["one-edit", "update", "memory", "equivalence"],
        false => &["one-edit", "update", "memory", "equivalence", "full"],
    };
    run(workspace, tasks, quick)
}

/// Evaluation alone, then whole commands; both tables stand at the end.
fn compared(workspace: &Workspace, quick: bool) -> Outcome {
    let decide = decide(workspace)?;
    let escadre = binaries::find(workspace, "escadre")?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = rivals::command(workspace, &decide, &scratch.path().join("alone"))?;
    command.args(quick.then_some("--quick")).stdin(Stdio::null()).stderr(Stdio::inherit());
    let finished = command.output().map_err(|error| error.to_string())?;
    let alone = String::from_utf8_lossy(&finished.stdout).into_owned();
    if alone.is_empty() {
        return Err(format!("`{}` failed: {}", process::line(&command), finished.status));
    }
    let (lines, mut short) = whole::compare(workspace, (&escadre, &decide), scratch.path(), quick)?;
    println!("evaluation alone: {alone}\nwhole commands from JSON Lines\n");
    println!("{}", table::text(&lines));
    println!("there is no inventory in columns on disk yet, so none is measured");
    if !finished.status.success() {
        short.insert(0, "evaluation alone falls short, as said above".to_owned());
    }
    if short.is_empty() { Ok(()) } else { Err(short.join("\n")) }
}

fn growth(workspace: &Workspace, quick: bool) -> Outcome {
    run(workspace, &["growth"], quick)
}

fn real(workspace: &Workspace, quick: bool) -> Outcome {
    let lines = networks::play(workspace, quick)?;
    println!("{}", table::text(&lines));
    Ok(())
}

fn memory(workspace: &Workspace, quick: bool) -> Outcome {
    let decide = decide(workspace)?;
    let escadre = binaries::find(workspace, "escadre")?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (lines, short) = peaks::measure(workspace, (&escadre, &decide), scratch.path(), quick)?;
    println!("{}", table::text(&lines));
    if short.is_empty() { Ok(()) } else { Err(short.join("\n")) }
}

/// The benchmark, built.
fn decide(workspace: &Workspace) -> Outcome<PathBuf> {
    let mut build =
        workspace.cargo(["build", "--quiet", "--release", "--package", "escadre-bench"]);
    process::run(&mut build)?;
    Ok(workspace.target.join("release/decide"))
}

/// Runs each task of the benchmark to the end, and names those that fall short.
fn run(workspace: &Workspace, tasks: &[&str], quick: bool) -> Outcome {
    let decide = decide(workspace)?;
    let mut short = Vec::new();
    for task in tasks {
        let mut program = Command::new(&decide);
        program.arg(task).args(quick.then_some("--quick")).current_dir(&workspace.root);
        if process::run(&mut program).is_err() {
            short.push(*task);
        }
    }
    if short.is_empty() { Ok(()) } else { Err(format!("{} falls short", short.join(", "))) }
}
