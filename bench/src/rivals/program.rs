//! A rival in a process of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// One of them.
pub(super) struct Engine {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Where Python finds its packages.
    pub(super) packages: Option<PathBuf>,
    /// Whether it evaluates all devices too.
    pub(super) has_full: bool,
}

/// How long it took for one fleet, in seconds.
pub(super) struct Times {
    pub(super) name: &'static str,
    /// All layers on all devices.
    pub(super) full: Option<f64>,
    /// Each edit.
    pub(super) edits: Vec<f64>,
    /// Each edit, by comparing all fields of all devices.
    pub(super) edits_in_full: Vec<f64>,
}

impl Engine {
    /// Runs it on all fleets that `told` holds; it writes its outputs to `folder`.
    pub(super) fn run(
        &self,
        devices: &Path,
        told: &Path,
        folder: &Path,
        n_runs: usize,
    ) -> Result<Vec<Times>, String> {
        let failed = |message: String| format!("{}: {message}", self.name);
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args([devices, told, folder]).arg(n_runs.to_string());
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).env("POLARS_MAX_THREADS", "1");
        if let Some(packages) = &self.packages {
            command.env("PYTHONPATH", packages);
        }
        let output = command.output().map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(format!(
                "{}; `cargo xtask show decide 2` installs what it needs",
                output.status
            )));
        }
        let answer: Value =
            serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
        let fleets = answer["fleets"].as_array().ok_or_else(|| failed("no `fleets`".to_owned()))?;
        for line in answer["notes"].as_array().into_iter().flatten() {
            eprintln!("    {}", line.as_str().unwrap_or_default());
        }
        fleets.iter().map(|fleet| self.times(fleet).map_err(failed)).collect()
    }

    fn times(&self, fleet: &Value) -> Result<Times, String> {
        let list = |key: &str| -> Vec<f64> {
            fleet[key].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
        };
        let full = fleet["full_s"].as_f64();
        if full.is_some() != self.has_full {
            return Err("`full_s` is not as it should be".to_owned());
        }
        let (edits, edits_in_full) = (list("edits_s"), list("edits_in_full_s"));
        Ok(Times { name: self.name, full, edits, edits_in_full })
    }
}
