//! A program of your own: a function that returns a fleet, and `cli::run`.
//!
//! `own_main --help` lists what it can do: plan, apply, explain, drift, lock, …

use escadre_examples::cameras::{SITES, cameras};

fn main() -> std::process::ExitCode {
    escadre::cli::run(cameras(&SITES))
}
