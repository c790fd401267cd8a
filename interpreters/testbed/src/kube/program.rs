//! The program that is every component, built from Go modules.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use siphasher::sip::SipHasher24;

use super::go;
use crate::error::TestbedError;
use crate::health::end_of_text;
use crate::install::{beside, cache_folder, put, variable};

/// The version of Kubernetes that tests run on.
pub const KUBERNETES_VERSION: &str = "1.37.2";

/// The program's sources.
const SOURCES: [(&str, &str); 4] = [
    ("main.go", include_str!("../../kube/main.go")),
    ("probe.go", include_str!("../../kube/probe.go")),
    ("go.mod", include_str!("../../kube/go.mod")),
    ("go.sum", include_str!("../../kube/go.sum")),
];

/// The program in the folder.
pub(crate) const PROGRAM: &str = "kube";

/// What kwok does with nodes and pods, in the folder.
pub(crate) const STAGES: &str = "stages.yaml";

/// The folder of the program that is every component, built if it is not there.
///
/// It is kept in the [`cache_folder`], in a folder keyed by the version and its sources; to build it takes minutes, which is told on the standard error. `ESCADRE_KUBERNETES` names another such folder to be used instead: it holds the program `kube` and kwok's `stages.yaml`.
///
/// # Errors
/// It is not there and cannot be built.
pub fn kubernetes() -> Result<PathBuf, TestbedError> {
    if let Some(given) = variable("ESCADRE_KUBERNETES") {
        return Ok(given);
    }
    let cache = cache_folder();
    let cache =
        cache.ok_or_else(|| failed("no folder for the cache: set ESCADRE_CACHE or HOME"))?;
    let name = format!("kubernetes-{KUBERNETES_VERSION}-{:08x}", digest());
    let home = cache.join(&name);
    if !is_complete(&home) {
        build_once(&cache, &name).map_err(failed)?;
    }
    Ok(home)
}

fn failed(why: impl Into<String>) -> TestbedError {
    let (major, minor) = go::OLDEST;
    TestbedError::Build {
        version: KUBERNETES_VERSION.to_owned(),
        go: format!("{major}.{minor}"),
        why: why.into(),
    }
}

/// Some 32 bits of the sources: other sources are another folder.
fn digest() -> u32 {
    let texts: Vec<&str> = SOURCES.iter().map(|(_, text)| *text).collect();
    let bits = SipHasher24::new().hash(texts.join("\0").as_bytes());
    u32::try_from(bits >> 32).unwrap_or_default()
}

fn is_complete(home: &Path) -> bool {
    home.join(PROGRAM).is_file() && home.join(STAGES).is_file()
}

/// Builds under a lock: who comes second waits for minutes, and would build for minutes otherwise.
fn build_once(cache: &Path, name: &str) -> Result<(), String> {
    let at = |path: &Path, error: &std::io::Error| format!("`{}`: {error}", path.display());
    fs::create_dir_all(cache).map_err(|error| at(cache, &error))?;
    let path = cache.join(format!("{name}.lock"));
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    // The lock goes with the file's handle, also where this process is killed.
    let lock = lock.map_err(|error| at(&path, &error))?;
    lock.lock().map_err(|error| at(&path, &error))?;
    let home = cache.join(name);
    if is_complete(&home) {
        return Ok(());
    }
    tell(&format!(
        "building Kubernetes {KUBERNETES_VERSION} in {}: some 6 minutes, once",
        home.display()
    ));
    let begin = Instant::now();
    build(cache, &home)?;
    tell(&format!("built Kubernetes {KUBERNETES_VERSION} in {} s", begin.elapsed().as_secs()));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "minutes of silence look like a test that hangs")]
fn tell(line: &str) {
    eprintln!("{line}");
}

/// Builds into a folder beside `home`, which is renamed when all is there.
fn build(cache: &Path, home: &Path) -> Result<(), String> {
    let go = go::find(cache)?;
    let made = beside(home).map_err(|error| format!("`{}`: {error}", cache.display()))?;
    let write = |path: &Path, text: &[u8]| {
        fs::write(path, text).map_err(|error| format!("`{}`: {error}", path.display()))
    };
    let source = made.path().join("source");
    fs::create_dir(&source).map_err(|error| format!("`{}`: {error}", source.display()))?;
    for (name, text) in SOURCES {
        write(&source.join(name), text.as_bytes())?;
    }
    let program = made.path().join(PROGRAM);
    let mut command = Command::new(go);
    command.args(["build", "-ldflags", &ldflags(), "-o"]).arg(&program).arg(".");
    command.current_dir(&source).env("CGO_ENABLED", "0");
    // What is asked for here is built here: no other flags, workspace or newer Go of the machine.
    command.env("GOFLAGS", "-mod=readonly -buildvcs=false").env("GOWORK", "off");
    run(command.env("GOTOOLCHAIN", "local").env_remove("GOROOT"))?;
    let stages = run(Command::new(&program).arg("stages"))?.stdout;
    write(&made.path().join(STAGES), &stages)?;
    put(made, home, Path::new(PROGRAM)).map_err(|error| format!("`{}`: {error}", home.display()))
}

/// What the components say that they are; without it the API server has no version.
fn ldflags() -> String {
    let mut parts = KUBERNETES_VERSION.split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut flags = "-s -w".to_owned();
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        flags += &format!(
            " -X {package}.gitVersion=v{KUBERNETES_VERSION} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
        );
    }
    flags
}

fn run(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("`{name}` does not run: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let end = end_of_text(&String::from_utf8_lossy(&output.stderr));
    Err(format!("`{name}` failed with {}:\n{end}\n", output.status))
}

#[cfg(test)]
mod tests {
    use super::{KUBERNETES_VERSION, SOURCES, go, ldflags};

    #[test]
    fn the_modules_are_of_the_version_and_of_the_go_that_are_told() {
        let (_, modules) = SOURCES.iter().find(|(name, _)| *name == "go.mod").unwrap();
        assert!(modules.contains(&format!("\tk8s.io/kubernetes v{KUBERNETES_VERSION}\n")));
        let (major, minor) = go::OLDEST;
        assert!(modules.contains(&format!("\ngo {major}.{minor}.0\n")));
    }

    #[test]
    fn the_components_are_told_their_version() {
        assert!(ldflags().contains("-X k8s.io/component-base/version.gitMinor=37"));
    }
}
