//! The checkout this program works on, as cargo and git describe it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::{Outcome, process};

/// A checkout: its folders, and what `cargo metadata` says of it.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever it was put.
    pub(crate) target: PathBuf,
    /// The whole answer of `cargo metadata`, all features on.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// The workspace whose `cargo xtask` runs, else the one this program was compiled in.
    pub(crate) fn find() -> Outcome<Self> {
        let manifest = "CARGO_MANIFEST_DIR";
        let here =
            env::var_os(manifest).map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let mut command = cargo_in(&here);
        command.args(["metadata", "--format-version", "1", "--all-features"]);
        let text = process::capture(&mut command)?;
        let metadata: Value =
            serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        let folder = |key: &str| {
            let path = metadata[key].as_str().ok_or(format!("cargo metadata has no `{key}`"))?;
            Ok::<_, String>(PathBuf::from(path))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")?, metadata })
    }

    /// Cargo, in the root of this workspace.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = cargo_in(&self.root);
        command.args(arguments).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// The data that lies beside the checkout, where it is there.
    pub(crate) fn shared_data(&self, path: &str) -> Option<PathBuf> {
        let file = self.root.join("../shared/data").join(path);
        file.exists().then_some(file)
    }

    /// The names of a package's binaries, sorted; none where the package is absent.
    pub(crate) fn binaries_of(&self, package: &str) -> Vec<String> {
        let packages = self.metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
        let mut names: Vec<String> = packages
            .iter()
            .filter(|found| found["name"] == package)
            .flat_map(|found| found["targets"].as_array().cloned().unwrap_or_default())
            .filter(|target| target["kind"][0] == "bin")
            .filter_map(|target| target["name"].as_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Every feature of every member, as `--features` takes them, but those called `left_out`.
    pub(crate) fn features(&self, left_out: &str) -> Vec<String> {
        let packages = self.metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
        let members = self.metadata["workspace_members"].as_array().map_or(&[][..], Vec::as_slice);
        let members = packages.iter().filter(|package| members.contains(&package["id"]));
        let features = members.flat_map(|package| {
            let name = package["name"].as_str().unwrap_or_default();
            let features = package["features"].as_object().into_iter().flatten();
            features.map(move |(feature, _)| (name, feature.as_str()))
        });
        let kept = features.filter(|(_, feature)| *feature != left_out);
        kept.map(|(name, feature)| format!("{name}/{feature}")).collect()
    }

    /// Every file that is committed, or would be by `git add --all`; relative paths, sorted.
    pub(crate) fn files(&self) -> Outcome<Vec<PathBuf>> {
        let mut command = Command::new("git");
        command.current_dir(&self.root);
        command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let text = process::capture(&mut command)?;
        let mut files: Vec<PathBuf> = text
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(PathBuf::from)
            .filter(|file| self.root.join(file).is_file())
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Lays a fresh copy of [`Self::files`] in `folder`, with their times, so that cargo rebuilds nothing twice.
    pub(crate) fn copy_to(&self, folder: &Path) -> Outcome {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| at(folder, &error))?;
        }
        for file in self.files()? {
            let (from, to) = (self.root.join(&file), folder.join(&file));
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
            }
            fs::copy(&from, &to).map_err(|error| at(&from, &error))?;
            let times = fs::metadata(&from).and_then(|metadata| metadata.modified());
            let copied = fs::OpenOptions::new().append(true).open(&to);
            times.and_then(|time| copied?.set_modified(time)).map_err(|error| at(&to, &error))?;
        }
        Ok(())
    }
}

/// Reads a text file, naming it where that fails.
pub(crate) fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| at(path, &error))
}

/// Writes a file and the folders above it, naming it where that fails.
pub(crate) fn write(path: &Path, text: &str) -> Outcome {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
    }
    fs::write(path, text).map_err(|error| at(path, &error))
}

/// An error of the file system, with the path it is about.
pub(crate) fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Cargo as [`program`].
pub(crate) fn cargo() -> Command {
    program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that may run cargo, without what cargo itself told this program of its package: build
/// scripts that look at that would run again, and all that needs them would be built anew.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

fn cargo_in(folder: &Path) -> Command {
    let mut command = cargo();
    command.current_dir(folder);
    command
}
