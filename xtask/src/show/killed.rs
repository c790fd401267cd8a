//! Kill -9 during `apply`, many times: the world opens, and applying again ends the same.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use escadre_testbed::Delays;
use serde_json::Value;

use super::compose::{Summary, seed};
use super::{LAYERS, stations};
use crate::workspace::{Workspace, at};
use crate::{Outcome, binaries, process};

/// The layers of the fleet that the world holds, and of the one whose apply is killed.
const OLD_LAYERS: u32 = 3;
const NEW_LAYERS: u32 = 20;

/// The longest that one command may take.
const DEADLINE: Duration = Duration::from_secs(300);

/// Fields of a report that tell when, not what.
const VOLATILE: [&str; 6] = ["generation", "revision", "at", "time", "world", "target"];

/// Where kills landed, by what the next plan found.
#[derive(Default)]
struct Landed {
    before: u32,
    during: u32,
    after: u32,
    ended_first: u32,
}

/// The program whose apply is killed.
struct Program {
    path: PathBuf,
    inventory: PathBuf,
}

/// The claim: after each kill, the world opens and applying again gives the end state.
pub(super) fn check(workspace: &Workspace, quick: bool) -> Outcome {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let nth = if quick { 10 } else { 4 };
    let inventory = stations::write_some(workspace, scratch.path(), "some.jsonl", |index| {
        index.is_multiple_of(nth)
    })?;
    let program = Program { path: binaries::find(workspace, "weather")?, inventory };
    stations::announce(workspace);
    let seed = seed()?;
    let n_rounds: u32 = if quick { 20 } else { 200 };
    println!("every {nth}th station; {n_rounds} kills, seed {seed} (set ESCADRE_SEED to repeat)");

    let before = scratch.path().join("before");
    program.apply(&before, OLD_LAYERS)?;
    let to_do = program.plan(&before)?.to_do();
    if to_do == 0 {
        return Err("the two fleets do not differ, so there is nothing to kill".to_owned());
    }
    let whole = scratch.path().join("whole");
    copy(&before, &whole)?;
    let start = Instant::now();
    program.apply(&whole, NEW_LAYERS)?;
    let usual = start.elapsed();
    let goal = program.end_state(&whole)?;

    let mut delays = Delays::of_seed(seed);
    let mut landed = Landed::default();
    for round in 1..=n_rounds {
        let world = scratch.path().join("world");
        copy(&before, &world)?;
        let delay = usual.mul_f64(1.1 * delays.share());
        let killed = program.killed_apply(&world, delay)?;
        let told = |message: String| format!("round {round} of seed {seed}: {message}");
        let left = program.plan(&world).map_err(told)?.to_do();
        landed.count(killed, left, to_do);
        program.apply(&world, NEW_LAYERS).map_err(told)?;
        if program.end_state(&world).map_err(told)? != goal {
            return Err(told(
                "the end state differs from that of an apply that was not killed".to_owned(),
            ));
        }
    }
    println!("one apply: {:.0} ms, {to_do} devices", usual.as_secs_f64() * 1000.0);
    println!(
        "{n_rounds} of {n_rounds} worlds opened and ended the same; killed before any write {}, between {}, after the last {}; ended before the kill {}",
        landed.before, landed.during, landed.after, landed.ended_first
    );
    Ok(())
}

impl Landed {
    fn count(&mut self, killed: bool, left: u64, to_do: u64) {
        let counter = match (killed, left) {
            (false, _) => &mut self.ended_first,
            (true, 0) => &mut self.after,
            (true, left) if left == to_do => &mut self.before,
            (true, _) => &mut self.during,
        };
        *counter += 1;
    }
}

impl Program {
    fn command(&self, task: &str, world: &Path, layers: u32) -> Command {
        let mut command = Command::new(&self.path);
        command.arg(task).arg("-i").arg(&self.inventory);
        command.arg("--target").arg(format!("sim:{}", world.display()));
        command.env(LAYERS, layers.to_string()).env("NO_COLOR", "1");
        command
    }

    fn apply(&self, world: &Path, layers: u32) -> Outcome {
        process::capture(self.command("apply", world, layers).arg("--yes")).map(|_| ())
    }

    fn plan(&self, world: &Path) -> Outcome<Summary> {
        let mut command = self.command("plan", world, NEW_LAYERS);
        Summary::parse(&process::capture(command.args(["--format", "json"]))?)
    }

    /// What the world holds, as the program tells it: a plan with nothing to do, and its drift.
    fn end_state(&self, world: &Path) -> Outcome<(Summary, Value)> {
        let summary = self.plan(world)?;
        if summary.to_do() > 0 {
            return Err(format!("a plan after apply has {} devices to do", summary.to_do()));
        }
        let mut command = self.command("drift", world, NEW_LAYERS);
        let text = process::capture(command.args(["--format", "json"]))?;
        let mut drift = serde_json::from_str(&text).map_err(|error| format!("drift: {error}"))?;
        forget_volatile(&mut drift);
        Ok((summary, drift))
    }

    /// Starts an apply and kills it after `delay`; answers whether it was still running then.
    fn killed_apply(&self, world: &Path, delay: Duration) -> Outcome<bool> {
        let mut child = self
            .command("apply", world, NEW_LAYERS)
            .arg("--yes")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        thread::sleep(delay.min(DEADLINE));
        let status = process::kill_group(&mut child)?;
        match status.code() {
            None => Ok(true),
            Some(0) => Ok(false),
            Some(code) => Err(format!("apply failed by itself, exit {code}")),
        }
    }
}

/// Removes the fields that tell when, everywhere in a report. Its depth is that of our own format.
fn forget_volatile(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !VOLATILE.contains(&key.as_str()));
            fields.values_mut().for_each(forget_volatile);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_volatile),
        _ => {}
    }
}

/// Makes `to` a copy of the folder `from`.
fn copy(from: &Path, to: &Path) -> Outcome {
    if to.exists() {
        fs::remove_dir_all(to).map_err(|error| at(to, &error))?;
    }
    fs::create_dir_all(to).map_err(|error| at(to, &error))?;
    for entry in fs::read_dir(from).map_err(|error| at(from, &error))? {
        let entry = entry.map_err(|error| at(from, &error))?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place)?;
        } else {
            fs::copy(&path, &place).map_err(|error| at(&path, &error))?;
        }
    }
    Ok(())
}
