//! Two real networks, end to end through the command line: inventory, plan, apply, nothing more to
//! plan, the difference that an edit makes, and the check.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::compose::Summary;
use super::stations;
use super::table::{self, Line};
use crate::workspace::{Workspace, read, write};
use crate::{Outcome, binaries, measure, process};

/// A network: its inventory in `../shared/data`, and the example that composes its fleet.
struct Network {
    name: &'static str,
    example: &'static str,
    data: &'static str,
    /// The variable that the example reads, before an edit and after it.
    variable: &'static str,
    before: &'static str,
    after: &'static str,
    /// The codes with which `check` may end: 3 is undecided within its budget.
    check: &'static [i64],
    /// An inventory like it, where the data is not there.
    made: fn(&Workspace, &Path) -> Outcome<PathBuf>,
}

const NETWORKS: [Network; 2] = [
    Network {
        name: "weather",
        example: "weather",
        data: "inventories/meteostat_stations.jsonl",
        variable: super::LAYERS,
        before: "199",
        after: "200",
        // Its labels have thousands of values: the questions about texts are past the budget.
        check: &[0, 3],
        made: |workspace, folder| {
            stations::write_some(workspace, folder, "weather.jsonl", |_| true)
        },
    },
    Network {
        name: "gpu",
        example: "gpu_cluster",
        data: "inventories/alibaba_gpu2023_nodes.jsonl",
        variable: "GPU_DRIVER",
        before: "565.57.01",
        after: "570.86.15",
        check: &[0],
        made: made_nodes,
    },
];

/// Plays both networks and answers a line for each command: network, command, seconds, peak and
/// what it found.
pub(super) fn play(workspace: &Workspace, quick: bool) -> Outcome<Vec<Line>> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut lines = vec![table::line(["network", "devices", "command", "s", "peak MiB", "answer"])];
    for network in &NETWORKS {
        let folder = scratch.path().join(network.name);
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let inventory = network.inventory(workspace, &folder, quick)?;
        let text = read(&inventory)?;
        let mut story = Story {
            network,
            program: binaries::find(workspace, network.example)?,
            inventory: inventory.to_string_lossy().into_owned(),
            folder,
            n_devices: text.lines().count(),
            lines: Vec::new(),
        };
        story.play()?;
        lines.append(&mut story.lines);
    }
    Ok(lines)
}

impl Network {
    fn inventory(&self, workspace: &Workspace, folder: &Path, quick: bool) -> Outcome<PathBuf> {
        match workspace.shared_data(self.data) {
            Some(path) => Ok(path),
            // Quickly, as part of all tests, an inventory like it is what a checkout alone can show.
            None if quick => {
                println!("../shared/data/{} is not there: made devices", self.data);
                (self.made)(workspace, folder)
            }
            None => Err(format!("needs ../shared/data/{}", self.data)),
        }
    }
}

/// A network on its way through the commands.
struct Story<'a> {
    network: &'a Network,
    program: PathBuf,
    inventory: String,
    folder: PathBuf,
    n_devices: usize,
    lines: Vec<Line>,
}

impl Story<'_> {
    fn play(&mut self) -> Outcome {
        let inventory = self.inventory.clone();
        let before = self.network.before;
        let world = format!("sim:{}", self.file("world"));
        self.step("inventory", before, &["inventory", "-i", &inventory], "read")?;
        let first = self.plan("plan", before, &world)?;
        if first.added == 0 {
            return Err(format!("{}: the first plan adds no device", self.network.name));
        }
        let apply = ["apply", "-i", &inventory, "--target", &world, "--yes", "--quiet"];
        self.step("apply", before, &apply, &format!("{} written", first.added))?;
        let second = self.plan("plan again", before, &world)?;
        if second.to_do() > 0 {
            return Err(format!("{}: the second plan is not empty", self.network.name));
        }
        let n_listed = self.difference()?;
        let edited = self.plan("plan of the edit", self.network.after, &world)?;
        if edited.to_do() != n_listed || n_listed == 0 {
            let (name, plan) = (self.network.name, edited.to_do());
            return Err(format!(
                "{name}: the plan changes {plan} devices, the difference {n_listed}"
            ));
        }
        self.check()
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// Measures a command of the fleet that `value` says, and notes what it answered.
    fn step(&mut self, name: &str, value: &str, arguments: &[&str], answer: &str) -> Outcome {
        let variables = [(self.network.variable, value)];
        let cost = measure::run_with(&self.program, arguments, &variables)?;
        self.note(name, cost, answer);
        Ok(())
    }

    fn note(&mut self, name: &str, cost: measure::Cost, answer: &str) {
        let n_devices = self.n_devices.to_string();
        let (seconds, peak) = (format!("{:.2}", cost.seconds), format!("{:.0}", cost.peak_mib));
        self.lines.push(table::line([
            self.network.name,
            &n_devices,
            name,
            &seconds,
            &peak,
            answer,
        ]));
    }

    fn plan(&mut self, name: &str, value: &str, world: &str) -> Outcome<Summary> {
        let (inventory, out) = (self.inventory.clone(), self.file("plan.json"));
        let arguments = ["plan", "-i", &inventory, "--target", world, "--out", &out, "--quiet"];
        self.step(name, value, &arguments, "")?;
        let summary = Summary::parse(&read(Path::new(&out))?)?;
        let answer = format!("{} added, {} changed", summary.added, summary.changed);
        if let Some(cell) = self.lines.last_mut().and_then(|line| line.last_mut()) {
            *cell = answer;
        }
        Ok(summary)
    }

    /// What the edit changes, on every device that could exist; answers how many listed devices.
    fn difference(&mut self) -> Outcome<u64> {
        let locks = [("old.lock", self.network.before), ("new.lock", self.network.after)];
        for (name, value) in locks {
            let mut command = Command::new(&self.program);
            command.args(["lock", "-o", &self.file(name)]).env(self.network.variable, value);
            process::capture(&mut command)?;
        }
        let (old, new, inventory) =
            (self.file("old.lock"), self.file("new.lock"), self.inventory.clone());
        let arguments = ["diff", &old, &new, "-i", &inventory, "--format", "json"];
        let text = process::capture(Command::new(&self.program).args(arguments))?;
        let found: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let kinds = found["kinds"].as_array().ok_or("a difference without `kinds`")?;
        let listed = kinds.iter().filter_map(|kind| kind["listed"]["n_devices"].as_u64()).sum();
        let answer = format!("{} kinds, {listed} devices", kinds.len());
        self.step("diff of an edit", self.network.after, &arguments, &answer)?;
        Ok(listed)
    }

    /// What is proven of the fleet on every device that could exist.
    fn check(&mut self) -> Outcome {
        let value = self.network.after;
        let mut command = Command::new(&self.program);
        command.args(["check", "--format", "json"]).env(self.network.variable, value);
        let finished = process::finish(&mut command, Duration::from_secs(120))?;
        let code = finished.status.code().map(i64::from);
        if !code.is_some_and(|code| self.network.check.contains(&code)) {
            let (name, out) = (self.network.name, finished.stdout + &finished.stderr);
            return Err(format!("{name}: check ended with {code:?}\n{out}"));
        }
        let found: Value =
            serde_json::from_str(&finished.stdout).map_err(|error| error.to_string())?;
        let variables = [(self.network.variable, value)];
        let (cost, _) = measure::run_to_any_end(&self.program, &["check"], &variables)?;
        let count = |answer: &str| {
            let checks = found["checks"].as_array().into_iter().flatten();
            checks.filter(|check| check["answer"] == answer).count()
        };
        let (proven, refuted, undecided) = (count("proven"), count("refuted"), count("undecided"));
        let answer = format!("{proven} proven, {refuted} refuted, {undecided} undecided");
        self.note("check", cost, &answer);
        if proven == 0 { Err(format!("{}: nothing is proven", self.network.name)) } else { Ok(()) }
    }
}

/// As many nodes as the cluster has, with the same labels, the same ones each time.
fn made_nodes(_: &Workspace, folder: &Path) -> Outcome<PathBuf> {
    let kinds = [
        ("96", "8", "G2", "384"),
        ("104", "2", "T4", "512"),
        ("64", "2", "P100", "256"),
        ("32", "0", "", "256"),
    ];
    let mut text = String::new();
    for index in 0..1_523 {
        let (cpu, n_gpus, model, memory) = kinds[index * 7919 % 1009 % kinds.len()];
        let model = match model {
            "" => String::new(),
            model => format!(r#""gpu-model": "{model}", "#),
        };
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            r#"{{"id": "node-{index:04}", "labels": {{"cpu": "{cpu}", "gpu-count": "{n_gpus}", {model}"memory-gib": "{memory}"}}}}"#
        );
    }
    let path = folder.join("gpu.jsonl");
    write(&path, &text)?;
    Ok(path)
}
