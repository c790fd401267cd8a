//! The programs that a reader gets for counterexamples: they compile, and the sides differ.

mod first;
mod second;
mod third;
