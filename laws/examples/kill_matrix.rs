//! Prints which law notices which mistake in the meaning; fails if a mutant lives or a law is idle.

#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]

use std::process::ExitCode;

use escadre_algebra::mutant::Mutant;
use escadre_laws::{control, kill_matrix, kill_sampling};

/// With fewer mutants than these the matrix says little.
const LEAST: usize = 40;

fn main() -> ExitCode {
    let sampling = kill_sampling();
    let broken = control(&sampling);
    println!("without a mutant, {} laws do not hold {broken:?}", broken.len());
    let matrix = match kill_matrix(&sampling) {
        Ok(matrix) => matrix,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{matrix}");
    let missing: Vec<&str> = matrix.missing().map(Mutant::name).collect();
    let is_whole = missing.is_empty() && Mutant::ALL.len() >= LEAST;
    if !is_whole {
        println!("{} mutants, of which these were not tried: {missing:?}", Mutant::ALL.len());
    }
    let alive: Vec<&str> = matrix.alive().map(Mutant::name).collect();
    let idle: Vec<&str> = matrix.idle().collect();
    if !alive.is_empty() || !idle.is_empty() {
        println!("alive: {alive:?}\nidle: {idle:?}");
    }
    if is_whole && broken.is_empty() && alive.is_empty() && idle.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
