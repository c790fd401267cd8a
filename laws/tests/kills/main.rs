//! Every law notices some mistake in the meaning, and every mistake is noticed by some law.

#![expect(clippy::print_stdout, reason = "a test prints its seed")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::HashSet;
use std::path::Path;
use std::sync::OnceLock;

use escadre_algebra::mutant::Mutant;
use escadre_laws::{
    Driver, Implication, Judgement, KillMatrix, Law, catalogue, control, decide,
    decide_implication, kill_matrix, kill_sampling,
};

/// The matrix, made once for all tests.
fn matrix() -> &'static KillMatrix {
    static MATRIX: OnceLock<KillMatrix> = OnceLock::new();
    MATRIX.get_or_init(|| {
        let sampling = kill_sampling();
        println!("sampled with seed {}, {} cases each", sampling.seed, sampling.n_cases);
        kill_matrix(&sampling).unwrap()
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
    let tried: Vec<&str> = matrix().columns().map(|(mutant, _)| mutant.name()).collect();
    assert_eq!(tried, Mutant::ALL.iter().map(|mutant| mutant.name()).collect::<Vec<_>>());
    assert_eq!(matrix().missing().count(), 0);
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
    let c = catalogue();
    let (mut unreal, mut n_laws, mut n_implications) = (Vec::new(), 0, 0);
    for (mutant, killed) in matrix().columns() {
        for (id, _) in killed.filter(|(_, driver)| *driver == Driver::Decided) {
            let is_real = if let Some(law) = c.laws.iter().find(|law| law.id == id) {
                n_laws += 1;
                mutant.with(|| is_real(law))
            } else {
                let law = c.consequences.iter().find(|law| law.id == id).unwrap();
                n_implications += 1;
                mutant.with(|| is_real_implication(&law.implication))
            };
            if !is_real {
                unreal.push((mutant.name(), id));
            }
        }
    }
    println!("{n_laws} laws and {n_implications} implications were decided not to hold");
    assert!(unreal.is_empty(), "`denote` has these not as the procedure has them: {unreal:?}");
    assert!(n_laws > 0 && n_implications > 0);
}

/// Whether the sides differ through `denote` where the procedure says so.
fn is_real(law: &Law) -> bool {
    let verdict = decide(&law.equation, &law.condition);
    let (values, devices) = verdict.counterexample().unwrap().to_fleets();
    values.difference(&law.equation, &devices).is_some()
}

/// Whether, through `denote`, the premises hold and the conclusion does not where the procedure
/// says so.
fn is_real_implication(implication: &Implication) -> bool {
    let Judgement::Refuted(premises) = decide_implication(implication) else { return false };
    let (values, devices) = premises.to_fleets();
    implication.is_refuted_by(&values, &devices)
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
