//! The card of a machine. Field names are those of the wire contract, section 2.

use crate::membrane::MembraneProof;
use crate::Digest;
use serde::{Deserialize, Serialize};

/// A machine's card, written when something lasting changes; load and presence travel as signals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct NodeCapability {
    /// The author's agent key.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub node_id: crate::AgentPubKeyB64,
    /// The machine's name, for people.
    pub agent_name: String,
    /// What it has.
    pub capabilities: Capabilities,
    /// How it is connected.
    pub network: NetworkCard,
    /// Whether it takes work.
    pub availability: Availability,
    /// Load when the card was written.
    pub load: Load,
    /// When the card was written, RFC 3339 in UTC.
    pub last_heartbeat: String,
    /// Tags such as `gpu:true` or `region:ap-southeast-2`.
    pub tags: Vec<String>,
    /// The machine's libp2p identity, bound to the agent key.
    pub peer: PeerBinding,
    /// Version of the daemon.
    pub agent_version: String,
    /// The proof of membership, in a private network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub membership: Option<MembraneProof>,
}

/// What a machine has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Capabilities {
    /// Processors and memory.
    pub compute: Compute,
    /// Disk.
    pub storage: Storage,
    /// Models.
    pub inference: Inference,
    /// Vector and cache memory.
    pub memory: Memory,
}

/// Processors and memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Compute {
    /// Logical cores.
    pub cpu_cores: u32,
    /// `x86_64` or `aarch64`.
    pub cpu_arch: String,
    /// Memory, in GiB, rounded down.
    pub ram_gb: u32,
    /// The largest GPU.
    pub gpu: Option<Gpu>,
    /// Every GPU.
    pub gpus: Vec<Gpu>,
}

/// A GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Gpu {
    /// Who made it, lower-case.
    pub vendor: String,
    /// Its model.
    pub model: String,
    /// Its memory, in GiB, rounded down.
    pub vram_gb: u32,
}

/// Disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Storage {
    /// Free local disk, in GiB, rounded down to a power of two so that the card does not change with every file.
    pub local_ssd_gb: u32,
    /// Pinned on IPFS when the card was written, in GiB.
    pub ipfs_pinned_gb: u32,
    /// Reachable in S3, in GiB.
    pub s3_available_gb: u32,
}

/// Models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Inference {
    /// Names of the models on this machine.
    pub models_loaded: Vec<String>,
    /// The same models with their digests, in the same order.
    pub models: Vec<ModelCard>,
    /// Requests that run side by side.
    pub max_batch_size: u32,
    /// Measured decode speed of the first model; 0 when not measured yet.
    pub tokens_per_second: u32,
}

/// A model file on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct ModelCard {
    /// Its name.
    pub name: String,
    /// sha256 of the GGUF file.
    pub digest: Digest,
    /// Tokens that it reads at most.
    pub context_tokens: u32,
}

/// Vector and cache memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Memory {
    /// Vector shards kept.
    pub vector_shards: u32,
    /// Cache memory, in GiB.
    pub redis_memory_gb: u32,
}

/// How a machine is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct NetworkCard {
    /// Link speed, in Mbit/s; 0 when unknown.
    pub bandwidth_mbps: u32,
    /// Region named by the owner; empty when none.
    pub latency_region: String,
}

/// Whether a machine takes work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Availability {
    /// It takes work.
    Online,
    /// It finishes what it has.
    Draining,
    /// It takes none.
    Offline,
}

/// How busy a machine is, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Load {
    /// All cores.
    pub cpu_percent: u32,
    /// The busiest GPU.
    pub gpu_percent: u32,
    /// Memory.
    pub memory_percent: u32,
}

/// A libp2p identity that vouches for the agent key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct PeerBinding {
    /// The Ed25519 public key behind the peer id, 64 lower-case hex digits.
    pub public_key: String,
    /// Its signature over `ripple-peer-v1:` followed by the agent key's base64 form, 128 lower-case hex digits.
    pub signature: String,
}

/// What a peer says every half minute, by remote signal: never written to a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Presence {
    /// Multiaddrs where its libp2p node listens.
    pub addresses: Vec<String>,
    /// Whether it takes work.
    pub availability: Availability,
    /// How busy it is.
    pub load: Load,
    /// Grants that it holds now.
    pub held_grants: u32,
    /// Whether it would like an answer at once (it has just started).
    pub reply: bool,
}
