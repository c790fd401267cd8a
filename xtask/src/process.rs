//! Running other programs: loudly, quietly, or under a deadline.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::Outcome;

/// How often a running child is looked at.
const TICK: Duration = Duration::from_millis(5);

/// What a finished program left.
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it printed on standard output.
    pub(crate) stdout: String,
    /// What it printed on standard error.
    pub(crate) stderr: String,
}

/// Runs a program on this terminal; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("`{}` does not start: {error}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", line(command))) }
}

/// Runs a program quietly and answers its standard output; an error unless it succeeds.
pub(crate) fn capture(command: &mut Command) -> Outcome<String> {
    let finished = finish(command, Duration::from_secs(900))?;
    if finished.status.success() {
        return Ok(finished.stdout);
    }
    Err(format!(
        "`{}` failed: {}\n{}{}",
        line(command),
        finished.status,
        finished.stdout,
        finished.stderr
    ))
}

/// How long tests of one kind may take.
const TESTS: Duration = Duration::from_secs(3600);

/// Runs tests, prints what they print, and how many passed; an error unless all do, and `n_least` at least: a
/// filter that selects none would pass otherwise.
pub(crate) fn tests(command: &mut Command, n_least: usize) -> Outcome {
    let finished = finish(command, TESTS)?;
    println!("{}", finished.stdout.trim_end());
    if !finished.status.success() {
        let failed = format!("`{}` failed: {}", line(command), finished.status);
        return Err(format!("{failed}\n{}", finished.stderr));
    }
    let n_passed: usize = finished
        .stdout
        .lines()
        .filter_map(|line| {
            line.split_once("test result: ok. ")?.1.split(' ').next()?.parse::<usize>().ok()
        })
        .sum();
    println!("tests that passed: {n_passed}");
    if n_passed >= n_least {
        return Ok(());
    }
    Err(format!("`{}` ran {n_passed} tests, and at least {n_least} were expected", line(command)))
}

/// Runs a program quietly to its end, whatever that is; it and its children are ended at the deadline.
pub(crate) fn finish(command: &mut Command, deadline: Duration) -> Outcome<Finished> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("`{}` does not start: {error}", line(command)))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status =
        wait(&mut child, deadline).map_err(|error| format!("`{}` {error}", line(command)))?;
    let join = |reader: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    Ok(Finished { status, stdout: join(stdout), stderr: join(stderr) })
}

/// Waits for a child that leads a process group, and ends the group at the deadline.
pub(crate) fn wait(child: &mut Child, deadline: Duration) -> Outcome<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        if start.elapsed() > deadline {
            kill_group(child)?;
            return Err(format!("was still running after {} s and was ended", deadline.as_secs()));
        }
        thread::sleep(TICK);
    }
}

/// Kills a child that leads a process group, and everything in that group, and reaps it.
pub(crate) fn kill_group(child: &mut Child) -> Outcome<ExitStatus> {
    let group = i32::try_from(child.id()).map_err(|error| error.to_string())?;
    // The group may be gone already; then there is nothing left to end.
    let _gone = killpg(Pid::from_raw(group), Signal::SIGKILL);
    child.wait().map_err(|error| error.to_string())
}

/// The command as a person would type it, for messages.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A pipe that breaks ends the reading; what came before is what there is.
            let _read = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}
