//! The claims about composing, planning and applying a fleet on one laptop.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Claim, killed, stations};
use crate::measure::Cost;
use crate::selector_table::OWN_CASES;
use crate::workspace::{Workspace, program};
use crate::{Outcome, binaries, documents, fuzz, measure, process};

/// The claims, in the order of their numbers.
pub(super) const CLAIMS: [Claim; 5] = [
    Claim {
        number: 1,
        says: "on a fresh clone, README's first command plans and applies a fleet of 500 devices",
        check: newcomer,
    },
    Claim {
        number: 2,
        says: "22 311 stations under 200 layers in seconds and 500 MiB",
        check: scale,
    },
    Claim { number: 3, says: "each fuzz target runs and finds nothing", check: fuzzing },
    Claim {
        number: 4,
        says: "a killed apply leaves a world that opens and ends the same",
        check: killed::check,
    },
    Claim {
        number: 5,
        says: "every Kubernetes selector means what Kubernetes says",
        check: selectors,
    },
];

/// The fewest devices that the first fleet may have.
const MIN_DEVICES: u64 = 500;

fn newcomer(workspace: &Workspace, quick: bool) -> Outcome {
    let script = documents::first_command(&workspace.root)?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let clone = scratch.path().join("escadre");
    let mut git = Command::new("git");
    git.args(["clone", "--quiet"]).arg(&workspace.root).arg(&clone);
    process::run(&mut git)?;
    // Quickly means with the dependencies that are compiled already; the clone's own code is not.
    let target = if quick { workspace.target.clone() } else { clone.join("target") };
    let bash = |script: &str| {
        let mut command = program("bash");
        command.args(["-eu", "-o", "pipefail", "-c", script]).current_dir(&clone);
        command.env("CARGO_TARGET_DIR", &target).env("NO_COLOR", "1");
        let finished = process::finish(&mut command, Duration::from_secs(1800))?;
        if finished.status.success() {
            return Ok(finished.stdout);
        }
        Err(format!("`{script}`: {}\n{}{}", finished.status, finished.stdout, finished.stderr))
    };
    let printed = bash(&script)?;
    println!("{printed}");
    let again = printed.lines().rev().find(|line| line.contains(" plan ") && line.contains("sim:"));
    let again = again.ok_or("the first command does not say how to plan again: a line `… plan -i FILE --target sim:DIR`")?;
    let again = again.trim().trim_start_matches("$ ");
    let empty = scratch.path().join("empty");
    let words = again.split_whitespace().map(|word| {
        if word.starts_with("sim:") { format!("sim:{}", empty.display()) } else { word.to_owned() }
    });
    let first = words.collect::<Vec<_>>().join(" ");
    let first = Summary::parse(&bash(&format!("{first} --format json"))?)?;
    let second = Summary::parse(&bash(&format!("{again} --format json"))?)?;
    println!("first plan: {} devices added; second plan: {} to do", first.added, second.to_do());
    if first.added < MIN_DEVICES {
        return Err(format!("the first plan adds fewer than {MIN_DEVICES} devices"));
    }
    if second.to_do() > 0 { Err("the second plan is not empty".to_owned()) } else { Ok(()) }
}

/// The `summary` of a plan in JSON: numbers of devices.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) removed: u64,
    pub(super) unchanged: u64,
}

impl Summary {
    /// Reads what `plan --format json` prints.
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let plan: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("a plan is not JSON: {error}"))?;
        let count = |key: &str| {
            plan["summary"][key].as_u64().ok_or_else(|| format!("a plan has no `summary.{key}`"))
        };
        Ok(Self {
            added: count("added")?,
            changed: count("changed")?,
            removed: count("removed")?,
            unchanged: count("unchanged")?,
        })
    }

    /// How many devices applying would touch.
    pub(super) fn to_do(&self) -> u64 {
        self.added + self.changed + self.removed
    }
}

/// The limits of the claim, and of growth when devices or layers double: linear is 2, quadratic 4.
const MAX: Cost = Cost { seconds: 10.0, peak_mib: 500.0 };
const MAX_RATIO: f64 = 3.0;

fn scale(workspace: &Workspace, quick: bool) -> Outcome {
    let weather = binaries::find(workspace, "weather")?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    stations::announce(workspace);
    let all = stations::write_some(workspace, scratch.path(), "all.jsonl", |_| true)?;
    let half = stations::write_some(workspace, scratch.path(), "half.jsonl", |index| {
        index.is_multiple_of(2)
    })?;
    let n_runs = if quick { 2 } else { 5 };
    let target = format!("sim:{}", scratch.path().join("world").display());
    let mut problems = Vec::new();
    for task in ["render", "plan"] {
        let cost = |inventory: &Path, layers: u32| {
            let inventory = inventory.to_string_lossy();
            let mut arguments = vec![task, "-i", &inventory];
            if task == "plan" {
                arguments.extend(["--target", &target]);
            }
            best(n_runs, || measure::run(&weather, &arguments, layers))
        };
        let (whole, devices, layers) = (cost(&all, 200)?, cost(&half, 200)?, cost(&all, 100)?);
        let (by_devices, by_layers) =
            (whole.seconds / devices.seconds, whole.seconds / layers.seconds);
        println!(
            "{task}: {:.2} s, peak {:.0} MiB; ×{by_devices:.2} for twice the devices, ×{by_layers:.2} for twice the layers",
            whole.seconds, whole.peak_mib
        );
        if whole.seconds > MAX.seconds || whole.peak_mib > MAX.peak_mib {
            problems.push(format!("{task} takes over {} s or {} MiB", MAX.seconds, MAX.peak_mib));
        }
        if by_devices > MAX_RATIO || by_layers > MAX_RATIO {
            problems.push(format!("{task} grows faster than its input: over ×{MAX_RATIO}"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// The least time and the least peak of some runs: what the rest adds is the machine's.
fn best(n_runs: usize, run: impl Fn() -> Outcome<Cost>) -> Outcome<Cost> {
    let first = run()?;
    (1..n_runs).try_fold(first, |least, _| {
        let next = run()?;
        Ok(Cost {
            seconds: least.seconds.min(next.seconds),
            peak_mib: least.peak_mib.min(next.peak_mib),
        })
    })
}

fn fuzzing(workspace: &Workspace, quick: bool) -> Outcome {
    let runs = fuzz::smoke(workspace, if quick { 5 } else { 60 })?;
    for run in &runs {
        println!("{}: {} executions, nothing found", run.target, run.n_executions);
    }
    if runs.len() < 3 { Err("there are fewer than three targets".to_owned()) } else { Ok(()) }
}

/// How many cases Kubernetes' own tests have.
const N_CASES: usize = 289;

fn selectors(workspace: &Workspace, quick: bool) -> Outcome {
    let name = "kubernetes-selectors.json";
    let Some(path) = workspace.shared_data(name) else {
        let own = crate::selector_cases::run(&workspace.root.join(OWN_CASES))?;
        println!("../shared/data/{name} is not there; {} own cases", own.n_cases());
        println!("{}/{} own cases", own.n_passed(), own.n_cases());
        // Quickly, as part of all tests, the own cases are what a checkout alone can show.
        let shown = quick && own.failures.is_empty();
        return if shown { Ok(()) } else { Err(format!("needs ../shared/data/{name}")) };
    };
    let report = crate::selector_cases::run(&path)?;
    for failure in &report.failures {
        println!("FAILED {failure}");
    }
    for (kind, (n_passed, n_all)) in &report.kinds {
        println!("{kind:18} {n_passed:3}/{n_all}");
    }
    println!("{}/{N_CASES} cases", report.n_passed());
    if report.n_passed() == N_CASES && report.n_cases() == N_CASES {
        return Ok(());
    }
    Err(format!("of {} cases in the file, {} pass", report.n_cases(), report.n_passed()))
}

/// The seed of this run: `$ESCADRE_SEED`, else the clock's.
pub(super) fn seed() -> Outcome<u64> {
    if let Ok(given) = env::var("ESCADRE_SEED") {
        return given.parse().map_err(|error| format!("ESCADRE_SEED: {error}"));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Ok(u64::from(now.map_err(|error| error.to_string())?.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn a_summary_is_read_and_a_missing_count_is_named() {
        let text =
            r#"{"summary":{"added":1,"changed":2,"removed":3,"unchanged":4,"undetermined":0}}"#;
        assert_eq!(Summary::parse(text).unwrap().to_do(), 6);
        assert!(Summary::parse(r#"{"summary":{}}"#).unwrap_err().contains("added"));
    }
}
