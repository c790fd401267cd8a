//! The proofs: every file of `laws/proofs` is checked by Coq, every theorem that the catalogue
//! names is there and rests on no axiom, and the corpus is what they compute.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::workspace::{Workspace, read, write};
use crate::{Outcome, process};

/// Where the sources lie, and the list of them in the order that Coq needs.
const FOLDER: &str = "laws/proofs";
const ORDER: &str = "laws/proofs/order";
/// The catalogue, a row a law; the column `theorem` names its proof.
const CATALOGUE: &str = "laws/catalogue.tsv";

/// The longest that one file may take.
const DEADLINE: Duration = Duration::from_secs(900);

/// Builds the proofs in the target folder and checks the theorems of the catalogue.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    ensure_coq()?;
    let order = read(&workspace.root.join(ORDER))?;
    let files: Vec<&str> =
        order.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = scratch.path();
    let mut printed = String::new();
    for file in &files {
        let text = read(&workspace.root.join(FOLDER).join(file))?;
        refuse_gaps(file, &text)?;
        write(&folder.join(file), &text)?;
        printed = coqc(folder, file)?;
    }
    if files.last() != Some(&ASSUMPTIONS) {
        return Err(format!("{ORDER} does not end with {ASSUMPTIONS}"));
    }
    let catalogue = read(&workspace.root.join(CATALOGUE))?;
    let named = theorems(&catalogue)?;
    let n_theorems = closed(workspace, &printed, &named)?;
    println!(
        "{} files checked: {n_theorems} theorems without axioms, {} of them named by the catalogue",
        files.len(),
        named.len()
    );
    corpus(workspace, folder)
}

/// What computes the corpus, and the corpus that Rust replays.
const GENERATOR: &str = "laws/proofs/corpus.sh";
const CORPUS: &str = "laws/corpus/equations.jsonl";

/// `Ok` iff the corpus, computed again in `folder`, is the one that is checked in, byte for byte.
fn corpus(workspace: &Workspace, folder: &Path) -> Outcome {
    let mut command = Command::new("sh");
    command.arg(GENERATOR).current_dir(&workspace.root);
    let computed = process::capture(command.env("TMPDIR", folder))?;
    let kept = read(&workspace.root.join(CORPUS))?;
    if computed == kept {
        let n_valid = kept.matches("\"valid\":true").count();
        let (n_equations, n_bytes) = (kept.lines().count(), kept.len());
        println!(
            "corpus computed again, byte for byte: {n_equations} equations, {n_valid} of them valid, {n_bytes} bytes"
        );
        return Ok(());
    }
    let differs = computed.lines().zip(kept.lines()).position(|(new, old)| new != old);
    let line = differs.unwrap_or_else(|| computed.lines().count().min(kept.lines().count())) + 1;
    Err(format!("{CORPUS} is not what {GENERATOR} prints, from line {line} on"))
}

/// `Ok` iff `text` leaves nothing unproved.
fn refuse_gaps(file: &str, text: &str) -> Outcome {
    for word in ["Admitted", "Axiom ", "Parameter ", "admit."] {
        if text.lines().any(|line| line.trim_start().starts_with(word)) {
            return Err(format!("{FOLDER}/{file}: `{}` leaves something unproved", word.trim()));
        }
    }
    Ok(())
}

fn coqc(folder: &Path, file: &str) -> Outcome<String> {
    let mut command = Command::new("coqc");
    command.args(["-q", "-Q", ".", "Escadre", file]).current_dir(folder);
    let finished = process::finish(&mut command, DEADLINE)?;
    if finished.status.success() {
        return Ok(finished.stdout);
    }
    Err(format!(
        "{FOLDER}/{file}: coqc: {}\n{}{}",
        finished.status, finished.stdout, finished.stderr
    ))
}

/// Coq and the compiler of what it extracts, installed from the system's packages where that may be.
pub(crate) fn ensure_coq() -> Outcome {
    let answers = |words: [&str; 3]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).output().is_ok_and(|output| output.status.success())
    };
    let there =
        || answers(["coqc", "-q", "--version"]) && answers(["ocamlfind", "ocamlopt", "-version"]);
    if there() {
        return Ok(());
    }
    let advice = "coqc or `ocamlfind ocamlopt` is missing: install Coq 8.16 or later and OCaml (Debian: `apt-get install coq ocaml-nox ocaml-findlib`)";
    let install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends coq ocaml-nox ocaml-findlib";
    println!("installing coq and ocaml with apt-get");
    let mut command = Command::new("bash");
    command.args(["-c", install]).env("DEBIAN_FRONTEND", "noninteractive");
    match process::finish(&mut command, DEADLINE) {
        Ok(_) if there() => Ok(()),
        Ok(finished) => Err(format!("{advice}\n{}", finished.stderr)),
        Err(error) => Err(format!("{advice}\n{error}")),
    }
}

/// The theorems that the catalogue names, each once.
fn theorems(catalogue: &str) -> Outcome<BTreeSet<&str>> {
    let mut rows = catalogue.lines();
    let header = rows.next().unwrap_or_default();
    let column = header.split('\t').position(|name| name == "theorem");
    let column = column.ok_or_else(|| format!("{CATALOGUE} has no column `theorem`"))?;
    rows.map(|row| {
        let theorem = row.split('\t').nth(column).filter(|theorem| !theorem.is_empty());
        theorem.ok_or_else(|| format!("{CATALOGUE}: no theorem in the row `{row}`"))
    })
    .collect()
}

/// The file that names every theorem, and prints what each group of them rests on.
const ASSUMPTIONS: &str = "Assumptions.v";
/// The theorems that the catalogue does not name.
const EXTRA: &str = "laws/proofs/extra.txt";

/// `Ok` iff the theorems whose assumptions are printed are those of the catalogue and of the
/// list of others, and `printed` says of each group that it rests on nothing.
fn closed(workspace: &Workspace, printed: &str, named: &BTreeSet<&str>) -> Outcome<usize> {
    let text = read(&workspace.root.join(FOLDER).join(ASSUMPTIONS))?;
    let extra = read(&workspace.root.join(EXTRA))?;
    rests_on_nothing(&text, &extra, printed, named)
}

/// As [`closed`], of the text of [`ASSUMPTIONS`] and of [`EXTRA`].
fn rests_on_nothing(
    text: &str,
    extra: &str,
    printed: &str,
    named: &BTreeSet<&str>,
) -> Outcome<usize> {
    let text = without_comments(text);
    let extra: BTreeSet<&str> = extra.lines().filter_map(|l| l.split('\t').next()).collect();
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
    let theorems: BTreeSet<&str> =
        words.filter_map(|word| word.split_once('.')).map(|(_, name)| name).collect();
    let theorems: BTreeSet<&str> = theorems.into_iter().filter(|name| !name.is_empty()).collect();
    let missing: Vec<&&str> =
        named.union(&extra).filter(|name| !theorems.contains(**name)).collect();
    let unknown: Vec<&&str> =
        theorems.iter().filter(|name| !named.contains(**name) && !extra.contains(**name)).collect();
    if !missing.is_empty() || !unknown.is_empty() {
        return Err(format!(
            "theorems without a proof: {missing:?}; proofs that neither {CATALOGUE} nor {EXTRA} names: {unknown:?}"
        ));
    }
    let defined = after(&text, "Definition ");
    let asked = after(&text, "Print Assumptions ");
    if defined != asked {
        return Err(format!(
            "{ASSUMPTIONS} defines the groups {defined:?}, and prints what {asked:?} rest on"
        ));
    }
    let n_groups = asked.len();
    let n_closed = printed.matches("Closed under the global context").count();
    if n_closed == n_groups && n_groups > 0 && !printed.contains("Axioms:") {
        return Ok(theorems.len());
    }
    Err(format!("{n_closed} of {n_groups} groups of theorems rest on no axiom:\n{printed}"))
}

/// The names that follow `command` in `text`, in their order.
fn after<'a>(text: &'a str, command: &str) -> Vec<&'a str> {
    let rests = text.split(command).skip(1);
    rests
        .filter_map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next())
        .collect()
}

/// `text` without Coq's comments, which nest. It has no texts in quotes.
fn without_comments(text: &str) -> String {
    let (mut kept, mut rest, mut depth) = (String::new(), text, 0_usize);
    while let Some(next) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix("(*") {
            (rest, depth) = (inner, depth + 1);
        } else if let Some(outer) = rest.strip_prefix("*)").filter(|_| depth > 0) {
            (rest, depth) = (outer, depth - 1);
            // What stands on both sides of a comment is two words.
            kept.push(' ');
        } else {
            if depth == 0 {
                kept.push(next);
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{rests_on_nothing, without_comments};

    const TEXT: &str = "(* Of (* A.nothing, *) B.nothing. *)
From Escadre Require A.
Definition theorems_of_a := (
  A.one, A.two).
Print Assumptions theorems_of_a.
Definition theorems_of_b := (
  B.three).
Print Assumptions theorems_of_b.
";
    const CLOSED: &str = "Closed under the global context\n";

    fn check(text: &str, printed: &str) -> Result<usize, String> {
        rests_on_nothing(text, "three\tB.v\n", printed, &BTreeSet::from(["one", "two"]))
    }

    #[test]
    fn every_theorem_is_printed_and_rests_on_nothing() {
        assert_eq!(check(TEXT, &CLOSED.repeat(2)), Ok(3));
        assert!(check(TEXT, CLOSED).is_err());
        assert!(check(TEXT, &(CLOSED.repeat(2) + "Axioms:\n")).is_err());
    }

    #[test]
    fn a_group_that_is_not_printed_is_noticed() {
        let text = TEXT.replace("Print Assumptions theorems_of_b.\n", "");
        let error = check(&text, CLOSED).unwrap_err();
        assert!(error.contains(r#"["theorems_of_a", "theorems_of_b"]"#), "{error}");
        let text =
            TEXT.replace("Print Assumptions theorems_of_b", "Print Assumptions theorems_of_a");
        assert!(check(&text, &CLOSED.repeat(2)).is_err());
        let text = TEXT
            .replace("Print Assumptions theorems_of_b.", "(* Print Assumptions theorems_of_b. *)");
        assert!(check(&text, &CLOSED.repeat(2)).is_err());
    }

    #[test]
    fn a_theorem_in_a_comment_is_none() {
        let text = TEXT.replace("A.one, ", "(* A.one, *) ");
        assert!(check(&text, &CLOSED.repeat(2)).unwrap_err().contains(r#"proof: ["one"]"#));
        assert_eq!(without_comments("a (* b (* c *) d *) e (*).*) f"), "a    e   f");
    }
}
