//! Decides the whole catalogue and tells how long that takes, beside trying the same laws on every
//! fleet of a small universe.
//!
//! It fails if a law is refuted or a non-law is proved, and, optimised, if deciding takes a second.

#![expect(clippy::print_stdout, reason = "an example that prints its figures")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use escadre_laws::{
    Catalogue, Condition, Judgement, Trial, Verdict, catalogue, decide, decide_implication, exhaust,
};

/// The time that deciding the whole catalogue may take.
const LIMIT: Duration = Duration::from_secs(1);

/// What was decided.
#[derive(Default)]
struct Decided {
    n_cases: usize,
    wrong: Vec<String>,
}

fn main() -> ExitCode {
    let c = catalogue();
    let start = Instant::now();
    let decided = decide_all(c);
    let taken = start.elapsed();
    let start = Instant::now();
    let n_assignments: usize = c
        .laws
        .iter()
        .map(|law| match exhaust(&law.equation, &law.condition) {
            Trial::Agree { n_tried } => n_tried,
            Trial::Differ(_) | Trial::GivenUp { .. } => 0,
        })
        .sum();
    let exhausting = start.elapsed();
    for wrong in &decided.wrong {
        println!("{wrong}");
    }
    println!(
        "{} laws, {} non-laws and {} implications: {} cases of the laws and implications that hold",
        c.laws.len(),
        c.non_laws.len(),
        c.consequences.len(),
        decided.n_cases
    );
    println!(
        "exhausting the same laws takes {n_assignments} assignments and {:.0} ms",
        milliseconds(exhausting)
    );
    println!(
        "decided in {:.1} ms, ×{:.3} of that",
        milliseconds(taken),
        taken.as_secs_f64() / exhausting.as_secs_f64()
    );
    let is_fast = taken < LIMIT;
    if cfg!(debug_assertions) {
        println!("this program is not optimised, so it claims nothing about time");
    } else if !is_fast {
        println!("deciding takes {} ms or more", LIMIT.as_millis());
    }
    let holds = decided.wrong.is_empty() && !c.laws.is_empty();
    if holds && (is_fast || cfg!(debug_assertions)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Decides every law, non-law and implication.
fn decide_all(catalogue: &Catalogue) -> Decided {
    let mut decided = Decided::default();
    for law in &catalogue.laws {
        match decide(&law.equation, &law.condition) {
            Verdict::Proved { n_cases } => decided.n_cases += n_cases,
            Verdict::Refuted(counterexample) => {
                decided.wrong.push(format!("{} is refuted: {counterexample}", law.id));
            }
        }
    }
    for law in &catalogue.non_laws {
        if decide(&law.equation, &Condition::default()).holds() {
            decided.wrong.push(format!("{} is proved, and should not hold", law.id));
        }
    }
    for law in &catalogue.consequences {
        match (decide_implication(&law.implication), law.holds()) {
            (Judgement::Proved { n_cases }, true) => decided.n_cases += n_cases,
            (Judgement::Refuted(_), false) => {}
            (Judgement::Refuted(premises), true) => {
                decided.wrong.push(format!("{} is refuted: {premises}", law.id));
            }
            (Judgement::Proved { .. }, false) => {
                decided.wrong.push(format!("{} is proved, and should not hold", law.id));
            }
        }
    }
    decided
}
