//! The immutable entries of a task. Field meanings and validity are those of the task protocol.

use crate::{ActionHashB64, AgentPubKeyB64, Digest, DnaHashB64};
use serde::{Deserialize, Serialize};

/// What a poster asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Task {
    /// The network that the task belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The client's idempotency key, 16 to 64 bytes.
    pub id: String,
    /// The workload class, which decides isolation and defaults.
    pub class: TaskClass,
    /// What is to be run.
    pub work: Work,
    /// What a worker must have.
    pub requirements: Requirements,
    /// sha256(salt ++ payload).
    pub payload_digest: Digest,
    /// Length of the payload, in bytes.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub payload_bytes: u64,
    /// Who may read payload and output.
    pub sensitivity: Sensitivity,
    /// Present when the same input must give the same bytes.
    pub deterministic: Option<Deterministic>,
    /// How long the task may wait, run and live.
    pub deadlines_ms: Deadlines,
    /// Length of one lease, in milliseconds.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub lease_ms: u64,
    /// How many grants the poster may give.
    pub max_attempts: u32,
    /// How many results are wanted side by side.
    pub redundancy: u32,
    /// Tasks that must be accepted before this one starts.
    #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
    pub depends_on: Vec<ActionHashB64>,
    /// Which of two waiting tasks a worker takes first.
    pub priority: Priority,
    /// How the poster chooses among the peers that can run it.
    pub placement: Placement,
    /// Whether workers may go on without the poster.
    pub fallback: Option<Fallback>,
    /// The poster's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub created_at: u64,
}

/// Workload classes (compute policy).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum TaskClass {
    /// Compile or test something.
    Build,
    /// Ask a model.
    Inference,
    /// Move or keep much data.
    StorageHeavy,
    /// Anything an agent wants run in a sandbox.
    AgentTask,
}

/// What is to be run, named by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Work {
    /// A model file.
    Model {
        /// The model's name, for people.
        name: String,
        /// sha256 of the GGUF file.
        digest: Digest,
    },
    /// A command line.
    Command {
        /// sha256 of the command's canonical form.
        digest: Digest,
    },
}

/// What a worker must have; zero asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Requirements {
    /// Logical CPU cores.
    pub cpu_cores: u32,
    /// Memory, in MiB.
    pub memory_mib: u32,
    /// Free disk, in MiB.
    pub disk_mib: u32,
    /// GPUs.
    pub gpu_count: u32,
    /// Memory of each GPU, in MiB.
    pub vram_mib: u32,
    /// Tags that the worker must carry, such as `region:ap-southeast-2`.
    pub tags: Vec<String>,
}

/// Who may read payload and output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Sensitivity {
    /// Anybody: the output is pinned in the clear.
    Public,
    /// The poster and the grantee: the output is pinned as ciphertext.
    Private,
}

/// What makes a run repeatable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Deterministic {
    /// Seed of the sampler.
    pub seed: u32,
    /// sha256 of the canonical JSON of the run's `Parameters`.
    pub parameters_digest: Digest,
}

/// Deadlines by the poster's clock, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Deadlines {
    /// From post to first grant.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub queue: u64,
    /// From a grant to its result.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub run: u64,
    /// From post to close.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub total: u64,
}

/// Which of two waiting tasks a worker takes first. Nothing that runs is interrupted for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Priority {
    /// Somebody waits for the answer.
    Interactive,
    /// Nobody waits for the answer.
    Background,
}

/// How the poster chooses among the peers that can run a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Placement {
    /// What counts first.
    pub prefer: Prefer,
    /// How everything else is weighed.
    pub strategy: Strategy,
}

/// What counts first when a peer is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Prefer {
    /// Nothing: the strategy alone decides.
    Any,
    /// The shortest way.
    Nearest,
    /// The lowest price.
    Cheapest,
    /// The most tokens a second.
    Fastest,
}

/// How the peers that can run a task are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Strategy {
    /// Where the data is, then the tightest fit (compute policy's algorithm).
    LocalityAwareBinpack,
    /// The highest sum of weighted shares.
    WeightedScore,
}

/// When, and by whom, a task may be claimed without the poster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Fallback {
    /// How long the poster must have been away, in milliseconds.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub after_ms: u64,
    /// Who may claim.
    pub allow: FallbackAllow,
    /// The payload, which the poster is not there to send.
    pub payload: PublishedPayload,
}

/// The payload of a task that must not need its poster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum PublishedPayload {
    /// For everybody: of a public task only.
    Clear {
        /// The salt of the task's `payload_digest`: 32 bytes in lower-case hex.
        salt: String,
        /// The payload, which is UTF-8.
        text: String,
    },
    /// For the allowed agents.
    Sealed {
        /// The payload under a random key (libsodium's secretbox, nonce from the salt), in base64.
        ciphertext: String,
        /// What opens it, for each agent of the allow list, in its order.
        keys: Vec<SealedKey>,
    },
}

/// The salt and key of a published payload, for one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct SealedKey {
    /// Who can open it.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub agent: AgentPubKeyB64,
    /// Salt and key (32 bytes each) in libsodium's sealed box for the machine's libp2p key, in lower-case hex.
    pub sealed: String,
}

/// Who may claim without the poster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum FallbackAllow {
    /// Every peer.
    Any {},
    /// Only these peers.
    Agents {
        /// The peers' keys.
        #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
        agents: Vec<AgentPubKeyB64>,
    },
}

/// The poster's permission to run one attempt. Its attempt number fences everything that the worker does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Grant {
    /// The network that the grant belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The task.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub task: ActionHashB64,
    /// The poster's event before this one: the Task or a Grant.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub prev: ActionHashB64,
    /// One more than `prev`'s; a Task counts as 0.
    pub attempt: u32,
    /// Who may run this attempt.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub worker: AgentPubKeyB64,
    /// Length of the lease, in milliseconds.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub lease_ms: u64,
    /// Why the grant before was superseded; `none` for the first.
    pub reason: SupersedeReason,
    /// sha256(salt ++ text so far), when an answer is continued.
    pub prefix_digest: Option<Digest>,
}

/// Why a grant was superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum SupersedeReason {
    /// There was no grant before.
    None,
    /// The lease ended without renewal.
    Expired,
    /// The worker fell silent in mid-answer.
    Silent,
    /// The worker gave it back.
    Released,
    /// The poster did not accept the result.
    Rejected,
    /// The worker reported failure.
    Failed,
}

/// What a worker did and attests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct TaskResult {
    /// The network that the result belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The task.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub task: ActionHashB64,
    /// The Grant or FallbackClaim under which it ran.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub authority: ActionHashB64,
    /// The authority's attempt.
    pub attempt: u32,
    /// How the run ended.
    pub status: RunStatus,
    /// What came out; present exactly when the status is `ok`.
    pub output: Option<Output>,
    /// sha256 of the model file, when a model ran.
    pub model_digest: Option<Digest>,
    /// sha256 of the chat template, when one was applied.
    pub template_digest: Option<Digest>,
    /// The engine and its version.
    pub engine_build: String,
    /// The class of machines that give the same bytes, such as `llama.cpp-b6962/cpu-x64`.
    pub backend_class: String,
    /// The sampling parameters.
    pub parameters: Parameters,
    /// Seed of the sampler.
    pub seed: u32,
    /// What it cost.
    pub usage: Usage,
    /// sha256 of the policy that let it run, when one was asked.
    pub policy_hash: Option<Digest>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum RunStatus {
    /// It finished.
    Ok {},
    /// It failed.
    Failed {
        /// A stable code, such as `engine_crashed`.
        code: String,
    },
}

/// The bytes that came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Output {
    /// sha256(salt ++ bytes) of the plain output.
    pub digest: Digest,
    /// Length of the plain output, in bytes.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub bytes: u64,
    /// CID of what is pinned: the ciphertext, or the plain bytes of a public task.
    pub cid: String,
    /// Whether what is pinned is ciphertext.
    pub encrypted: bool,
}

/// Sampling parameters; thousandths instead of fractions, so that every peer encodes them alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Parameters {
    /// Most tokens to generate.
    pub max_tokens: u32,
    /// Temperature, in thousandths.
    pub temperature_milli: u32,
    /// Top-p, in thousandths.
    pub top_p_milli: u32,
    /// Top-k; 0 means all.
    pub top_k: u32,
    /// Size of the context, in tokens.
    pub context_tokens: u32,
}

/// What a run cost the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Usage {
    /// Tokens read.
    pub tokens_in: u32,
    /// Tokens generated.
    pub tokens_out: u32,
    /// CPU time, in milliseconds.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub cpu_ms: u64,
    /// Wall time, in milliseconds.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub wall_ms: u64,
    /// Largest resident memory, in bytes.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub peak_rss_bytes: u64,
}

/// The poster's last word on a task; nothing follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Close {
    /// The network that the close belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The task.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub task: ActionHashB64,
    /// The poster's event before this one: the Task or a Grant.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub prev: ActionHashB64,
    /// How the task ended.
    pub outcome: CloseOutcome,
    /// The accepted Result; present exactly when the outcome is `accepted`.
    #[cfg_attr(feature = "types", ts(type = "string | null"))]
    pub result: Option<ActionHashB64>,
    /// Results that came in and were not accepted.
    #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
    pub superseded: Vec<ActionHashB64>,
    /// What the poster checked before it accepted.
    pub checks: Vec<Check>,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum CloseOutcome {
    /// A result was accepted.
    Accepted,
    /// The poster withdrew the task.
    Cancelled,
    /// A deadline passed.
    Expired,
    /// No attempt is left.
    Failed,
}

/// A check that the poster made before it accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum Check {
    /// The output has the digest that the result names.
    Digest,
    /// The output has the length that the result names.
    Length,
    /// The output is what the class promises (for inference, UTF-8 text).
    Decode,
    /// The run was repeated and gave the same bytes.
    Replay,
    /// Enough workers agreed.
    Quorum,
    /// Nothing was checked; stands alone.
    None,
}

/// A worker's claim on a task whose poster is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct FallbackClaim {
    /// The network that the claim belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The task.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub task: ActionHashB64,
    /// The attempt that this claim makes.
    pub attempt: u32,
}

/// A lasting offer of this machine's resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct ResourceOffer {
    /// The network that the offer belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// What is offered.
    pub resource_type: ResourceType,
    /// How much of it.
    pub capacity: Requirements,
    /// Credits per unit and hour, in thousandths; none means free.
    pub price_milli: Option<u32>,
    /// When the offer ends, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub expires_at: u64,
}

/// The kinds of resource that can be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum ResourceType {
    /// CPU and memory.
    Compute,
    /// Model slots.
    Inference,
    /// Disk.
    Storage,
    /// Vector partitions.
    Memory,
}

/// A share of an offer, given by its owner to one agent until it expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Allocation {
    /// The network that the allocation belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The key that makes asking twice the same allocation, 16 to 64 bytes.
    pub allocation_id: String,
    /// The offer that it draws on.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub offer: ActionHashB64,
    /// Who holds it.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub holder: AgentPubKeyB64,
    /// How much of the offer.
    pub share: Requirements,
    /// Where the holder reaches it: a multiaddr or an http URL.
    pub endpoint: String,
    /// When it ends, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub expires_at: u64,
}

/// Any entry of `resource_mesh`, tagged with the protocol's name for it.
///
/// On a chain the bare struct is stored; this form is for zome calls, the rules' wasm and the in-memory DHT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum MeshEntry {
    /// The poster asks.
    Task(Task),
    /// The poster permits.
    Grant(Grant),
    /// The worker answers.
    Result(TaskResult),
    /// The poster ends it.
    Close(Close),
    /// A worker goes on without the poster.
    FallbackClaim(FallbackClaim),
    /// A peer offers resources.
    ResourceOffer(ResourceOffer),
    /// A peer gives a share of its offer.
    Allocation(Allocation),
}

impl Check {
    /// The check's name, as entries have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Length => "length",
            Self::Decode => "decode",
            Self::Replay => "replay",
            Self::Quorum => "quorum",
            Self::None => "none",
        }
    }
}

impl MeshEntry {
    /// Place of the entry's type among those of the integrity zome. The order is part of the network.
    pub fn index(&self) -> u8 {
        match self {
            Self::Task(_) => 0,
            Self::Grant(_) => 1,
            Self::Result(_) => 2,
            Self::Close(_) => 3,
            Self::FallbackClaim(_) => 4,
            Self::ResourceOffer(_) => 5,
            Self::Allocation(_) => 6,
        }
    }
}
