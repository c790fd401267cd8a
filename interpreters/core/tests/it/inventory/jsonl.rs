use super::*;

#[test]
fn a_line_is_a_device_and_blank_lines_are_skipped() {
    let text = "\n{\"id\": \"b\"}\n   \n{\"labels\": {\"role\": \"camera\"}, \"id\": \"a\"}";
    let expect = [Facts::of("a", [("role", "camera")]).unwrap(), Facts::of("b", []).unwrap()];
    assert_eq!(devices("x.jsonl", text), expect);
    let found = found("x.jsonl", text);
    assert_eq!((found.format, found.n_lines), (Format::JsonLines, 4));
    assert_eq!(found.inventory.coverage(), Coverage::Complete);
}

#[test]
fn null_is_unknown_and_unlisted_labels_may_be_too() {
    let text = r#"{"id": "a", "labels": {"site": null}, "unlisted": "unknown"}
                  {"id": "b", "labels": {"site": null}, "unlisted": "absent"}"#;
    let all = devices("x.jsonl", text);
    assert_eq!(all[0].label("site"), Knowledge::Unknown);
    assert_eq!(all[0].label("gpu"), Knowledge::Unknown);
    assert_eq!(all[1].label("site"), Knowledge::Unknown);
    assert_eq!(all[1].label("gpu"), Knowledge::Absent);
}

#[test]
fn numbers_and_booleans_are_labels_by_their_spelling() {
    let text = r#"{"id": "a", "labels": {"i": -3, "u": 18446744073709551615, "t": true, "f":2.5 , "e": ""}}"#;
    let device = &devices("x.jsonl", text)[0];
    for (key, value) in
        [("i", "-3"), ("u", "18446744073709551615"), ("t", "true"), ("f", "2.5"), ("e", "")]
    {
        assert_eq!(device.label(key), Knowledge::Known(value), "{key}");
    }
}

#[test]
fn a_number_that_would_lose_its_spelling_is_refused() {
    for number in ["2.50", "1e3", "18446744073709551616", "0.1e1", "1.0"] {
        let error = refused("x.jsonl", format!(r#"{{"id": "a", "labels": {{"n": {number}}}}}"#));
        assert_eq!(
            error.message(),
            "the label `n` is a number whose spelling would be lost: write it as a string"
        );
    }
}

#[test]
fn arrays_and_objects_are_no_labels() {
    check(
        "x.jsonl",
        "{\"id\": \"a\", \"labels\": {\"tags\": [1, [2]]}}\n{\"id\": \"b\", \"labels\": {\"o\": {}}}",
        "x.jsonl:1:25: the label `tags` is an array: expected a string, an integer, a boolean or \
         null (and 1 more bad line)\n\
         line 2, column 25: the label `o` is an object: expected a string, an integer, a boolean \
         or null\n\
         > {\"id\": \"a\", \"labels\": {\"tags\": [1, [2]]}}\n\
         >                         ^^^^",
    );
}

#[test]
fn reported_names_the_labels_that_a_device_reports_itself() {
    let text =
        r#"{"id": "a", "reported": ["fw", "os"], "labels": {"os": null, "fw": "2", "x": ""}}"#;
    let device = &devices("x.jsonl", text)[0];
    let reported: Vec<_> = device
        .labels()
        .iter()
        .filter(|l| l.attestation == Attestation::Reported)
        .map(|l| l.key.as_str())
        .collect();
    assert_eq!(reported, ["fw", "os"]);
    check(
        "x.jsonl",
        r#"{"id": "a", "labels": {}, "reported": ["fw"]}"#,
        "x.jsonl:1:41: `reported` names `fw`, which is no label of this line\n\
         > {\"id\": \"a\", \"labels\": {}, \"reported\": [\"fw\"]}\n\
         >                                         ^^",
    );
}

#[test]
fn unknown_fields_say_what_is_expected() {
    check(
        "x.jsonl",
        r#"{"id": "a", "lables": {}}"#,
        "x.jsonl:1:20: unknown field `lables`, expected one of `id`, `labels`, `reported`, \
         `unlisted`, `coverage`\n\
         > {\"id\": \"a\", \"lables\": {}}\n\
         >                    ^",
    );
}

#[test]
fn a_label_given_twice_is_refused_even_with_escapes() {
    check(
        "x.jsonl",
        r#"{"id": "a", "labels": {"k": "1", "j": "", "k": "1"}}"#,
        "x.jsonl:1:44: the label `k` is given twice\n\
         > {\"id\": \"a\", \"labels\": {\"k\": \"1\", \"j\": \"\", \"k\": \"1\"}}\n\
         >                                            ^",
    );
    let error = refused("x.jsonl", r#"{"id": "a", "labels": {"k": "1", "\u006b": "2"}}"#);
    assert_eq!(error.message(), "the label `k` is given twice");
}

#[test]
fn a_device_listed_twice_names_both_lines() {
    check(
        "x.jsonl",
        "{\"id\": \"b\"}\n{\"id\": \"a\"}\n{\"id\": \"c\"}\n{\"id\": \"a\"}\n",
        "x.jsonl:4:9: the device `a` is listed twice, first on line 2\n\
         > {\"id\": \"a\"}\n\
         >         ^",
    );
    let sorted = refused("x.jsonl", "{\"id\": \"a\"}\n{\"id\": \"a\"}");
    assert_eq!(sorted.message(), "the device `a` is listed twice, first on line 1");
}

#[test]
fn ids_with_control_characters_are_refused_with_the_rule() {
    let error = refused("x.jsonl", r#"{"id": "a\u0000b"}"#);
    assert_eq!(
        error.message(),
        "`a\0b` is not a device id: it must have no white space and no control characters"
    );
    check(
        "x.jsonl",
        r#"{"id": "", "labels": {}}"#,
        "x.jsonl:1:9: `` is not a device id: it must have 1 to 253 bytes\n\
         > {\"id\": \"\", \"labels\": {}}\n\
         >         ^",
    );
}

#[test]
fn a_line_without_an_object_or_an_id_is_refused() {
    let error = refused("x.jsonl", "[\"a\"]\n{\"labels\": {}}\n7\n{\"id\": null}\n{\"id\": 7}");
    let messages: Vec<_> = error.errors().iter().map(BadLine::message).collect();
    assert_eq!(
        messages,
        [
            "expected an object with `id` and `labels`",
            "the line has no `id`",
            "expected an object with `id` and `labels`",
            "the line has no `id`",
            "invalid type: integer `7`, expected a string",
        ]
    );
}

#[test]
fn a_cut_off_last_line_is_named() {
    check(
        "x.jsonl",
        "{\"id\": \"a\"}\n{\"id\": \"b\", \"labels\": {\"ro",
        "x.jsonl:2:26: the last line is cut off: EOF while parsing a string\n\
         > {\"id\": \"b\", \"labels\": {\"ro\n\
         >                          ^",
    );
}

#[test]
fn bytes_that_are_no_utf8_are_named() {
    check(
        "x.jsonl",
        b"{\"id\": \"a\"}\n{\"id\": \"caf\xe9\"}\n",
        "x.jsonl:2:12: the line is not UTF-8: it has the byte 0xe9\n\
         > {\"id\": \"caf\u{fffd}\"}\n\
         >            ^",
    );
}

#[test]
fn twenty_bad_lines_are_kept_and_all_are_counted() {
    let error = refused("x.jsonl", "{\"id\": 1}\n".repeat(50));
    assert_eq!((error.errors().len(), error.n_bad()), (20, 50));
    assert_eq!(error.errors()[19].line(), Some(20));
    assert!(error.to_string().ends_with(" (and 49 more bad lines)"), "{error}");
    assert_eq!((error.source_name(), error.line(), error.column()), ("x.jsonl", Some(1), Some(8)));
}

#[test]
fn long_lines_are_quoted_around_the_mistake() {
    let labels: Vec<_> = (0..500).map(|i| format!("\"k{i}é\": \"ü\"")).collect();
    let text =
        format!(r#"{{"id": "a", "labels": {{{}, "x": [], "y": {}}}}}"#, labels.join(", "), 1);
    let error = refused("x.jsonl", &text);
    let (line, span) = error.snippet().unwrap();
    assert_eq!(&line[span], "x");
    assert!(line.starts_with('…') && line.len() < 200, "{line}");
    assert!(error.column().unwrap() > 5_000);
}

#[test]
fn a_line_longer_than_the_limit_is_refused_and_the_next_is_read() {
    let long = io::repeat(b' ').take(17 << 20);
    let text = BufReader::new(long.chain("\n{\"id\": 7}\n".as_bytes()));
    let error = read("x", text, &ReadOptions::default().format(Format::JsonLines)).unwrap_err();
    // A text that starts with this much blank is judged by its lines.
    assert_eq!(error.errors()[0].to_string(), "line 1: the line is longer than 16 MiB");
    assert_eq!(error.errors()[1].line(), Some(2));
}

#[test]
fn a_line_of_many_labels_stays_linear() {
    let labels: Vec<_> = (0..200_000).rev().map(|i| format!("\"k{i:06}\": \"v\"")).collect();
    let device =
        devices("x.jsonl", &format!(r#"{{"id": "a", "labels": {{{}}}}}"#, labels.join(",")));
    assert_eq!(device[0].labels().len(), 200_000);
}

#[test]
fn a_line_of_coverage_makes_the_inventory_partial() {
    let text = "{\"coverage\": \"partial\"}\n{\"id\": \"a\"}";
    assert_eq!(found("x.jsonl", text).inventory.coverage(), Coverage::Partial);
    let complete = ReadOptions::default().coverage(Coverage::Complete);
    let still = read("x.jsonl", text.as_bytes(), &complete).unwrap();
    assert_eq!(still.inventory.coverage(), Coverage::Partial);
    assert_eq!(
        refused("x.jsonl", r#"{"coverage": "partial", "id": "a"}"#).message(),
        "`coverage` stands on a line of its own"
    );
    assert!(found("x.jsonl", r#"{"coverage": "complete"}"#).inventory.is_empty());
}
