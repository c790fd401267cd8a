//! The properties that the fuzz targets check, each an equation about any bytes.
//!
//! | target | for all bytes x |
//! |---|---|
//! | [`analysis`] | what an analysis says of two fleets that x makes is what `denote` says on every kind of device |
//! | [`selector_parse`] | parse(x) = s ⟹ parse(print(s)) = s; an error points into x |
//! | [`wire_decode`] | decode(x) = f ⟹ decode(encode(f)) = f and encode is canonical |
//! | [`nats_entries`] | a bucket that x lists is read as its last entries are; decode(x) = v ⟹ decode(encode(v)) = v |
//! | [`inventory_read`] | read(x) = i ⟹ read(write(i)) = i and ids are distinct; an error names a line of x or the whole |
//!
//! Every target is one line that calls `check`. The same files are compiled into the workspace's
//! tests, which replay the seeds in `corpus/`: a find becomes a seed, and then needs no fuzzer.

pub mod analysis;
pub mod inventory_read;
pub mod nats_entries;
pub mod selector_parse;
pub mod wire_decode;
