//! The task runner of Escadre: `cargo xtask test`, `show`, `generate`.
//!
//! It reads in this order: [`steps`] is the list that `test` runs, [`show`] is the evidence,
//! [`generate`] rewrites the files that programs write; the rest serves these three.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task runner talks to a terminal")]

mod binaries;
#[cfg(test)]
mod corpus;
mod documents;
mod examples;
mod fuzz;
mod generate;
mod hygiene;
mod layers;
mod measure;
mod process;
mod proofs;
mod selector_cases;
mod selector_table;
mod show;
mod steps;
mod tools;
mod transcript;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// What a task ends with: a value, or one message for the person who ran it.
type Outcome<T = ()> = Result<T, String>;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Tests Escadre, shows its evidence, writes its generated files"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Sets up what the tests need and runs all of them
    Test {
        /// Run only these steps
        #[arg(long, value_name = "STEP", value_delimiter = ',')]
        only: Vec<String>,
        /// List the steps and stop
        #[arg(long)]
        list: bool,
    },
    /// Does one real thing and prints its figures; exits 0 only where the claim holds
    Show {
        /// The topic, such as `compose`
        topic: String,
        /// Which claim of the topic
        number: u8,
        /// Fewer rounds, as in CI
        #[arg(long)]
        quick: bool,
    },
    /// Writes the generated files: example outputs, schemas, tables
    Generate {
        /// Only say which files are out of date
        #[arg(long)]
        check: bool,
    },
    /// Runs one program and prints its time and peak memory as JSON
    #[command(hide = true)]
    Measure {
        /// The program and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Outcome {
    match task {
        Task::Measure { command } => measure::print(&command),
        Task::Test { list: true, .. } => {
            steps::list();
            Ok(())
        }
        Task::Test { only, .. } => steps::run(&Workspace::find()?, &only),
        Task::Show { topic, number, quick } => {
            show::run(&Workspace::find()?, &topic, number, quick)
        }
        Task::Generate { check } => generate::run(&Workspace::find()?, check),
    }
}
