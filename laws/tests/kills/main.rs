//! Every law notices some mistake in the meaning, and every mistake is noticed by some law.

#![expect(clippy::print_stdout, reason = "a test prints its seed")]

use std::collections::HashSet;
use std::path::Path;
use std::sync::OnceLock;

use escadre_algebra::mutant::Mutant;
use escadre_laws::{Driver, KillMatrix, catalogue, control, decide, kill_matrix, kill_sampling};

/// The matrix, made once for all tests.
fn matrix() -> &'static KillMatrix {
    static MATRIX: OnceLock<KillMatrix> = OnceLock::new();
    MATRIX.get_or_init(|| {
        let sampling = kill_sampling();
        println!("sampled with seed {}, {} cases each", sampling.seed, sampling.n_cases);
        kill_matrix(&sampling)
    })
}

#[test]
fn without_a_mutant_everything_holds() {
    assert_eq!(control(&kill_sampling()), [""; 0]);
}

#[test]
fn every_mutant_is_noticed() {
    let alive: Vec<&str> = matrix().alive().map(Mutant::name).collect();
    assert!(alive.is_empty(), "no law notices {alive:?}");
    assert_eq!(matrix().columns().count(), Mutant::ALL.len());
    assert!(Mutant::ALL.len() >= 40);
}

#[test]
fn every_law_notices_a_mutant() {
    let idle: Vec<&str> = matrix().idle().collect();
    assert!(idle.is_empty(), "nothing is noticed by {idle:?}");
}

#[test]
fn the_table_of_kills_is_current() {
    let (path, expected) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("kills.tsv"), matrix().tsv());
    if std::env::var_os("ESCADRE_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "laws/kills.tsv is not current: run with ESCADRE_BLESS=1");
}

#[test]
fn what_the_procedure_notices_is_real() {
    let mut unreal = Vec::new();
    for (mutant, killed) in matrix().columns() {
        for (id, driver) in killed {
            let law = catalogue().laws.iter().find(|law| law.id == id);
            let Some(law) = law.filter(|_| driver == Driver::Decided) else { continue };
            let is_real = mutant.with(|| {
                let verdict = decide(&law.equation, &law.condition);
                let (values, devices) = verdict.counterexample().unwrap().to_fleets();
                values.difference(&law.equation, &devices).is_some()
            });
            if !is_real {
                unreal.push((mutant.name(), id));
            }
        }
    }
    assert!(unreal.is_empty(), "`denote` has these not as the procedure has them: {unreal:?}");
}

#[test]
fn every_mutant_has_a_name_of_its_own_and_says_what_goes_wrong() {
    let names: HashSet<&str> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
    assert_eq!(names.len(), Mutant::ALL.len());
    assert!(Mutant::ALL.iter().all(|mutant| mutant.says().ends_with('.')));
}

#[test]
fn a_mutant_is_off_again_after_a_panic() {
    let broken = std::panic::catch_unwind(|| {
        Mutant::UnionOverlays.with(|| std::panic::resume_unwind(Box::new("broken")))
    });
    assert!(broken.is_err());
    assert_eq!(Mutant::current(), None);
}
