//! The coordinator zomes of `policy_store`, a module for each: one wasm, so that it is compiled once (see `ripple_coordinator`).

pub mod audit;
pub mod decisions;
pub mod policies;
pub mod revocations;
