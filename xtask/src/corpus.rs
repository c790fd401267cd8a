//! The seeds of the fuzz targets, replayed by plain `cargo test`.

#[expect(unreachable_pub, reason = "the fuzz targets call it from another crate")]
#[path = "../../fuzz/src/analysis.rs"]
mod analysis;
#[expect(unreachable_pub, reason = "the fuzz targets call it from another crate")]
#[path = "../../fuzz/src/inventory_read.rs"]
mod inventory_read;
#[expect(unreachable_pub, reason = "the fuzz targets call it from another crate")]
#[path = "../../fuzz/src/selector_parse.rs"]
mod selector_parse;
#[expect(unreachable_pub, reason = "the fuzz targets call it from another crate")]
#[path = "../../fuzz/src/wire_decode.rs"]
mod wire_decode;

use std::path::Path;

/// Runs `check` on every seed of a target; a failing assertion follows the seed's name.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut n_seeds = 0;
    for seed in std::fs::read_dir(&folder).unwrap() {
        let seed = seed.unwrap().path();
        println!("{}", seed.display());
        check(&std::fs::read(&seed).unwrap());
        n_seeds += 1;
    }
    assert!(n_seeds > 0, "{target} has no seeds");
}

#[test]
fn every_seed_of_analysis_holds() {
    replay("analysis", analysis::check);
}

#[test]
fn every_seed_of_selector_parse_holds() {
    replay("selector_parse", selector_parse::check);
}

#[test]
fn every_seed_of_inventory_read_holds() {
    replay("inventory_read", inventory_read::check);
}

#[test]
fn every_seed_of_wire_decode_holds() {
    replay("wire_decode", wire_decode::check);
}
