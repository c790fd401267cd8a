//! The claims about the laws: decided, able to fail, and answering equations that people type.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Claim;
use crate::steps::MUTANTS;
use crate::workspace::{Workspace, read, write};
use crate::{Outcome, binaries, process, proofs};

/// The claims, in the order of their numbers.
pub(super) const CLAIMS: [Claim; 4] = [
    Claim { number: 1, says: "the whole catalogue is decided in under a second", check: decided },
    Claim {
        number: 2,
        says: "each mutant and each broken interpreter is found, and nothing finds none",
        check: matrices,
    },
    Claim {
        number: 3,
        says: "a false law is refused by decide, sample, exhaust and Coq",
        check: false_law,
    },
    Claim {
        number: 4,
        says: "an equation that a reader types is answered, with Rust to paste",
        check: answers,
    },
];

/// Time is claimed of the optimised program only; quickly, the other one decides the same.
fn decided(workspace: &Workspace, quick: bool) -> Outcome {
    example(workspace, "decide_catalogue", "", !quick)
}

fn matrices(workspace: &Workspace, quick: bool) -> Outcome {
    example(workspace, "conformance_matrix", "conformance", !quick)?;
    example(workspace, "kill_matrix", MUTANTS, !quick)
}

/// Builds an example of the laws, and runs it; an error unless it succeeds.
fn example(workspace: &Workspace, name: &str, features: &str, optimised: bool) -> Outcome {
    let mut command = workspace.cargo(["build", "--quiet", "--example", name]);
    let folder = if optimised {
        command.args(["--release", "--package", "escadre-laws", "--features", features]);
        "release"
    } else {
        // As the steps `test` and `mutants` build it, so that nothing is compiled twice.
        if features == MUTANTS {
            command.args(["--package", "escadre-laws", "--features", "mutants,conformance"]);
        } else {
            command.args(["--workspace", "--features", &workspace.features(MUTANTS).join(",")]);
        }
        "debug"
    };
    process::run(&mut command)?;
    let mut program = Command::new(workspace.target.join(folder).join("examples").join(name));
    process::run(program.current_dir(&workspace.root))
}

fn false_law(workspace: &Workspace, _quick: bool) -> Outcome {
    proofs::ensure_coq()?;
    let mut command = Command::new("sh");
    command.arg("laws/false-law.sh").current_dir(&workspace.root);
    process::run(command.env("CARGO_TARGET_DIR", &workspace.target))
}

/// What exits with 2: equations that do not hold, with every operator among them.
const FALSE: [&str; 10] = [
    "a overlay b = b overlay a",
    "a patch b = a overlay b",
    "(a overlay b) patch c = (a patch c) overlay b",
    "(a mask b) patch c = (a patch c) mask b",
    "keep(P, a) overlay keep(Q, b) = keep(P or Q, a overlay b)",
    "forget(P and Q, a) = forget(P, forget(Q, a))",
    "keep(not P, a) union b = forget(P, a)",
    "restrict(s, a) overlay restrict(t, b) = restrict(s or t, a overlay b)",
    "choose(s and not t, a, b) = choose(s, a, b)",
    "within(a, b) <= without(a, b union c)",
];

/// What exits with 0: equations that hold.
const TRUE: [&str; 3] = [
    "a overlay (b union a) = b union a",
    "(a patch b) patch c = a patch (b overlay c)",
    "choose(s, a, b) = restrict(s, a) union restrict(not s, b)",
];

/// What exits with 1: what is no equation.
const BROKEN: [&str; 4] = ["a overlay = b", "a + b = b + a", "restrict(P, a) = a", ""];

fn answers(workspace: &Workspace, _quick: bool) -> Outcome {
    let escadre = binaries::find(workspace, "escadre")?;
    for (equations, code) in [(&TRUE[..], 0), (&BROKEN, 1)] {
        for equation in equations {
            let said = ask(&escadre, equation, code)?;
            println!("`{equation}`: exit {code}: {}", said.lines().next().unwrap_or_default());
        }
    }
    let mut programs = Vec::new();
    for equation in FALSE {
        let said = ask(&escadre, equation, 2)?;
        let program = pasted(&said).ok_or_else(|| format!("no Rust for `{equation}`:\n{said}"))?;
        println!("`{equation}`: exit 2: {}", said.lines().next().unwrap_or_default());
        programs.push(program.to_owned());
    }
    // One that must fail, so that the others are known to have been run.
    programs.push(control(&programs)?);
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    compile(workspace, scratch.path(), &programs)?;
    let n_differ = run_all(workspace, programs.len())?;
    println!(
        "{} equations answered; of {} counterexamples pasted as Rust, {n_differ} compile and show that the sides differ",
        TRUE.len() + BROKEN.len() + FALSE.len(),
        FALSE.len()
    );
    if n_differ == FALSE.len() { Ok(()) } else { Err("some show nothing".to_owned()) }
}

/// What `escadre laws check` says of `equation`; an error unless it exits with `code`.
fn ask(escadre: &Path, equation: &str, code: i32) -> Outcome<String> {
    let mut command = Command::new(escadre);
    command.args(["laws", "check", equation]).env("NO_COLOR", "1");
    let finished = process::finish(&mut command, Duration::from_secs(60))?;
    if finished.status.code() != Some(code) {
        return Err(format!(
            "`{equation}` should exit with {code}, but: {}\n{}{}",
            finished.status, finished.stdout, finished.stderr
        ));
    }
    // What is wrong with an equation stands on standard error.
    Ok(if code == 1 { finished.stderr } else { finished.stdout })
}

/// The program in what `laws check` prints of an equation that does not hold.
fn pasted(said: &str) -> Option<&str> {
    said.split_once("\nIn Rust:\n\n").map(|(_, program)| program)
}

/// The first program, made to assert that the sides are equal.
fn control(programs: &[String]) -> Outcome<String> {
    let first = programs.first().map_or("", String::as_str);
    let control = first.replace("assert_ne!", "assert_eq!");
    if control == first { Err("no program asserts anything".to_owned()) } else { Ok(control) }
}

/// Compiles the programs, without a warning, as a crate that depends on this checkout's algebra.
fn compile(workspace: &Workspace, folder: &Path, programs: &[String]) -> Outcome {
    let algebra = workspace.root.join("algebra");
    write(
        &folder.join("Cargo.toml"),
        &format!(
            "[package]\nname = \"pasted\"\nedition = \"2024\"\n\n[dependencies]\nescadre-algebra = {{ path = {algebra:?} }}\n\n[lints.rust]\nwarnings = \"deny\"\n\n[workspace]\n"
        ),
    )?;
    write(&folder.join("Cargo.lock"), &read(&workspace.root.join("Cargo.lock"))?)?;
    for (i, program) in programs.iter().enumerate() {
        write(&folder.join(format!("src/bin/pasted-{i}.rs")), program)?;
    }
    // The versions are those of the checkout, which are here already.
    let mut command = workspace.cargo(["build", "--quiet", "--offline", "--bins"]);
    process::run(command.current_dir(folder))
}

/// How many of the programs succeed, of which the last is the control.
fn run_all(workspace: &Workspace, n_programs: usize) -> Outcome<usize> {
    let mut n_differ = 0;
    for i in 0..n_programs {
        let mut program = Command::new(workspace.target.join(format!("debug/pasted-{i}")));
        let finished = process::finish(&mut program, Duration::from_secs(60))?;
        match (finished.status.success(), i + 1 == n_programs) {
            (true, false) => n_differ += 1,
            (false, false) => println!("pasted-{i}: {}\n{}", finished.status, finished.stderr),
            (true, true) => return Err("a program that asserts the contrary succeeds".to_owned()),
            (false, true) => {}
        }
    }
    Ok(n_differ)
}

#[cfg(test)]
mod tests {
    use super::{control, pasted};

    #[test]
    fn the_program_is_what_follows_its_heading() {
        let said = "a does not hold: a=-\n\n  a      -\n\nIn Rust:\n\nuse x;\nfn main() {}\n";
        assert_eq!(pasted(said), Some("use x;\nfn main() {}\n"));
        assert_eq!(pasted("a = a holds (1 case)\n"), None);
    }

    #[test]
    fn a_control_asserts_the_contrary() {
        assert_eq!(control(&["assert_ne!(1, 2)".to_owned()]).unwrap(), "assert_eq!(1, 2)");
        assert!(control(&["fn main() {}".to_owned()]).is_err());
    }
}
