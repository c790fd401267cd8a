//! Writing is a right inverse of reading, in every format.

use escadre_interpreter::inventory::{BadLine, Format, ReadOptions, read, write_jsonl};

/// read(x) = i ⟹ ids are distinct and read(write(i)) = i; an error says at least one thing, and a
/// line that it names is a line of x.
pub fn check(bytes: &[u8]) {
    let detected = ReadOptions::default();
    let formats = [Format::JsonLines, Format::Csv, Format::Kubernetes];
    let given = formats.map(|format| ReadOptions::default().format(format));
    for options in std::iter::once(detected).chain(given) {
        check_as(bytes, &options);
    }
}

fn check_as(bytes: &[u8], options: &ReadOptions) {
    let inventory = match read("fuzz", bytes, options) {
        Ok(found) => found.inventory,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let n_lines = bytes.split(|byte| *byte == b'\n').count() as u64;
            let named = error.errors().iter().filter_map(BadLine::line);
            for line in named {
                assert!((1..=n_lines).contains(&line), "line {line} of {n_lines}: {error}");
            }
            return;
        }
    };
    for pair in inventory.devices().windows(2) {
        assert!(pair[0].id() < pair[1].id(), "ids are sorted and distinct");
    }
    let mut written = Vec::new();
    write_jsonl(&inventory, &mut written).expect("a vector takes all bytes");
    let again =
        read("written", written.as_slice(), &ReadOptions::default().format(Format::JsonLines));
    let again = again.expect("what was written can be read").inventory;
    assert_eq!(inventory.coverage(), again.coverage());
    assert_eq!(inventory.digest(), again.digest());
}
