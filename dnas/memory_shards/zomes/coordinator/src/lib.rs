//! The coordinator zomes of `memory_shards`, a module for each: one wasm, so that it is compiled once (see `ripple_coordinator`).

pub mod routing;
pub mod shards;
pub mod sync;
