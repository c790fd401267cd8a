//! The two programs: the binary `escadre`, and one of one's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary that works on a `fleet.lock`.
pub(crate) const ESCADRE: &str = env!("CARGO_BIN_EXE_escadre");

/// The example `cameras`.
pub(crate) fn cameras() -> PathBuf {
    example("cameras")
}

/// The example `name`, which `cargo test` builds before it runs this.
pub(crate) fn example(name: &str) -> PathBuf {
    let folder = Path::new(ESCADRE).parent().unwrap_or(Path::new("."));
    let path = folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing: `cargo build -p escadre --examples`", path.display());
    path
}

/// The files that tests read.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// `program` in the folder of the fixtures, with nothing of the terminal that the tests run in.
pub(crate) fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(fixtures()).env("COLUMNS", "100").env("NO_COLOR", "1");
    let nats = ["NATS_CREDS", "NATS_NKEY", "NATS_TOKEN", "NATS_USER", "NATS_PASSWORD", "NATS_URL"];
    for name in ["CLICOLOR_FORCE", "ESCADRE_LOG", "CAMERAS", "KUBECONFIG"].into_iter().chain(nats) {
        command.env_remove(name);
    }
    command
}

/// What the binary does with `arguments`.
pub(crate) fn escadre(arguments: &[&str]) -> Output {
    command(Path::new(ESCADRE), arguments).output().unwrap()
}

/// What was written to standard output.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What was written to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
