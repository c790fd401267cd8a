//! Runs the conformance suite on interpreters with one bug each, and prints which case finds which.
//!
//! It fails if no case finds a bug, if the case meant for a bug misses it, if a case finds no bug
//! that is meant for it, or if there are fewer than fifteen bugs.

#![expect(clippy::print_stdout, reason = "an example that prints its figures")]

use std::process::ExitCode;

use escadre_laws::conformance::{Options, Trouble, matrix};

/// The fewest broken interpreters that show anything.
const MIN_BUGS: usize = 15;

fn main() -> Result<ExitCode, Trouble> {
    let matrix = matrix(&Options { n_generated: 2, ..Options::default() })?;
    println!("{matrix}");
    let n_empty_rows = matrix.rows().iter().filter(|row| row.found_by.is_empty()).count();
    let is_empty = |case: &&&str| matrix.rows().iter().all(|row| !row.found_by.contains(*case));
    let n_empty_columns = matrix.cases().iter().filter(is_empty).count();
    let n_found: usize = matrix.rows().iter().map(|row| row.found_by.len()).sum();
    println!("{n_empty_rows} empty rows, {n_empty_columns} empty columns, {n_found} finds");
    let is_full = matrix.missed().next().is_none() && matrix.idle().next().is_none();
    let holds = is_full && n_empty_rows + n_empty_columns == 0 && matrix.rows().len() >= MIN_BUGS;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
