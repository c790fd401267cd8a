//! Files at revisions of git, as `git show REV:PATH` prints them.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::Failure;

/// A file at a revision.
pub(crate) struct AtRevision<'a> {
    /// `REV:PATH`, as it was given.
    place: &'a str,
    /// The path, from the root of the repository, or from here if it starts with `./`.
    pub(crate) path: &'a str,
}

/// What `place` names, if that is a file at a revision and no file that is there.
pub(crate) fn at_revision(place: &str) -> Option<AtRevision<'_>> {
    let (revision, path) = place.split_once(':')?;
    // A single letter is a drive of Windows; what starts with `-` would be an option of git.
    let is_revision = revision.len() > 1 && !revision.starts_with('-') && !path.is_empty();
    (is_revision && !Path::new(place).exists()).then_some(AtRevision { place, path })
}

impl AtRevision<'_> {
    /// What the file held.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut git = Command::new("git");
        // Its words are quoted in a message, so they are in English, too.
        git.args(["show", "--no-textconv", self.place]).env("LC_ALL", "C").stdin(Stdio::null());
        let output = git.output().map_err(|error| {
            let failure =
                Failure::caused(format!("git could not be run to read `{}`", self.place), &error);
            match error.kind() {
                ErrorKind::NotFound => failure.help("install git, or give the fleet as a file"),
                _ => failure,
            }
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().find_map(|line| line.strip_prefix("fatal: "));
        let why = said
            .map_or_else(|| output.status.to_string(), |why| why.trim_end_matches('.').to_owned());
        Err(Failure::new(format!("`{}` could not be read from git: {why}", self.place)).help(
            "`REV:PATH` is a file at a revision, such as `main:fleet.lock`; the path is from the root \
             of the repository, or from here if it starts with `./`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::at_revision;

    #[test]
    fn a_file_at_a_revision_has_both() {
        let path = |place: &'static str| at_revision(place).map(|at| at.path);
        assert_eq!(path("main:fleet.lock"), Some("fleet.lock"));
        assert_eq!(path("HEAD~1:./sites/fleet.lock"), Some("./sites/fleet.lock"));
        for place in ["fleet.lock", "c:fleet.lock", "--output=x:y", ":fleet.lock", "main:", "-"] {
            assert_eq!(path(place), None, "{place}");
        }
    }
}
