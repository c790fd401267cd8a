//! The text of selectors.

use escadre_algebra::kubernetes::LabelSelector;
use escadre_algebra::{Selector, label};
use proptest::prelude::*;

use super::{check, selector};

#[test]
fn and_binds_tighter_than_or_and_not_tighter_than_both() {
    check("a or b and not c or d", "a or b and !c or d");
    check("(a or b) and not (c or d)", "(a or b) and not (c or d)");
    check("not a = b, c", "a != b and c");
    check("!(a, b) or !c", "not (a and b) or !c");
    check("a and (b and c)", "a and (b and c)");
    check("((a))", "a");
    check("not not a", "a");
}

#[test]
fn tests_have_one_spelling() {
    check("x==a", "x = a");
    check("x in (b, a, b)", "x in (a, b)");
    check("x notin (a)", "x != a");
    check("x=", "x = \"\"");
    check("x >= 2", "x >= 2");
    check("firmware >= 2.1", "firmware >= 2.1.0");
    check("x > v1.2.3-rc.1", "x > 1.2.3-rc.1");
    check("x < -3", "x < -3");
    check("id() = a", "id = a");
    check("id = a", "id = a");
    check("\"id\" = a", "\"id\" = a");
    check("id() in (b, a)", "id in (a, b)");
    check("id in (b, a)", "id in (a, b)");
    check("id() notin (a) and id() != b", "id != a and id != b");
    check("all() and (none() or x)", "x");
    check("", "all()");
    check("not none()", "all()");
}

#[test]
fn quotes_allow_what_kubernetes_does_not() {
    check(r#""two words" = "a \"b\"\n""#, r#""two words" = "a \"b\"\n""#);
    check(r#""x" in ("a", "é", "")"#, r#"x in ("", a, "é")"#);
    check(r#""and" and "not""#, r#""and" and "not""#);
    check(r#"x = "\u{1f6a2}\u{7}""#, "x = \"🚢\\u{7}\"");
    let tests = |text: &str| Selector::parse(text).unwrap();
    let is = |value: &str| label("x").eq(value);
    assert!(tests(r#"x = "\n\r\t\\\"""#).same_shape(&is("\n\r\t\\\"")));
    assert!(tests(r#"x = "\u{10ffff}""#).same_shape(&is("\u{10ffff}")));
    for wrong in [r#"x = "\u{}""#, r#"x = "\u{0000041}""#, r#"x = "\u{110000}""#] {
        assert!(Selector::parse(wrong).is_err(), "{wrong}");
    }
    let error = Selector::parse(r#"x = "ab\q""#).unwrap_err().to_string();
    assert!(error.starts_with("column 8: found another escape"), "{error}");
}

#[test]
fn buckets_are_written_as_shares_or_as_points() {
    check("bucket(s) < 10%", "bucket(s) < 10%");
    check("bucket(s) in [10%, 25.5%)", "bucket(s) in [10%, 25.5%)");
    check("bucket(s) >= 90%", "bucket(s) >= 90%");
    check("bucket(s) in [0%, 100%)", "bucket(s) < 100%");
    check("bucket(s) in [5%, 5%)", "bucket(s) < 0%");
    check("not bucket(\"a b\") < 0x0000000000000007", "not bucket(\"a b\") < 0x0000000000000007");
    check("bucket(s) in [0x0123456789abcdef, 50%)", "bucket(s) in [0x0123456789abcdef, 50%)");
}

#[test]
fn words_of_the_grammar_are_labels_where_a_label_stands() {
    check("not", "\"not\"");
    check("and, or, not", "\"and\" and \"or\" and \"not\"");
    check("not and not", "\"not\" and \"not\"");
    check("not not", "!\"not\"");
    check("and and or or not in (in)", "\"and\" and \"or\" or \"not\" = in");
    check("not not in (a)", "\"not\" != a");
    check("in in (in)", "\"in\" = in");
    check("not and = a", "\"and\" != a");
    check("id = a, all = b, bucket in (c)", "id = a and all = b and bucket = c");
    check("id in (a, b)", "id in (a, b)");
    check("not x >= 2, all", "not x >= 2 and all");
}

#[test]
fn errors_point_at_the_place_and_say_what_should_stand_there() {
    let show = |text: &str| Selector::parse(text).unwrap_err().to_string();
    assert_eq!(show("x and"), "column 6: found the end, expected a label key, `not`, `!` or `(`");
    assert_eq!(show("(x or y"), "column 8: found the end, expected `and`, `or`, `,` or `)`");
    assert_eq!(show("x y"), "column 3: found `y`, expected `and`, `or`, `,` or the end");
    assert_eq!(
        show("é = a"),
        "column 1: found `é`, expected a label key (a key that Kubernetes does not allow is quoted)"
    );
    assert_eq!(
        show("x = a||b"),
        "column 5: found `a||b`, expected a value (one that Kubernetes does not allow is quoted)"
    );
    assert_eq!(
        show("x > big"),
        "column 5: found `big`, expected an integer of 64 bits or a version of at least two numbers"
    );
    assert!(show("\"x").contains("a closing one"));
    assert!(show("x = \"\\q\"").contains("another escape"));
    for text in ["x)", "x) and y", "(x)) or y"] {
        let told = show(text);
        assert!(told.ends_with("found `)`, expected `and`, `or`, `,` or the end"), "{told}");
    }
    assert!(show("bucket(s) < 101%").contains("a percentage"));
    assert!(show("bucket(s) in [20%, 10%)").contains("does not end before it starts"));
    assert!(
        show("id() = \"a b\"").starts_with("column 8: found a quoted string, expected a device")
    );
    assert!(
        show("id == \"a b\"").starts_with("column 7: found a quoted string, expected a device")
    );
    for text in ["x ! y", "x ( y", "x [ y"] {
        assert!(show(text).starts_with("column 3: found"), "{text}");
        assert!(
            show(text).ends_with("expected a comparison, `and`, `or`, `,` or the end"),
            "{text}"
        );
    }
    assert_eq!(show("bucket(a||b) < 1%"), "column 8: found `a||b`, expected a salt");
    for point in ["10", "0x00000000000000", "0x00000000000000001", "0x000000000000000g"] {
        let told = show(&format!("bucket(s) < {point}"));
        assert!(
            told.starts_with(&format!("column 13: found `{point}`, expected a perc")),
            "{told}"
        );
    }
    let error = Selector::parse("\"clé\" = = ö").unwrap_err();
    assert_eq!((error.offset(), error.column()), (9, 9));
    assert_eq!(error.pointing(), "\"clé\" = = ö\n        ^\nfound `=`, expected a value");
    assert_eq!(
        (error.input(), error.found(), error.expected()),
        ("\"clé\" = = ö", "`=`", "a value")
    );
}

#[test]
fn a_label_may_be_called_id() {
    let id = || label("id").exists();
    let cases = [
        ("id", id()),
        ("id, x = a", id() & label("x").eq("a")),
        ("not id or x", !id() | label("x").exists()),
    ];
    for (text, same) in cases {
        assert!(Selector::parse(text).unwrap().same_shape(&same), "{text}");
    }
}

#[test]
fn errors_show_forty_characters_to_both_sides_of_the_place() {
    let far = Selector::parse(&format!("{} = = {}", "x".repeat(60), "y".repeat(60))).unwrap_err();
    assert_eq!(far.pointing().lines().count(), 3);
    let (left, right) = ("x".repeat(37), "y".repeat(38));
    let caret = format!("{}^", " ".repeat(41));
    assert_eq!(
        far.pointing(),
        format!("…{left} = = {right}…\n{caret}\nfound `=`, expected a value")
    );
    // As much as is shown, and not one character more.
    let near = Selector::parse(&format!("{} = = {}", "x".repeat(37), "y".repeat(38))).unwrap_err();
    let line = format!("{} = = {}", "x".repeat(37), "y".repeat(38));
    assert_eq!(near.pointing().lines().next(), Some(line.as_str()));
    let odd = Selector::parse("x =\t\u{1}= y").unwrap_err();
    assert!(!odd.pointing().lines().next().unwrap_or_default().contains(char::is_control));
}

#[test]
fn texts_over_a_mebibyte_are_refused() {
    let error = Selector::parse(&"x".repeat((1 << 20) + 1)).unwrap_err();
    assert!(error.to_string().ends_with("expected a text of at most 1 MiB"));
    let longest = format!("x{}", " ".repeat((1 << 20) - 1));
    assert!(Selector::parse(&longest).unwrap().same_shape(&label("x").exists()));
}

#[test]
fn no_device_has_an_empty_id_in_either_grammar() {
    for text in ["id=", "(id=)", "(id in (,))", "id notin (a,)", "(id notin (a,))"] {
        let selector = Selector::parse(text).unwrap();
        let other = Selector::parse(&format!("(({text}))")).unwrap();
        assert!(selector.same_shape(&other), "{text}: {selector} and {other}");
    }
}

#[test]
fn a_selector_with_problems_has_a_text_that_does_not_parse() {
    let text = label("").exists().to_string();
    assert!(text.starts_with("invalid(\""));
    assert!(Selector::parse(&text).is_err());
}

/// Texts made of the words of both grammars.
fn words() -> impl Strategy<Value = String> {
    let words = vec![
        "a",
        "b",
        "in",
        "notin",
        "and",
        "or",
        "not",
        "all",
        "id",
        "bucket",
        "(",
        ")",
        ",",
        "=",
        "==",
        "!=",
        "!",
        ">",
        "<",
        ">=",
        "<=",
        "1",
        "2.1",
        "10%",
        "[",
        "\"",
        "\"x\"",
        " ",
        " ",
        "é",
        "x/y",
        "0x0123456789abcdef",
        "\0",
        "\t",
        "\\",
        "()",
        " in (",
        " = ",
        ", ",
    ];
    prop::collection::vec(prop::sample::select(words), 0..14).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn a_selector_is_read_back_from_its_text(s in selector()) {
        let text = s.to_string();
        let back = Selector::parse(&text).map_err(|e| TestCaseError::fail(e.pointing()))?;
        prop_assert!(back.same_shape(&s), "{} became {}", text, back);
        prop_assert_eq!(back.to_string(), text);
    }

    #[test]
    fn parsing_never_panics(text in prop_oneof![words(), ".{0,40}"]) {
        match Selector::parse(&text) {
            Ok(s) => prop_assert!(s.to_string().parse::<Selector>().unwrap().same_shape(&s)),
            Err(e) => {
                prop_assert!(text.is_char_boundary(e.offset()));
                prop_assert_eq!(e.pointing().lines().count(), 3);
            }
        }
    }

    #[test]
    fn the_extended_grammar_agrees_with_kubernetes(text in words()) {
        prop_assume!(!text.contains('\0'));
        if LabelSelector::parse(&text).is_ok() {
            // In parentheses a text is read by the extended grammar.
            let text = if text.trim().is_empty() { "all()".to_owned() } else { text };
            let extended = Selector::parse(&format!("({text})")).unwrap();
            prop_assert!(extended.same_shape(&Selector::parse(&text).unwrap()));
        }
    }
}
