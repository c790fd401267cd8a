//! Whole commands: `escadre plan` and `render` from JSON Lines, beside rivals that do the same.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::rivals::{self, Python};
use super::table::{self, Line};
use crate::measure::{self, Cost};
use crate::workspace::{Workspace, at, read};
use crate::{Outcome, process};

/// So many times faster than the fastest rival, on the largest inventory.
const FASTER: f64 = 2.0;

/// A fleet before and after an edit and an inventory, in files.
pub(super) struct World {
    folder: PathBuf,
    n_devices: u32,
}

/// A program and its arguments.
struct Call<'a> {
    name: &'static str,
    program: &'a Path,
    arguments: Vec<String>,
    variables: Vec<(&'a str, &'a str)>,
}

/// What a change of one field is: device, path, before and after.
type Change = (String, String, Option<String>, Option<String>);

impl World {
    pub(super) fn write(
        decide: &Path,
        folder: &Path,
        n_devices: u32,
        n_layers: u32,
    ) -> Outcome<Self> {
        let folder = folder.join(format!("{n_devices}-{n_layers}"));
        let mut command = Command::new(decide);
        command.args(["world", "--json", "--devices", &n_devices.to_string()]);
        command.args(["--layers", &n_layers.to_string(), "--scratch"]).arg(&folder);
        process::capture(&mut command)?;
        Ok(Self { folder, n_devices })
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// The arguments of a rival that evaluates once; its outputs go to `folder`.
    pub(super) fn rival_arguments(&self, folder: &Path) -> [String; 4] {
        let folder = folder.to_string_lossy().into_owned();
        [self.path("devices.jsonl"), self.path("layers.json"), folder, "1".to_owned()]
    }

    /// The arguments of `escadre` for a command.
    pub(super) fn arguments(&self, command: &str) -> Vec<String> {
        let devices = self.path("devices.jsonl");
        match command {
            "plan" => vec![
                "-f".to_owned(),
                self.path("new.lock"),
                "plan".to_owned(),
                "-i".to_owned(),
                devices,
                "--against".to_owned(),
                self.path("old.lock"),
                "--format".to_owned(),
                "json".to_owned(),
            ],
            "inventory" => vec!["inventory".to_owned(), "-i".to_owned(), devices],
            command => vec![
                "-f".to_owned(),
                self.path("old.lock"),
                command.to_owned(),
                "-i".to_owned(),
                devices,
            ],
        }
    }
}

/// Runs both commands on worlds of some sizes; answers the table and what falls short.
pub(super) fn compare(
    workspace: &Workspace,
    (escadre, decide): (&Path, &Path),
    scratch: &Path,
    quick: bool,
) -> Outcome<(Vec<Line>, Vec<String>)> {
    let python = Python::find(workspace)?;
    let sizes: &[u32] = if quick { &[22_311] } else { &[22_311, 100_000, 1_000_000] };
    let mut lines = vec![table::line([
        "devices",
        "layers",
        "command",
        "escadre s",
        "MiB",
        "duckdb s",
        "MiB",
        "polars s",
        "MiB",
        "gain",
    ])];
    let mut short = Vec::new();
    for (&n_devices, n_layers) in sizes.iter().flat_map(|size| [(size, 20), (size, 200)]) {
        let world = World::write(decide, scratch, n_devices, n_layers)?;
        for command in ["plan", "render"] {
            let costs = costs(workspace, &python, escadre, &world, command, quick)?;
            let rivals = costs[1].seconds.min(costs[2].seconds);
            let gain = rivals / costs[0].seconds;
            let mut line = table::line([&n_devices.to_string(), &n_layers.to_string(), command]);
            for cost in &costs {
                line.extend([format!("{:.2}", cost.seconds), format!("{:.0}", cost.peak_mib)]);
            }
            line.push(format!("{gain:.2}"));
            lines.push(line);
            // Small inventories measure how long Python takes to start.
            if !quick && n_devices == 1_000_000 && gain < FASTER {
                short.push(format!(
                    "{command} of {n_layers} layers: {gain:.2} times as fast as the fastest rival, not {FASTER}"
                ));
            }
        }
        std::fs::remove_dir_all(&world.folder).map_err(|error| at(&world.folder, &error))?;
    }
    Ok((lines, short))
}

/// What each program costs, all answers being the same.
fn costs(
    workspace: &Workspace,
    python: &Python,
    escadre: &Path,
    world: &World,
    command: &str,
    quick: bool,
) -> Outcome<Vec<Cost>> {
    let rival = |name: &'static str, file: &str| Call {
        name,
        program: &python.program,
        arguments: vec![
            rivals::file(workspace, file).to_string_lossy().into_owned(),
            command.to_owned(),
            world.path("devices.jsonl"),
            world.path("layers.json"),
        ],
        variables: python.variables().to_vec(),
    };
    let ours = Call {
        name: "escadre",
        program: escadre,
        arguments: world.arguments(command),
        variables: Vec::new(),
    };
    let calls = [ours, rival("duckdb", "duckdb_case.py"), rival("polars", "polars_case.py")];
    let mut outputs = Vec::new();
    for call in &calls {
        let path = world.folder.join(format!("{command}-{}", call.name));
        call.write(&path)?;
        outputs.push(path);
    }
    for theirs in &outputs[1..] {
        match command {
            "plan" => same_changes(&outputs[0], theirs)?,
            _ => same_bytes(&outputs[0], theirs)?,
        }
    }
    // Of the large ones a run takes long enough.
    let n_runs = if quick || world.n_devices > 100_000 { 1 } else { 3 };
    calls.iter().map(|call| call.cost(n_runs)).collect()
}

impl Call<'_> {
    /// Runs it with its output in a file.
    fn write(&self, path: &Path) -> Outcome {
        let out = File::create(path).map_err(|error| at(path, &error))?;
        let mut command = Command::new(self.program);
        command.args(&self.arguments).envs(self.variables.iter().copied());
        let status = command.stdin(Stdio::null()).stdout(out).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{}` failed: {status}", process::line(&command))),
            Err(error) => Err(format!("`{}`: {error}", process::line(&command))),
        }
    }

    /// The least time of some runs, and the least peak.
    fn cost(&self, n_runs: usize) -> Outcome<Cost> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let run = || measure::run_with(self.program, &arguments, &self.variables);
        (1..n_runs).try_fold(run()?, |least, _| {
            let next = run()?;
            let seconds = least.seconds.min(next.seconds);
            Ok(Cost { seconds, peak_mib: least.peak_mib.min(next.peak_mib) })
        })
    }
}

/// An error unless both files hold the same.
fn same_bytes(ours: &Path, theirs: &Path) -> Outcome {
    let mut command = Command::new("cmp");
    process::capture(command.arg(ours).arg(theirs)).map(|_| ())
}

/// An error unless the plan says the same changes as the rival's lines.
fn same_changes(ours: &Path, theirs: &Path) -> Outcome {
    let plan: Value = serde_json::from_str(&read(ours)?).map_err(|error| error.to_string())?;
    let ours = changes(&plan)?;
    let mut found = BTreeSet::new();
    for line in read(theirs)?.lines() {
        let change: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let text = |key: &str| change[key].as_str().map(str::to_owned);
        let (Some(device), Some(path)) = (text("device"), text("path")) else {
            return Err(format!("{}: `{line}` is no change", theirs.display()));
        };
        found.insert((device, path, text("before"), text("after")));
    }
    if ours == found && !ours.is_empty() {
        return Ok(());
    }
    let (n_ours, n_found) = (ours.len(), found.len());
    Err(format!("{}: {n_found} changes, not the {n_ours} of escadre", theirs.display()))
}

/// Each field of each device that a stored plan changes.
fn changes(plan: &Value) -> Outcome<BTreeSet<Change>> {
    let mut found = BTreeSet::new();
    let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
    for change in list(&plan["changes"]) {
        let device = change["device"].as_str().ok_or("a change without a device")?;
        for resource in list(&change["resources"]) {
            let name = resource["name"].as_str().ok_or("a resource without a name")?;
            let state = |key: &str| &plan["states"][resource[key].as_str().unwrap_or_default()];
            let (before, after) = (state("before"), state("after"));
            let keys = [before, after].into_iter().filter_map(Value::as_object);
            for field in keys.flat_map(|state| state.keys()).collect::<BTreeSet<_>>() {
                let (before, after) = (before[field].as_str(), after[field].as_str());
                if before != after {
                    let path = format!("{name}.{field}");
                    let owned = |text: Option<&str>| text.map(str::to_owned);
                    found.insert((device.to_owned(), path, owned(before), owned(after)));
                }
            }
        }
    }
    Ok(found)
}
