use super::*;

#[test]
fn csv_columns_are_labels_and_empty_cells_are_absent() {
    let text = "role,id,site name\r\ncamera,b,\"Lyon, \"\"Est\"\"\"\r\n\r\n,a,\"two\nlines\"\r\n";
    let expect = [
        Facts::of("a", [("site name", "two\nlines")]).unwrap(),
        Facts::of("b", [("role", "camera"), ("site name", "Lyon, \"Est\"")]).unwrap(),
    ];
    let found = found("x.csv", text);
    assert_eq!(found.inventory.devices(), expect);
    assert_eq!((found.format, found.n_lines), (Format::Csv, 5));
}

#[test]
fn csv_mistakes_are_named_by_line_and_column() {
    check(
        "x.csv",
        "id,role\na,\"x\"y\nb\nc,d\"e\n\"two words\",\na,\nf,\"open\n",
        "x.csv:2:6: expected `,` after a quoted cell (and 4 more bad lines)\n\
         line 3, column 1: the row has 1 cell, but the header has 2\n\
         line 4, column 4: a cell with a quote must be quoted, and the quote doubled\n\
         line 5, column 2: `two words` is not a device id: it must have no white space and no \
         control characters\n\
         line 7, column 3: this quote is never closed\n\
         > a,\"x\"y\n\
         >      ^",
    );
    check(
        "x.csv",
        "id,role\na,\na,\n",
        "x.csv:3:1: the device `a` is listed twice, first on line 2\n> a,\n> ^",
    );
}

#[test]
fn csv_headers_are_checked_before_any_row() {
    check(
        "x.csv",
        "id,role,role\na\nb\n",
        "x.csv:1:9: the column `role` is given twice\n> id,role,role\n>         ^^^^",
    );
    check(
        "x.csv",
        "id, role\na,b\n",
        "x.csv:1:4: ` role` is not a label key: it must have no control characters and no white \
         space at its ends\n> id, role\n>    ^^^^^",
    );
    check(
        "x.csv",
        "id;role\na;b\n",
        "x.csv:1:1: the header has no column `id` (cells are separated by `,`, not by `;`)\n\
         > id;role\n> ^^^^^^^",
    );
}

#[test]
fn a_column_without_a_name_is_named_by_its_number() {
    check("x.csv", "id,role,\na,b,\n", "x.csv:1:9: column 3 has no name\n> id,role,\n>         ^");
}

#[test]
fn utf_16_is_recognised() {
    for mark in [b"\xff\xfe", b"\xfe\xff"] {
        let error = refused("x.csv", [&mark[..], b"i\0d\0\n\0"].concat());
        assert!(error.to_string().starts_with("x.csv: it is UTF-16: expected UTF-8"), "{error}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(devices("x.csv", "\u{feff}id\na\n"), [Facts::of("a", []).unwrap()]);
    assert_eq!(devices("x.jsonl", "\u{feff}{\"id\": \"a\"}"), [Facts::of("a", []).unwrap()]);
}

#[test]
fn a_stray_quote_does_not_swallow_the_rows_after_it() {
    let error = refused("x.csv", "id,size\na,5\" pipe\nb,ok\nc,6\" pipe\n");
    let lines: Vec<_> = error.errors().iter().map(BadLine::line).collect();
    assert_eq!(lines, [Some(2), Some(4)]);
}
