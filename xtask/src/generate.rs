//! The checked-in files that a program writes.

use std::path::PathBuf;

use crate::workspace::{Workspace, read, write};
use crate::{Outcome, examples, selector_table};

/// One generated file and what makes its text.
pub(crate) struct Generated {
    /// Where it lies, from the root.
    pub(crate) path: PathBuf,
    /// Its text, from the built program.
    pub(crate) make: fn(&Workspace) -> Outcome<String>,
}

/// Every generated file but the outputs of examples, which [`examples`] knows.
fn files() -> Vec<Generated> {
    vec![Generated {
        path: PathBuf::from("docs/kubernetes-selectors.md"),
        make: selector_table::page,
    }]
}

/// Writes all generated files, or says which would change.
pub(crate) fn run(workspace: &Workspace, check_only: bool) -> Outcome {
    if check_only {
        check(workspace)?;
        return examples::check(workspace);
    }
    for file in files() {
        write(&workspace.root.join(&file.path), &(file.make)(workspace)?)?;
        println!("wrote {}", file.path.display());
    }
    examples::generate(workspace)
}

/// `Ok` iff every file of [`files`] is what its program writes now.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let files = files();
    for file in &files {
        let new = (file.make)(workspace)?;
        if read(&workspace.root.join(&file.path)).ok().as_deref() != Some(new.as_str()) {
            return Err(format!(
                "{} is out of date: run `cargo xtask generate`",
                file.path.display()
            ));
        }
    }
    println!("{} generated files are up to date", files.len());
    Ok(())
}
