//! The peak memory of what the other claims run.

use std::path::Path;

use serde_json::Value;

use super::rivals::Python;
use super::table::{self, Line};
use super::whole::World;
use super::{networks, rivals};
use crate::measure::{self, Cost};
use crate::workspace::Workspace;
use crate::{Outcome, process};

/// At most so many bytes a device beyond the inventory.
const MAX_BYTES: f64 = 64.0;

/// Measures all; answers the table and what is over its limit.
pub(super) fn measure(
    workspace: &Workspace,
    (escadre, decide): (&Path, &Path),
    scratch: &Path,
    quick: bool,
) -> Outcome<(Vec<Line>, Vec<String>)> {
    let mut lines = vec![table::line([
        "program",
        "devices",
        "work",
        "peak MiB",
        "B/device beyond the inventory",
        "limit",
    ])];
    let mut short = Vec::new();
    evaluations(decide, quick, &mut lines, &mut short)?;
    tasks(decide, quick, &mut lines)?;
    commands((escadre, decide), scratch, quick, (&mut lines, &mut short))?;
    engines(workspace, decide, scratch, quick, &mut lines)?;
    for line in networks::play(workspace, quick)?.iter().skip(1) {
        let work = format!("{}: {}", line[0], line[2]);
        lines.push(table::line(["escadre", &line[1], &work, &line[4], "-", "-"]));
    }
    Ok((lines, short))
}

fn bytes(n: f64) -> String {
    format!("{n:.1}")
}

/// What an evaluation holds beyond the columns.
fn evaluations(
    decide: &Path,
    quick: bool,
    lines: &mut Vec<Line>,
    short: &mut Vec<String>,
) -> Outcome {
    let mut command = std::process::Command::new(decide);
    command.args(["memory", "--json", "--no-limits"]).args(quick.then_some("--quick"));
    let text = process::capture(&mut command)?;
    let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    for row in table["rows"].as_array().into_iter().flatten() {
        let each = row["evaluation B/device"].as_f64().ok_or("no `evaluation B/device`")?;
        let (n_devices, n_layers) = (row["devices"].to_string(), row["layers"].to_string());
        let work = format!("evaluation of {n_layers} layers");
        let (each_text, limit) = (bytes(each), bytes(MAX_BYTES));
        lines.push(table::line(["columns", &n_devices, &work, "-", &each_text, &limit]));
        if each > MAX_BYTES {
            short.push(format!("{work} on {n_devices} devices: {each:.1} bytes a device"));
        }
    }
    Ok(())
}

/// The whole processes of the benchmark, which hold columns and fleets of several sizes.
fn tasks(decide: &Path, quick: bool, lines: &mut Vec<Line>) -> Outcome {
    let tasks: &[&str] = match quick {
        true => &["one-edit", "update"],
        false => &["one-edit", "full", "update", "equivalence", "growth"],
    };
    for &task in tasks {
        let mut arguments = vec![task, "--no-limits"];
        arguments.extend(quick.then_some("--quick"));
        let cost = measure::run_with(decide, &arguments, &[])?;
        lines.push(table::line(["decide", "all sizes", task, &mib(cost), "-", "-"]));
    }
    Ok(())
}

fn mib(cost: Cost) -> String {
    format!("{:.0}", cost.peak_mib)
}

/// Whole commands; beyond the inventory is beyond what `escadre inventory` takes.
fn commands(
    (escadre, decide): (&Path, &Path),
    scratch: &Path,
    quick: bool,
    (lines, short): (&mut Vec<Line>, &mut Vec<String>),
) -> Outcome {
    let n_devices = if quick { 22_311 } else { 1_000_000 };
    let world = World::write(decide, scratch, n_devices, 200)?;
    let mut inventory = None;
    for command in ["inventory", "plan", "render"] {
        let arguments = world.arguments(command);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let cost = measure::run_with(escadre, &arguments, &[])?;
        let work = format!("{command}, 200 layers");
        let n_devices_text = n_devices.to_string();
        let Some(without) = inventory else {
            inventory = Some(cost.peak_mib);
            lines.push(table::line(["escadre", &n_devices_text, &work, &mib(cost), "-", "-"]));
            continue;
        };
        let beyond = (cost.peak_mib - without) * 1024.0 * 1024.0 / f64::from(n_devices);
        let (beyond_text, limit) = (bytes(beyond), bytes(MAX_BYTES));
        let cells = ["escadre", &n_devices_text, &work, &mib(cost), &beyond_text, &limit];
        lines.push(table::line(cells));
        // On few devices what does not depend on their number weighs most.
        if !quick && beyond > MAX_BYTES {
            short.push(format!("{work} on {n_devices} devices: {beyond:.0} bytes a device"));
        }
    }
    Ok(())
}

/// The rivals' processes.
fn engines(
    workspace: &Workspace,
    decide: &Path,
    scratch: &Path,
    quick: bool,
    lines: &mut Vec<Line>,
) -> Outcome {
    let python = Python::find(workspace)?;
    let differential = rivals::differential(workspace)?;
    let n_devices = if quick { 22_311 } else { 1_000_000 };
    let world = World::write(decide, scratch, n_devices, 200)?;
    let shared = world.rival_arguments(scratch);
    let n_devices = n_devices.to_string();
    for (name, file) in [("duckdb", "duckdb_case.py"), ("polars", "polars_case.py")] {
        let file = rivals::file(workspace, file).to_string_lossy().into_owned();
        let mut arguments = vec![file.as_str(), "evaluate"];
        arguments.extend(shared.iter().map(String::as_str));
        let cost = measure::run_with(&python.program, &arguments, &python.variables())?;
        lines.push(table::line([name, &n_devices, "all layers and an edit", &mib(cost), "-", "-"]));
    }
    let arguments: Vec<&str> = shared.iter().map(String::as_str).collect();
    let cost = measure::run_with(&differential, &arguments, &[])?;
    let name = "differential";
    lines.push(table::line([name, &n_devices, "set up, and an edit", &mib(cost), "-", "-"]));
    Ok(())
}
