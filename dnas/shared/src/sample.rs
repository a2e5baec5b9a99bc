//! Hashes for tests.

use crate::{ActionHash, AgentPubKey, DnaHash};

/// An agent key that differs with `n`.
pub fn agent(n: u8) -> AgentPubKey {
    AgentPubKey::from_raw_36(vec![n; 36])
}

/// An action hash that differs with `n`.
pub fn action(n: u8) -> ActionHash {
    ActionHash::from_raw_36(vec![n; 36])
}

/// A network that differs with `n`.
pub fn dna(n: u8) -> DnaHash {
    DnaHash::from_raw_36(vec![n; 36])
}
