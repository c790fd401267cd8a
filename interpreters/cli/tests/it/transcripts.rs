//! Transcripts in `tests/cmd`; `TRYCMD=overwrite` rewrites them, to be reviewed.
//!
//! Each runs in `tests/fixtures`, which `NAME.in` points to; in a fresh copy of it where there is a `NAME.out`.

use crate::program::{ESCADRE, cameras};

#[test]
fn transcripts_are_what_the_programs_print() {
    trycmd::TestCases::new()
        .register_bin("escadre", std::path::Path::new(ESCADRE))
        .register_bin("cameras", cameras().as_path())
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}
