//! The conformance suite on the reference interpreter, and on broken ones.

use escadre_laws::conformance::{
    Bug, Options, ReferenceBench, Report, Verdict, cases, drive, matrix, run,
};

#[expect(clippy::unwrap_used, reason = "the bench always makes a target, or the test fails")]
fn report(bench: &mut ReferenceBench, options: &Options) -> Report {
    drive(run(bench, options)).unwrap()
}

#[test]
fn the_reference_interpreter_keeps_the_whole_contract() {
    let report = report(
        &mut ReferenceBench::new(),
        &Options { seed: 7, n_generated: 40, ..Options::default() },
    );
    println!("{report}");
    // It holds no notes, so it does not declare to be exact.
    assert_eq!((report.failures().count(), report.n_not_run()), (0, 1), "{report}");
    assert_eq!(report.n_passed(), cases::<ReferenceBench>().len() - 1);
    assert!(report.refused().is_empty());
}

#[test]
fn each_bug_is_found_by_the_case_meant_for_it_and_each_case_finds_one() {
    let matrix = matrix(&Options { n_generated: 2, ..Options::default() }).unwrap();
    println!("{matrix}");
    assert_eq!(matrix.missed().collect::<Vec<_>>(), [], "{matrix}");
    assert_eq!(matrix.idle().collect::<Vec<_>>(), [""; 0], "{matrix}");
    assert!(matrix.rows().len() >= 15);
}

#[test]
fn a_failure_names_devices_and_fields_and_the_fleet_to_try_it_with() {
    let report = report(&mut ReferenceBench::broken(Bug::LiftsNumbersAsText), &Options::default());
    let (name, failure) = report.failures().next().unwrap();
    assert_eq!(name, "round trip");
    assert!(
        failure.differences()[0].ends_with("motd.version: \"1\", and should be 1"),
        "{failure}"
    );
    let input = failure.input().unwrap();
    let fleet = escadre_algebra::Fleet::decode(input.fleet.as_bytes()).unwrap();
    assert!(fleet.problems().is_empty());
    assert!(input.inventory.contains("\"d000\"") && report.to_string().contains(&input.name));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["entries"][0]["verdict"], "failed", "{json}");
}

#[test]
fn what_is_not_declared_is_not_run_and_the_report_says_why() {
    use escadre_laws::conformance::{Bench, Reference, Trouble};
    struct Bare;
    impl Bench for Bare {
        type I = Reference;
        async fn fresh(&mut self, _: &escadre_algebra::Inventory) -> Result<Reference, Trouble> {
            Ok(Reference::new())
        }
    }
    let report = drive(run(&mut Bare, &Options::default())).unwrap();
    assert!(report.is_conforming(), "{report}");
    let not_run: Vec<_> = report
        .entries()
        .iter()
        .filter_map(|entry| match &entry.verdict {
            Verdict::NotRun { reason } => Some((entry.name, reason.as_str())),
            _ => None,
        })
        .collect();
    assert!(not_run.contains(&("convergence", "the bench cannot kill a controller")), "{report}");
    assert_eq!(not_run.len(), report.n_not_run());
    assert_eq!(not_run.len(), 11, "{report}");
}

#[test]
fn the_same_seed_tries_the_same() {
    let options = Options { seed: 3, n_generated: 3, ..Options::default() };
    let [one, two] = [(); 2].map(|()| report(&mut ReferenceBench::new(), &options));
    assert_eq!(one, two);
}

#[test]
fn a_run_may_be_of_few_inputs_and_few_cases() {
    let only = vec!["dry run".to_owned(), "round trip".to_owned()];
    let options = Options { max_inputs: 3, only, ..Options::default() };
    let report = report(&mut ReferenceBench::new(), &options);
    let tried: Vec<_> = report.entries().iter().map(|e| (e.name, e.verdict.clone())).collect();
    let passed = |n_tried| Verdict::Passed { n_tried };
    assert_eq!(tried, [("round trip", passed(3)), ("dry run", passed(4))], "{report}");
}
