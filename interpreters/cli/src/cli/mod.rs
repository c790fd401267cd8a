//! The command line of a fleet: [`run`] for a program of your own, [`run_lock`] for a `fleet.lock`.
//!
//! Results go to standard output, everything else to standard error.
//! Exit codes: 0 done, 1 an error (also of usage), 2 changes where `--detailed-exitcode` asks for it,
//! or something refuted, 3 something undecided.

#![cfg_attr(
    not(all(feature = "sim", feature = "nats", feature = "kube")),
    expect(dead_code, reason = "a target is not built in")
)]

mod apply;
mod args;
mod assumed;
mod check;
mod close;
mod completions;
mod context;
mod diff;
mod drift;
mod error;
mod explain;
mod files;
mod git;
mod graph;
mod import;
mod inventory;
#[cfg(feature = "kube")]
mod kube;
mod lab;
mod laws;
mod lock;
mod merge;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "operator")]
mod operator;
mod output;
mod plan;
mod present;
mod problems;
mod progress;
mod render;
#[cfg(any(feature = "nats", feature = "kube"))]
mod runtime;
mod schema;
mod select;
mod shell;
#[cfg(feature = "sim")]
mod sim;
mod snippet;
mod target;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::FromArgMatches;
use escadre_algebra::Fleet;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use args::{Cli, Command, When};
use context::{Context, Origin};
use error::Failure;
use output::{Look, Output};

/// What a command has to say by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Done.
    Done,
    /// Something changes, differs or is refuted, and the code is to say so.
    Changes,
    /// The budget was spent before something was decided.
    Undecided,
}

impl Code {
    /// The code of a command that was asked to tell (`detailed`) whether something changes.
    pub(crate) fn of(changes: bool, detailed: bool) -> Self {
        if changes && detailed { Self::Changes } else { Self::Done }
    }
}

/// Runs the command line of this process on `fleet`, and answers the exit code.
///
/// ```no_run
/// use escadre::{container, deploy, label};
/// fn main() -> std::process::ExitCode {
///     let recorder = container("recorder").image("ghcr.io/acme/recorder:2.3");
///     escadre::cli::run(deploy(recorder).restrict(label("role").eq("camera")))
/// }
/// ```
pub fn run(fleet: Fleet) -> ExitCode {
    run_with(|| fleet)
}

/// Runs the command line of this process on the fleet that `build` makes, which is called at most
/// once, and only by commands that need a fleet.
pub fn run_with(build: impl FnOnce() -> Fleet) -> ExitCode {
    run_args(Origin::Program(Box::new(build)), env::args_os().collect())
}

/// Runs the command line of this process on a file that `lock` wrote: what the binary `escadre` does.
pub fn run_lock() -> ExitCode {
    run_args(Origin::Lock, env::args_os().collect())
}

fn run_args(origin: Origin<'_>, arguments: Vec<OsString>) -> ExitCode {
    let program = program(&origin, arguments.first());
    let with_lock = matches!(origin, Origin::Lock);
    if arguments.iter().any(|argument| has_credentials(&argument.to_string_lossy())) {
        // An error of usage would show the argument.
        let failure = Failure::new("an address has no credentials: they come from the environment")
            .help("leave out what stands before the `@`, and set NATS_CREDS, or NATS_USER and NATS_PASSWORD");
        let _ =
            io::stderr().write_all(error::report(&failure, Look::of_stderr(When::Auto)).as_bytes());
        return ExitCode::FAILURE;
    }
    let mut command = args::command(&program, with_lock);
    let parsed = command.try_get_matches_from_mut(arguments).and_then(|matches| {
        let lock = if with_lock { matches.get_one::<PathBuf>("fleet").cloned() } else { None };
        Cli::from_arg_matches(&matches).map(|cli| (cli, lock))
    });
    let (cli, lock) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let code = ExitCode::from(u8::from(error.use_stderr()));
            // A closed pipe is no reason to fail.
            let _ = error.format(&mut command).print();
            return code;
        }
    };
    log(&cli);
    let when = cli.global.color;
    let mut context = Context::new(
        origin,
        lock,
        program,
        cli.global.quiet,
        Output::new(when),
        Look::of_stderr(when),
    );
    let result = execute(cli.command, &mut context);
    // What a command has to say about a failure comes before what its output says.
    let finished = context.out.finish();
    let result = result.and_then(|code| finished.map(|()| code));
    match result {
        Ok(Code::Done) => ExitCode::SUCCESS,
        Ok(Code::Changes) => ExitCode::from(2),
        Ok(Code::Undecided) => ExitCode::from(3),
        Err(failure) => {
            let report = error::report(&failure, context.err);
            // There is nowhere left to say that standard error is closed.
            let _ = io::stderr().write_all(report.as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// Whether `argument` is the address of a NATS server, or an option with one, that has a password in it.
fn has_credentials(argument: &str) -> bool {
    let servers = |scheme| Some(argument.split_once(scheme)?.1.split('/').next()?.contains('@'));
    ["nats://", "tls://"].into_iter().any(|scheme| servers(scheme) == Some(true))
}

/// What the program is called: as it was called, unless it is ours.
fn program(origin: &Origin<'_>, first: Option<&OsString>) -> String {
    let called = first.map(Path::new).and_then(Path::file_stem).map(|name| name.to_string_lossy());
    match (origin, called) {
        (Origin::Program(_), Some(name)) if !name.is_empty() => name.into_owned(),
        _ => "escadre".to_owned(),
    }
}

fn log(cli: &Cli) {
    let level = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => "error",
        #[cfg(feature = "operator")]
        (false, 0) if matches!(cli.command, Command::Operator(_)) => operator::LOG,
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let asked = cli.global.quiet || cli.global.verbose > 0;
    let filter = env::var("ESCADRE_LOG").ok().filter(|_| !asked);
    let filter = EnvFilter::new(filter.as_deref().unwrap_or(level));
    let look = Look::of_stderr(cli.global.color);
    progress::show(look, cli.global.quiet);
    let lines = tracing_subscriber::fmt::layer().with_writer(|| progress::AboveBars);
    let lines = lines.with_ansi(look.colour).without_time().with_target(false);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
    // A program that has its own subscriber keeps it.
    let _ = subscriber.with(progress::reading()).try_init();
}

fn execute(command: Command, context: &mut Context<'_>) -> Result<Code, Failure> {
    match command {
        Command::Select(args) => select::run(&args, context),
        Command::Render(args) => render::run(&args, context),
        Command::Plan(args) => plan::run(&args, context),
        Command::Apply(args) => apply::run(&args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Drift(args) => drift::run(&args, context),
        Command::Diff(args) => diff::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Lab(args) => lab::run(&args, context),
        Command::Merge(args) => merge::run(&args, context),
        Command::Lock(args) => lock::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::Graph(args) => graph::run(&args, context),
        Command::Inventory(args) => inventory::run(&args, context),
        Command::Laws(args) => laws::run(&args, context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        #[cfg(feature = "kube")]
        Command::Kube(args) => kube::run(&args, context),
        #[cfg(feature = "nats")]
        Command::Nats(args) => nats::run(&args, context),
        #[cfg(feature = "operator")]
        Command::Operator(args) => operator::run(&args, context),
        #[cfg(feature = "sim")]
        Command::Sim(args) => sim::run(&args, context),
    }
}
