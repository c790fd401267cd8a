//! The commands that README.md and docs/ show are run, so that they work.
//!
//! A block fenced as `sh` is a script for `bash -eu`; one fenced as `console` is a transcript
//! ([`crate::transcript`]); `sh read-only` and every other kind is only read. The blocks of one document run in
//! order in one fresh copy of the checkout, with the built binaries first on `PATH`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::{Workspace, at, program, read};
use crate::{Outcome, binaries, process, transcript};

/// A fenced block of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What follows the fence, such as `sh`.
    pub(crate) info: String,
    /// The number of its first line, from 1.
    pub(crate) line: usize,
    /// Its text.
    pub(crate) text: String,
}

/// The fenced blocks of a Markdown text, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (open.take(), fence) {
            (Some(block), Some(_)) => found.push(block),
            (Some(mut block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, Some(info)) => {
                let info = info.trim().to_owned();
                open = Some(Block { info, line: index + 2, text: String::new() });
            }
            (None, None) => {}
        }
    }
    found
}

/// The first script of README.md: what the project promises to a newcomer.
pub(crate) fn first_command(root: &Path) -> Outcome<String> {
    let text = read(&root.join("README.md"))?;
    let first = blocks(&text).into_iter().find(|block| block.info == "sh");
    first.map(|block| block.text).ok_or_else(|| "README.md has no block fenced as `sh`".to_owned())
}

/// Runs every runnable block of README.md and of the pages in docs/.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let readme = PathBuf::from("README.md");
    if !workspace.root.join(&readme).is_file() {
        return Err("README.md is missing".to_owned());
    }
    let pages = workspace.files()?.into_iter().filter(|file| {
        file.starts_with("docs") && file.extension().is_some_and(|extension| extension == "md")
    });
    let mut n_run = 0;
    let compiled = read(&workspace.root.join(COMPILES))?;
    for page in std::iter::once(readme).chain(pages) {
        check_compiled(workspace, &page, &compiled)?;
        n_run += check_page(workspace, &page)?;
    }
    println!("{n_run} blocks run");
    Ok(())
}

/// The file that has documents' blocks of Rust compiled as documentation tests.
const COMPILES: &str = "interpreters/cli/src/lib.rs";

/// `Ok` iff the page has no Rust, or its Rust is compiled.
fn check_compiled(workspace: &Workspace, page: &Path, compiled: &str) -> Outcome {
    let text = read(&workspace.root.join(page))?;
    let has_rust = blocks(&text).iter().any(|block| block.info.starts_with("rust"));
    if has_rust && !compiled.contains(&format!("{}\")", page.display())) {
        return Err(format!("{} has Rust that {COMPILES} does not compile", page.display()));
    }
    Ok(())
}

fn check_page(workspace: &Workspace, page: &Path) -> Outcome<usize> {
    let text = read(&workspace.root.join(page))?;
    let runnable: Vec<Block> = blocks(&text).into_iter().filter(is_runnable).collect();
    if runnable.is_empty() {
        return Ok(0);
    }
    // The same path each time, so that cargo finds what it compiled in an earlier copy.
    let folder = workspace.target.join("xtask/copy");
    workspace.copy_to(&folder)?;
    let environment = environment(workspace)?;
    for block in &runnable {
        println!("{}:{}", page.display(), block.line);
        let result = run_block(block, &folder, &environment);
        result.map_err(|message| format!("{}:{}: {message}", page.display(), block.line))?;
    }
    fs::remove_dir_all(&folder).map_err(|error| at(&folder, &error))?;
    Ok(runnable.len())
}

/// What a command of a document or an example finds in its environment.
pub(crate) fn environment(workspace: &Workspace) -> Outcome<Vec<(&'static str, OsString)>> {
    Ok(vec![
        ("PATH", binaries::path(workspace)?),
        ("CARGO_TARGET_DIR", workspace.target.clone().into()),
        ("NO_COLOR", "1".into()),
        ("COLUMNS", "100".into()),
        ("LC_ALL", "C.UTF-8".into()),
    ])
}

/// A block is run unless it is the test command, which is running already.
fn is_runnable(block: &Block) -> bool {
    matches!(block.info.as_str(), "sh" | "console") && block.text.trim() != "cargo xtask test"
}

fn run_block(block: &Block, folder: &Path, environment: &[(&str, OsString)]) -> Outcome {
    if block.info == "console" {
        let commands = transcript::commands(&block.text);
        let actual = transcript::replay(&commands, folder, environment)?;
        return transcript::compare(&block.text, &actual);
    }
    let mut command = program("bash");
    command.args(["-eu", "-o", "pipefail", "-c", &block.text]).current_dir(folder);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let finished = process::finish(&mut command, transcript::DEADLINE)?;
    if finished.status.success() {
        return Ok(());
    }
    Err(format!("{}\n{}{}", finished.status, finished.stdout, finished.stderr))
}

#[cfg(test)]
mod tests {
    use super::{blocks, is_runnable};

    #[test]
    fn blocks_know_their_kind_and_line() {
        let found = blocks("a\n```sh\nls\n```\n\n```json\n{}\n```\n```sh\ncargo xtask test\n```\n");
        let kinds: Vec<_> = found.iter().map(|block| (block.info.as_str(), block.line)).collect();
        assert_eq!(kinds, [("sh", 3), ("json", 7), ("sh", 10)]);
        let run: Vec<_> = found.iter().map(is_runnable).collect();
        assert_eq!(run, [true, false, false]);
    }
}
