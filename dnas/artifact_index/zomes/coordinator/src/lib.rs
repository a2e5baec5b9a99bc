//! The coordinator zomes of `artifact_index`, a module for each: one wasm, so that it is compiled once (see `ripple_coordinator`).

pub mod artifacts;
pub mod provenance;
pub mod replication;
