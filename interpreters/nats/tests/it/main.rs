//! Tests on real servers: the contract, the fence, crashes, hostile data.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what tests are built from is sound, or the test fails"
)]

mod agent;
mod agent_kills;
mod attempts;
mod between;
mod cluster;
mod conformance;
mod connect;
mod corpus;
mod crashes;
mod devices;
mod disk;
mod failures;
mod fences;
mod hostile;
mod jwt;
mod least;
mod lies;
mod listing;
mod model;
mod names;
mod operator_mode;
mod permissions;
mod roundabout;
mod servers;
mod status;
mod support;
mod unfit;
