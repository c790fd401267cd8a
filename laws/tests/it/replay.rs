//! The corpus that Coq computed.

use escadre_laws::replay;

#[test]
fn every_verdict_and_value_is_that_of_coq() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/equations.jsonl");
    let corpus = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let replayed = replay(&corpus).unwrap();
    println!("{replayed:?}");
    assert!(replayed.n_valid >= 4_000 && replayed.n_invalid >= 4_000, "{replayed:?}");
    let n_equations = replayed.n_valid + replayed.n_invalid;
    assert!(n_equations >= 10_000, "{replayed:?}");
    assert_eq!(n_equations, corpus.lines().count());
    // Each equation has one point, and two sides there.
    assert_eq!(replayed.n_values, 2 * n_equations);
}

#[test]
fn a_wrong_verdict_or_value_is_noticed() {
    let line = |valid: bool, right: &str| {
        format!(
            r#"{{"left":"a overlay b","right":"b overlay a","valid":{valid},"points":[{{"vars":"NN","sels":"","paths":"","left":"{{b}}","right":"{right}"}}]}}"#
        )
    };
    assert!(replay(&line(false, "{a}")).is_ok());
    let error = replay(&line(true, "{a}")).unwrap_err().to_string();
    assert_eq!(error, "in line 1 of the corpus, Coq proves a ⊕ b = b ⊕ a, and Rust refutes it");
    let error = replay(&line(false, "{a,b}")).unwrap_err().to_string();
    assert!(error.contains("Coq computes {a,b}, and Rust {a}"), "{error}");
    assert!(replay("{}").is_err());
    for points in [r#","points":[]"#, ""] {
        let line = format!(r#"{{"left":"a","right":"b","valid":false{points}}}"#);
        let error = replay(&line).unwrap_err().to_string();
        assert_eq!(
            error,
            "in line 1 of the corpus, there is no point at which values are compared"
        );
    }
}
