//! The entries of Ripple's DNAs and the pure rules that decide what may be written.
//!
//! Everything here is deterministic and free of host functions, so the same code runs in the integrity zomes, in
//! plain `cargo test`, and as `workdir/rules.wasm` in the simulator, the verifier and the page.
//!
//! Hashes are written as base64 strings and digests as lower-case hex, so an entry is the same plain document in
//! msgpack, JSON, Rust and TypeScript, and no border needs a conversion.

pub mod agent_registry;
pub mod artifact_index;
pub mod check;
pub mod digest;
pub mod limits;
pub mod membrane;
pub mod memory_shards;
pub mod policy_store;
#[cfg(feature = "receipt")]
pub mod receipt;
pub mod resource_mesh;
#[cfg(test)]
mod sample;
pub mod signed;
pub mod written;

pub use digest::Digest;
pub use holo_hash::{ActionHash, ActionHashB64, AgentPubKey, AgentPubKeyB64, DnaHash, DnaHashB64};
pub use written::Written;
