//! The column engines that `decide` is compared with: DuckDB and polars from PyPI, in a folder of
//! the cache, and differential-dataflow, compiled here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{Workspace, read};
use crate::{Outcome, process, tools};

/// Where rivals stand in the checkout.
const FOLDER: &str = "bench/rivals";

/// A Python with the packages of `bench/rivals/requirements.txt`.
pub(super) struct Python {
    /// The interpreter itself, not a script that looks for one.
    pub(super) program: PathBuf,
    /// The folder of the packages.
    pub(super) packages: PathBuf,
}

impl Python {
    /// Installs what the cache does not have yet.
    pub(super) fn find(workspace: &Workspace) -> Outcome<Self> {
        let list = workspace.root.join(FOLDER).join("requirements.txt");
        let asked = "import sys; print(sys.executable, sys.implementation.cache_tag)";
        let answer = process::capture(Command::new("python3").args(["-c", asked]))
            .map_err(|message| format!("{message}\nthe rivals need Python 3.10 or newer"))?;
        let (program, tag) =
            answer.trim().rsplit_once(' ').ok_or("Python does not say what it is")?;
        let versions = read(&list)?.trim().replace("==", "-").replace('\n', "_");
        let packages = tools::cache()?.join("rivals").join(format!("{tag}_{versions}"));
        let python = Self { program: program.into(), packages };
        if !python.packages.is_dir() {
            python.install(&list)?;
        }
        Ok(python)
    }

    fn install(&self, list: &Path) -> Outcome {
        eprintln!("installing DuckDB and polars in {}", self.packages.display());
        let make = |staging: &Path| {
            let mut command = Command::new(&self.program);
            command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            command.args(["--no-warn-script-location", "--root-user-action", "ignore"]);
            command.args(["--only-binary", ":all:", "--requirement"]).arg(list);
            process::capture(command.arg("--target").arg(staging)).map(|_| ())
        };
        tools::put_together(&self.packages, make, || self.packages.is_dir()).map_err(|message| {
            let (list, packages) = (list.display(), self.packages.display());
            format!(
                "{message}\nthe rivals are needed: install them with `python3 -m pip install --only-binary :all: -r {list} --target {packages}`"
            )
        })
    }

    /// The variables of a rival's environment: its packages, one thread, nothing left behind.
    pub(super) fn variables(&self) -> [(&str, &str); 3] {
        let packages = self.packages.to_str().unwrap_or_default();
        [("PYTHONPATH", packages), ("POLARS_MAX_THREADS", "1"), ("PYTHONDONTWRITEBYTECODE", "1")]
    }
}

/// The program of a rival in the checkout.
pub(super) fn file(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.root.join(FOLDER).join(name)
}

/// Builds differential-dataflow's rival and answers it. It is a workspace of its own, so that
/// nobody else compiles it.
pub(super) fn differential(workspace: &Workspace) -> Outcome<PathBuf> {
    let manifest = file(workspace, "differential/Cargo.toml");
    let mut build = workspace.cargo(["build", "--quiet", "--release", "--locked"]);
    process::run(build.arg("--manifest-path").arg(manifest))?;
    Ok(workspace.target.join("release/differential"))
}

/// The benchmark, with what it must know of the rivals.
pub(super) fn command(workspace: &Workspace, decide: &Path, scratch: &Path) -> Outcome<Command> {
    let python = Python::find(workspace)?;
    let mut command = Command::new(decide);
    command.current_dir(&workspace.root).arg("rivals");
    command.arg("--python").arg(&python.program).arg("--packages").arg(&python.packages);
    command.arg("--programs").arg(workspace.root.join(FOLDER));
    command.arg("--differential").arg(differential(workspace)?).arg("--scratch").arg(scratch);
    Ok(command)
}
