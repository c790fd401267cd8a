//! What `cargo xtask test` does, in order. Every step passes or fails; none is skipped.

use std::env;
use std::process::Command;
use std::time::Instant;

use crate::workspace::{Workspace, read};
use crate::{
    Outcome, documents, examples, fuzz, generate, hygiene, layers, process, proofs, show, tools,
};

/// One step: its name for `--only`, a heading, and what it does.
struct Step {
    name: &'static str,
    heading: &'static str,
    run: fn(&Workspace) -> Outcome,
}

/// How long each fuzz target runs, in seconds.
const FUZZ_SECONDS: u32 = 16;

/// Cheap ones first, so that a small mistake is told soon.
const STEPS: [Step; 15] = [
    Step { name: "fmt", heading: "code is formatted", run: fmt },
    Step {
        name: "hygiene",
        heading: "files are short and bound to no machine",
        run: hygiene::check,
    },
    Step { name: "layers", heading: "members depend only on what they may", run: layers::check },
    Step { name: "lints", heading: "clippy has no warning", run: lints },
    Step { name: "test", heading: "unit, law, property and documentation tests", run: test },
    Step { name: "mutants", heading: "the laws notice mistakes in the meaning", run: mutants },
    Step { name: "rustdoc", heading: "the reference builds without a warning", run: rustdoc },
    Step { name: "deny", heading: "dependencies: bans, licences, sources", run: deny },
    Step { name: "docs", heading: "the book builds", run: book },
    Step { name: "generated", heading: "generated files are up to date", run: generate::check },
    Step { name: "examples", heading: "examples print what is expected", run: examples::check },
    Step { name: "readme", heading: "commands in README.md and docs/ work", run: documents::check },
    Step { name: "proofs", heading: "Coq accepts every theorem", run: proofs::check },
    Step { name: "fuzz", heading: "a short run of each fuzz target", run: fuzz_smoke },
    Step { name: "show", heading: "the evidence, quickly", run: show_all },
];

/// Prints the steps.
pub(crate) fn list() {
    for step in &STEPS {
        println!("{:10} {}", step.name, step.heading);
    }
}

/// Runs the named steps, or all, to the end; an error iff one of them failed.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Outcome {
    if let Some(name) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("no step is called `{name}`: see `cargo xtask test --list`"));
    }
    let chosen = |step: &&Step| only.is_empty() || only.iter().any(|name| name == step.name);
    let preparing = only.is_empty().then(|| tools::prepare(&tools::MDBOOK));
    let mut results = Vec::new();
    for step in STEPS.iter().filter(chosen) {
        println!("\n== {}: {}", step.name, step.heading);
        let start = Instant::now();
        let result = (step.run)(workspace);
        if let Err(message) = &result {
            println!("FAILED: {message}");
        }
        results.push((step.name, start.elapsed().as_secs_f64(), result.is_ok()));
    }
    if let Some(thread) = preparing {
        thread.join().map_err(|_| "installing tools broke off".to_owned())?;
    }
    summarise(&results)
}

fn summarise(results: &[(&str, f64, bool)]) -> Outcome {
    println!("\n== summary");
    for (name, seconds, passed) in results {
        println!("{name:10} {seconds:7.1} s  {}", if *passed { "passed" } else { "FAILED" });
    }
    let n_failed = results.iter().filter(|(_, _, passed)| !passed).count();
    println!("steps: {} passed, {n_failed} failed", results.len() - n_failed);
    if n_failed == 0 { Ok(()) } else { Err(format!("{n_failed} steps failed")) }
}

fn fmt(workspace: &Workspace) -> Outcome {
    process::run(&mut workspace.cargo(["fmt", "--all", "--check"]))?;
    process::run(&mut workspace.cargo(["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"]))
}

fn lints(workspace: &Workspace) -> Outcome {
    let mut command = workspace.cargo(["clippy", "--quiet", "--workspace", "--all-targets"]);
    process::run(command.args(["--all-features", "--", "-D", "warnings"]))
}

/// The variable that seeds proptest's random cases, and its value here unless one is set: a step
/// answers the same each time. Other seeds are for exploring, as fuzzing is.
const RNG_SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "20261124");

fn seeded(command: &mut Command) -> Outcome {
    let (name, fixed) = RNG_SEED;
    let seed = env::var(name).unwrap_or_else(|_| fixed.to_owned());
    println!("{name}={seed}");
    process::run(command.env(name, seed))
}

/// The same packages and profile as `lints` sees, so that no dependency is compiled twice.
fn test(workspace: &Workspace) -> Outcome {
    let mut command = workspace.cargo(["test", "--quiet", "--no-fail-fast", "--workspace"]);
    seeded(command.args(["--features", &workspace.features(MUTANTS).join(",")]))
}

/// The feature that puts switches into the meaning. What is tested is what ships, so only the step
/// of that name has it.
pub(crate) const MUTANTS: &str = "mutants";

/// Which law notices which mistake; tests that are run without the feature never see one.
fn mutants(workspace: &Workspace) -> Outcome {
    let mut command = workspace.cargo(["test", "--quiet", "--package", "escadre-laws"]);
    seeded(command.args(["--features", "mutants,conformance", "--test", "kills"]))
}

fn rustdoc(workspace: &Workspace) -> Outcome {
    let mut command = workspace.cargo(["doc", "--quiet", "--no-deps", "--workspace"]);
    process::run(command.arg("--all-features").env("RUSTDOCFLAGS", "-D warnings"))
}

/// Advisories are left out: their database lies outside the package registries, and a test must
/// not change its answer from one day to the next.
fn deny(workspace: &Workspace) -> Outcome {
    let tool = tools::find(&tools::CARGO_DENY)?;
    let mut command = Command::new(tool);
    command.current_dir(&workspace.root).args(["--log-level", "error"]);
    process::run(command.args(["--all-features", "check", "bans", "licenses", "sources"]))
}

/// Builds the book, of which every page in docs/ is part.
fn book(workspace: &Workspace) -> Outcome {
    let summary = read(&workspace.root.join("docs/SUMMARY.md"))?;
    for file in workspace.files()? {
        let page = file.strip_prefix("docs").ok().and_then(|page| page.to_str());
        let page = page.filter(|page| page.ends_with(".md") && *page != "SUMMARY.md");
        if let Some(page) = page.filter(|page| !summary.contains(&format!("({page})"))) {
            return Err(format!("docs/{page} is not in docs/SUMMARY.md"));
        }
    }
    let tool = tools::find(&tools::MDBOOK)?;
    let mut command = Command::new(tool);
    command.current_dir(&workspace.root).args(["build", "docs", "--dest-dir"]);
    process::run(command.arg(workspace.target.join("book")))
}

fn fuzz_smoke(workspace: &Workspace) -> Outcome {
    for run in fuzz::smoke(workspace, FUZZ_SECONDS)? {
        println!("{}: {} executions", run.target, run.n_executions);
    }
    Ok(())
}

fn show_all(workspace: &Workspace) -> Outcome {
    show::every(workspace)
}
