//! The seeds of the fuzz target `nats_entries`, replayed.

#[expect(unreachable_pub, reason = "the fuzz target calls it from another crate")]
#[expect(clippy::expect_used, reason = "it fails by panicking")]
#[path = "../../../../fuzz/src/nats_entries.rs"]
mod nats_entries;

#[test]
fn every_seed_of_nats_entries_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/nats_entries");
    let mut n_seeds = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        let seed = seed.unwrap().path();
        println!("{}", seed.display());
        nats_entries::check(&std::fs::read(&seed).unwrap());
        n_seeds += 1;
    }
    assert!(n_seeds > 0, "nats_entries has no seeds");
}
