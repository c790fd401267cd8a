//! The command line as people meet it.

mod pipes;
mod program;
mod same;
mod transcripts;
mod worlds;
