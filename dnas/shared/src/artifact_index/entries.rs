//! The immutable entries of `artifact_index`.

use crate::{ActionHashB64, AgentPubKeyB64, Digest, DnaHashB64};
use serde::{Deserialize, Serialize};

/// Content that somebody put on IPFS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Artifact {
    /// The network that the artifact belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// CID of what is pinned: the ciphertext, or the plain bytes of a public artifact.
    pub cid: String,
    /// Length of what is pinned, in bytes.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub bytes: u64,
    /// Media type of the plain bytes, such as `text/plain`.
    pub media_type: String,
    /// sha256 of the plain bytes; present exactly when they are public, because it would let anybody test a guess.
    pub digest: Option<Digest>,
    /// Whether what is pinned is ciphertext.
    pub encrypted: bool,
    /// The author's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub created_at: u64,
}

/// Which task an artifact came from, and what made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Provenance {
    /// The network that the statement belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The Artifact.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub artifact: ActionHashB64,
    /// The Task in `resource_mesh`. Validation cannot see another DNA: a reader looks it up.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub task: ActionHashB64,
    /// The Result in `resource_mesh`, looked up in the same way.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub result: ActionHashB64,
    /// The worker that made it.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub producer: AgentPubKeyB64,
    /// sha256 of the model file, when a model made it.
    pub model_digest: Option<Digest>,
}

/// A peer's promise to keep an artifact until some day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct PinCommitment {
    /// The network that the promise belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The Artifact.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub artifact: ActionHashB64,
    /// Which of the wanted copies this is; the first is 1.
    pub replica: u32,
    /// The author's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub created_at: u64,
    /// When the promise ends, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub until: u64,
}
