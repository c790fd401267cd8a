//! Fleets that more than one example uses.

pub mod cameras;
pub mod gpu;
pub mod stage;
pub mod weather;
