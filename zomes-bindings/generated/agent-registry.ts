// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.
import type { MembraneProof } from './membrane.ts'
import type { Digest } from './shared.ts'

/**
 * Whether a machine takes work.
 */
export type Availability = "online" | "draining" | "offline";

/**
 * What a machine has.
 */
export type Capabilities = { 
/**
 * Processors and memory.
 */
compute: Compute, 
/**
 * Disk.
 */
storage: Storage, 
/**
 * Models.
 */
inference: Inference, 
/**
 * Vector and cache memory.
 */
memory: Memory, };

/**
 * Processors and memory.
 */
export type Compute = { 
/**
 * Logical cores.
 */
cpu_cores: number, 
/**
 * `x86_64` or `aarch64`.
 */
cpu_arch: string, 
/**
 * Memory, in GiB, rounded down.
 */
ram_gb: number, 
/**
 * The largest GPU.
 */
gpu: Gpu | null, 
/**
 * Every GPU.
 */
gpus: Array<Gpu>, };

/**
 * A GPU.
 */
export type Gpu = { 
/**
 * Who made it, lower-case.
 */
vendor: string, 
/**
 * Its model.
 */
model: string, 
/**
 * Its memory, in GiB, rounded down.
 */
vram_gb: number, };

/**
 * Models.
 */
export type Inference = { 
/**
 * Names of the models on this machine.
 */
models_loaded: Array<string>, 
/**
 * The same models with their digests, in the same order.
 */
models: Array<ModelCard>, 
/**
 * Requests that run side by side.
 */
max_batch_size: number, 
/**
 * Measured decode speed of the first model; 0 when not measured yet.
 */
tokens_per_second: number, };

/**
 * How busy a machine is, in percent.
 */
export type Load = { 
/**
 * All cores.
 */
cpu_percent: number, 
/**
 * The busiest GPU.
 */
gpu_percent: number, 
/**
 * Memory.
 */
memory_percent: number, };

/**
 * Vector and cache memory.
 */
export type Memory = { 
/**
 * Vector shards kept.
 */
vector_shards: number, 
/**
 * Cache memory, in GiB.
 */
redis_memory_gb: number, };

/**
 * A model file on a machine.
 */
export type ModelCard = { 
/**
 * Its name.
 */
name: string, 
/**
 * sha256 of the GGUF file.
 */
digest: Digest, 
/**
 * Tokens that it reads at most.
 */
context_tokens: number, };

/**
 * How a machine is connected.
 */
export type NetworkCard = { 
/**
 * Link speed, in Mbit/s; 0 when unknown.
 */
bandwidth_mbps: number, 
/**
 * Region named by the owner; empty when none.
 */
latency_region: string, };

/**
 * A machine's card, written when something lasting changes; load and presence travel as signals.
 */
export type NodeCapability = { 
/**
 * The author's agent key.
 */
node_id: string, 
/**
 * The machine's name, for people.
 */
agent_name: string, 
/**
 * What it has.
 */
capabilities: Capabilities, 
/**
 * How it is connected.
 */
network: NetworkCard, 
/**
 * Whether it takes work.
 */
availability: Availability, 
/**
 * Load when the card was written.
 */
load: Load, 
/**
 * When the card was written, RFC 3339 in UTC.
 */
last_heartbeat: string, 
/**
 * Tags such as `gpu:true` or `region:ap-southeast-2`.
 */
tags: Array<string>, 
/**
 * The machine's libp2p identity, bound to the agent key.
 */
peer: PeerBinding, 
/**
 * Version of the daemon.
 */
agent_version: string, 
/**
 * The proof of membership, in a private network.
 */
membership?: MembraneProof, };

/**
 * A libp2p identity that vouches for the agent key.
 */
export type PeerBinding = { 
/**
 * The Ed25519 public key behind the peer id, 64 lower-case hex digits.
 */
public_key: string, 
/**
 * Its signature over `ripple-peer-v1:` followed by the agent key's base64 form, 128 lower-case hex digits.
 */
signature: string, };

/**
 * What a peer says every half minute, by remote signal: never written to a chain.
 */
export type Presence = { 
/**
 * Multiaddrs where its libp2p node listens.
 */
addresses: Array<string>, 
/**
 * Whether it takes work.
 */
availability: Availability, 
/**
 * How busy it is.
 */
load: Load, 
/**
 * Grants that it holds now.
 */
held_grants: number, 
/**
 * Whether it would like an answer at once (it has just started).
 */
reply: boolean, };

/**
 * Disk.
 */
export type Storage = { 
/**
 * Free local disk, in GiB, rounded down to a power of two so that the card does not change with every file.
 */
local_ssd_gb: number, 
/**
 * Pinned on IPFS when the card was written, in GiB.
 */
ipfs_pinned_gb: number, 
/**
 * Reachable in S3, in GiB.
 */
s3_available_gb: number, };
