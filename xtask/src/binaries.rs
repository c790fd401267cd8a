//! The release binaries that people would run: `escadre` and the examples.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::workspace::Workspace;
use crate::{Outcome, process};

/// The package of the examples.
pub(crate) const EXAMPLES: &str = "escadre-examples";

/// Builds all binaries at once, since a choice of packages changes features and so compiles twice.
/// Answers the folder they are in.
pub(crate) fn build(workspace: &Workspace) -> Outcome<PathBuf> {
    let mut command =
        workspace.cargo(["build", "--quiet", "--release", "--bins", "--all-features"]);
    process::run(command.args(["--workspace", "--exclude", "xtask"]))?;
    Ok(workspace.target.join("release"))
}

/// One binary of the examples or of the product, built.
pub(crate) fn find(workspace: &Workspace, name: &str) -> Outcome<PathBuf> {
    let path = build(workspace)?.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("no package of this workspace has the binary `{name}` yet"))
}

/// `PATH` with the built binaries first.
pub(crate) fn path(workspace: &Workspace) -> Outcome<OsString> {
    let old = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(build(workspace)?).chain(env::split_paths(&old));
    env::join_paths(folders).map_err(|error| error.to_string())
}
