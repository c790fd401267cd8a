//! Every example runs, and prints what `examples/expected/NAME.txt` says.
//!
//! A file that starts with `$ ` is a transcript ([`crate::transcript`]), run in the root of the checkout with
//! the examples on `PATH` and `$SCRATCH` naming a fresh folder, which output shows as `$SCRATCH`.
//! Any other file is what the example prints without arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::workspace::{Workspace, read, write};
use crate::{Outcome, binaries, documents, transcript};

/// Compares all examples with their files.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let names = names(workspace)?;
    let mut wrong = Vec::new();
    for name in &names {
        let path = expected(workspace, name);
        let result = read(&path).and_then(|old| {
            let new = output(workspace, name, Some(&old))?;
            transcript::compare(&old, &new)
        });
        println!("{name}: {}", if result.is_ok() { "as expected" } else { "DIFFERS" });
        if let Err(message) = result {
            wrong.push(format!("{name}: {message}"));
        }
    }
    if wrong.is_empty() {
        println!("{} examples", names.len());
        return Ok(());
    }
    Err(format!("{}\nrun `cargo xtask generate` and review what changed", wrong.join("\n")))
}

/// Rewrites the files of all examples.
pub(crate) fn generate(workspace: &Workspace) -> Outcome {
    for name in names(workspace)? {
        let path = expected(workspace, &name);
        let old = read(&path).ok();
        write(&path, &output(workspace, &name, old.as_deref())?)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// The examples; an error where a file of `examples/expected` belongs to none.
fn names(workspace: &Workspace) -> Outcome<Vec<String>> {
    let names = workspace.binaries_of(binaries::EXAMPLES);
    if names.is_empty() {
        return Err(format!("the package {} has no binaries", binaries::EXAMPLES));
    }
    for file in workspace.files()? {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if file.starts_with("examples/expected") && !names.contains(&name) {
            return Err(format!("{} belongs to no example", file.display()));
        }
    }
    Ok(names)
}

fn expected(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.root.join("examples/expected").join(format!("{name}.txt"))
}

fn output(workspace: &Workspace, name: &str, old: Option<&str>) -> Outcome<String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut environment = documents::environment(workspace)?;
    environment.push(("SCRATCH", OsString::from(scratch.path())));
    let run = |commands: &[&str]| transcript::replay(commands, &workspace.root, &environment);
    let text = match old.filter(|old| old.starts_with("$ ")) {
        Some(old) => run(&transcript::commands(old))?,
        None => {
            let text = run(&[name])?;
            text.split_once('\n').map_or_else(String::new, |(_, rest)| rest.to_owned())
        }
    };
    Ok(text.replace(&scratch.path().to_string_lossy().into_owned(), "$SCRATCH"))
}
