//! The command line as people meet it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cluster;
mod git;
mod import;
mod kubernetes;
mod nats;
mod operator;
mod pipes;
mod program;
mod reviews;
mod same;
mod transcripts;
mod worlds;
