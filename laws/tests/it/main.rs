//! The laws hold, what is no law does not, and each driver can tell.

mod analysis;
mod catalogue;
mod columns;
#[cfg(feature = "conformance")]
mod conformance;
mod decide;
mod implications;
mod parse;
mod pasted;
mod properties;
mod replay;
mod statements;
mod strategies;
mod trials;
