//! The controllers: processes, `escadre apply`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long one controller may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// How the process of a controller ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the code 0: it said that all of its fleet is written.
    Done,
    Failed,
    Killed,
}

/// A controller that applies `version` to the bucket at `address`, with the files of `folder`.
pub(crate) fn start(
    escadre: &Path,
    folder: &Path,
    address: &str,
    version: usize,
) -> Outcome<Child> {
    let mut command = Command::new(escadre);
    command.current_dir(folder).arg("-f").arg(format!("{version}.lock"));
    command.args(["apply", "-i", "devices.jsonl", "--yes", "--quiet", "--accept-shrink"]);
    command.args(["--target", address]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| format!("{}: {error}", escadre.display()))
}

/// Whether one of `controllers` still runs.
pub(crate) fn is_any_running(controllers: &mut [(usize, Child)]) -> bool {
    controllers.iter_mut().any(|(_, controller)| matches!(controller.try_wait(), Ok(None)))
}

/// Waits until a controller ends.
pub(crate) fn wait(controller: &mut Child) -> Outcome<End> {
    let begin = Instant::now();
    loop {
        if let Some(status) = controller.try_wait().map_err(|error| error.to_string())? {
            return Ok(match status.code() {
                None => End::Killed,
                Some(0) => End::Done,
                Some(_) => End::Failed,
            });
        }
        if begin.elapsed() > DEADLINE {
            let _ = controller.kill();
            return Err(format!("a controller did not end within {} s", DEADLINE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
