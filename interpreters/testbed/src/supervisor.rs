//! A process that ends when this one does.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Runs `$@` and ends with it; kills it (with the signal 9) once the standard input ends: when the
/// value is dropped, or when the process that has it is gone. Before that it lets no file grow beyond `$1` blocks of
/// 512 bytes, if it is given.
const SCRIPT: &str = r#"exec 3<&0
[ -z "$1" ] || ulimit -S -f "$1"
shift
"$@" </dev/null 3<&- & pid=$!
{ read -r _ <&3; kill -9 "$pid"; } 2>/dev/null &
exec 3<&-
wait "$pid""#;

/// The bytes of what `ulimit -f` counts, by POSIX.
const BLOCK: u64 = 512;

/// A process under supervision.
#[derive(Debug)]
pub(crate) struct Supervised {
    shell: Child,
    input: Option<ChildStdin>,
}

impl Supervised {
    /// Starts `program` with `arguments`; what it prints goes to the file `log`.
    pub(crate) fn start(program: &Path, arguments: &[String], log: &Path) -> io::Result<Self> {
        Self::start_within(None, program, arguments, log)
    }

    /// As [`Self::start`], of a program that can let no file grow beyond `max_file_bytes`.
    pub(crate) fn start_within(
        max_file_bytes: Option<u64>,
        program: &Path,
        arguments: &[String],
        log: &Path,
    ) -> io::Result<Self> {
        let max_blocks = max_file_bytes.map(|n| n.div_ceil(BLOCK).to_string());
        let log = File::options().create(true).append(true).open(log)?;
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &max_blocks.unwrap_or_default()])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let input = shell.stdin.take();
        Ok(Self { shell, input })
    }

    /// Whether the program ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.shell.try_wait(), Ok(None))
    }

    /// Kills the program as the signal 9 does, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.input = None;
        // It is gone in any case; how it ended says nothing.
        let _ = self.shell.wait();
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.kill();
    }
}
