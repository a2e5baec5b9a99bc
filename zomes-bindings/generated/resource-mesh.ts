// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.
import type { Digest } from './shared.ts'

/**
 * A share of an offer, given by its owner to one agent until it expires.
 */
export type Allocation = { 
/**
 * The network that the allocation belongs to.
 */
dna_hash: string, 
/**
 * The key that makes asking twice the same allocation, 16 to 64 bytes.
 */
allocation_id: string, 
/**
 * The offer that it draws on.
 */
offer: string, 
/**
 * Who holds it.
 */
holder: string, 
/**
 * How much of the offer.
 */
share: Requirements, 
/**
 * Where the holder reaches it: a multiaddr or an http URL.
 */
endpoint: string, 
/**
 * When it ends, in milliseconds since 1970.
 */
expires_at: number, };

/**
 * A check that the poster made before it accepted.
 */
export type Check = "digest" | "length" | "decode" | "replay" | "quorum" | "none";

/**
 * The poster's last word on a task; nothing follows it.
 */
export type Close = { 
/**
 * The network that the close belongs to.
 */
dna_hash: string, 
/**
 * The task.
 */
task: string, 
/**
 * The poster's event before this one: the Task or a Grant.
 */
prev: string, 
/**
 * How the task ended.
 */
outcome: CloseOutcome, 
/**
 * The accepted Result; present exactly when the outcome is `accepted`.
 */
result: string | null, 
/**
 * Results that came in and were not accepted.
 */
superseded: Array<string>, 
/**
 * What the poster checked before it accepted.
 */
checks: Array<Check>, };

/**
 * How a task ended.
 */
export type CloseOutcome = "accepted" | "cancelled" | "expired" | "failed";

/**
 * Deadlines by the poster's clock, in milliseconds.
 */
export type Deadlines = { 
/**
 * From post to first grant.
 */
queue: number, 
/**
 * From a grant to its result.
 */
run: number, 
/**
 * From post to close.
 */
total: number, };

/**
 * What makes a run repeatable.
 */
export type Deterministic = { 
/**
 * Seed of the sampler.
 */
seed: number, 
/**
 * sha256 of the canonical JSON of the run's `Parameters`.
 */
parameters_digest: Digest, };

/**
 * When, and by whom, a task may be claimed without the poster.
 */
export type Fallback = { 
/**
 * How long the poster must have been away, in milliseconds.
 */
after_ms: number, 
/**
 * Who may claim.
 */
allow: FallbackAllow, 
/**
 * The payload, which the poster is not there to send.
 */
payload: PublishedPayload, };

/**
 * Who may claim without the poster.
 */
export type FallbackAllow = { "type": "any", } | { "type": "agents", 
/**
 * The peers' keys.
 */
agents: Array<string>, };

/**
 * A worker's claim on a task whose poster is away.
 */
export type FallbackClaim = { 
/**
 * The network that the claim belongs to.
 */
dna_hash: string, 
/**
 * The task.
 */
task: string, 
/**
 * The attempt that this claim makes.
 */
attempt: number, };

/**
 * The poster's permission to run one attempt. Its attempt number fences everything that the worker does.
 */
export type Grant = { 
/**
 * The network that the grant belongs to.
 */
dna_hash: string, 
/**
 * The task.
 */
task: string, 
/**
 * The poster's event before this one: the Task or a Grant.
 */
prev: string, 
/**
 * One more than `prev`'s; a Task counts as 0.
 */
attempt: number, 
/**
 * Who may run this attempt.
 */
worker: string, 
/**
 * Length of the lease, in milliseconds.
 */
lease_ms: number, 
/**
 * Why the grant before was superseded; `none` for the first.
 */
reason: SupersedeReason, 
/**
 * sha256(salt ++ text so far), when an answer is continued.
 */
prefix_digest: Digest | null, };

/**
 * Where a link starts.
 */
export type LinkBase = { "type": "action", "at": string } | { "type": "agent", "at": string } | { "type": "bucket", "at": number };

/**
 * The links of `resource_mesh`, in the order of the integrity zome's link types.
 */
export type LinkKind = "task_to_result" | "task_to_close" | "bucket_to_task" | "agent_to_offer" | "offer_to_allocation";

/**
 * Any entry of `resource_mesh`, tagged with the protocol's name for it.
 *
 * On a chain the bare struct is stored; this form is for zome calls, the rules' wasm and the in-memory DHT.
 */
export type MeshEntry = { "type": "Task" } & Task | { "type": "Grant" } & Grant | { "type": "Result" } & TaskResult | { "type": "Close" } & Close | { "type": "FallbackClaim" } & FallbackClaim | { "type": "ResourceOffer" } & ResourceOffer | { "type": "Allocation" } & Allocation;

/**
 * The bytes that came out.
 */
export type Output = { 
/**
 * sha256(salt ++ bytes) of the plain output.
 */
digest: Digest, 
/**
 * Length of the plain output, in bytes.
 */
bytes: number, 
/**
 * CID of what is pinned: the ciphertext, or the plain bytes of a public task.
 */
cid: string, 
/**
 * Whether what is pinned is ciphertext.
 */
encrypted: boolean, };

/**
 * Sampling parameters; thousandths instead of fractions, so that every peer encodes them alike.
 */
export type Parameters = { 
/**
 * Most tokens to generate.
 */
max_tokens: number, 
/**
 * Temperature, in thousandths.
 */
temperature_milli: number, 
/**
 * Top-p, in thousandths.
 */
top_p_milli: number, 
/**
 * Top-k; 0 means all.
 */
top_k: number, 
/**
 * Size of the context, in tokens.
 */
context_tokens: number, };

/**
 * How the poster chooses among the peers that can run a task.
 */
export type Placement = { 
/**
 * What counts first.
 */
prefer: Prefer, 
/**
 * How everything else is weighed.
 */
strategy: Strategy, };

/**
 * What counts first when a peer is chosen.
 */
export type Prefer = "any" | "nearest" | "cheapest" | "fastest";

/**
 * Which of two waiting tasks a worker takes first. Nothing that runs is interrupted for another.
 */
export type Priority = "interactive" | "background";

/**
 * The payload of a task that must not need its poster.
 */
export type PublishedPayload = { "type": "clear", 
/**
 * The salt of the task's `payload_digest`: 32 bytes in lower-case hex.
 */
salt: string, 
/**
 * The payload, which is UTF-8.
 */
text: string, } | { "type": "sealed", 
/**
 * The payload under a random key (libsodium's secretbox, nonce from the salt), in base64.
 */
ciphertext: string, 
/**
 * What opens it, for each agent of the allow list, in its order.
 */
keys: Array<SealedKey>, };

/**
 * What a worker must have; zero asks for nothing.
 */
export type Requirements = { 
/**
 * Logical CPU cores.
 */
cpu_cores: number, 
/**
 * Memory, in MiB.
 */
memory_mib: number, 
/**
 * Free disk, in MiB.
 */
disk_mib: number, 
/**
 * GPUs.
 */
gpu_count: number, 
/**
 * Memory of each GPU, in MiB.
 */
vram_mib: number, 
/**
 * Tags that the worker must carry, such as `region:ap-southeast-2`.
 */
tags: Array<string>, };

/**
 * A poster's list as everybody reads it.
 */
export type Resolution = { 
/**
 * The events that count, from the Task on.
 */
path: Array<string>, 
/**
 * Events that name the same prev as one that stands lower on the poster's chain: the poster's equivocation.
 */
siblings: Array<string>, 
/**
 * Where the list ends.
 */
state: TaskState, };

/**
 * A lasting offer of this machine's resources.
 */
export type ResourceOffer = { 
/**
 * The network that the offer belongs to.
 */
dna_hash: string, 
/**
 * What is offered.
 */
resource_type: ResourceType, 
/**
 * How much of it.
 */
capacity: Requirements, 
/**
 * Credits per unit and hour, in thousandths; none means free.
 */
price_milli: number | null, 
/**
 * When the offer ends, in milliseconds since 1970.
 */
expires_at: number, };

/**
 * The kinds of resource that can be allocated.
 */
export type ResourceType = "compute" | "inference" | "storage" | "memory";

/**
 * How a run ended.
 */
export type RunStatus = { "type": "ok", } | { "type": "failed", 
/**
 * A stable code, such as `engine_crashed`.
 */
code: string, };

/**
 * The salt and key of a published payload, for one agent.
 */
export type SealedKey = { 
/**
 * Who can open it.
 */
agent: string, 
/**
 * Salt and key (32 bytes each) in libsodium's sealed box for the machine's libp2p key, in lower-case hex.
 */
sealed: string, };

/**
 * Who may read payload and output.
 */
export type Sensitivity = "public" | "private";

/**
 * How the peers that can run a task are ordered.
 */
export type Strategy = "locality_aware_binpack" | "weighted_score";

/**
 * Why a grant was superseded.
 */
export type SupersedeReason = "none" | "expired" | "silent" | "released" | "rejected" | "failed";

/**
 * What a poster asks for.
 */
export type Task = { 
/**
 * The network that the task belongs to.
 */
dna_hash: string, 
/**
 * The client's idempotency key, 16 to 64 bytes.
 */
id: string, 
/**
 * The workload class, which decides isolation and defaults.
 */
class: TaskClass, 
/**
 * What is to be run.
 */
work: Work, 
/**
 * What a worker must have.
 */
requirements: Requirements, 
/**
 * sha256(salt ++ payload).
 */
payload_digest: Digest, 
/**
 * Length of the payload, in bytes.
 */
payload_bytes: number, 
/**
 * Who may read payload and output.
 */
sensitivity: Sensitivity, 
/**
 * Present when the same input must give the same bytes.
 */
deterministic: Deterministic | null, 
/**
 * How long the task may wait, run and live.
 */
deadlines_ms: Deadlines, 
/**
 * Length of one lease, in milliseconds.
 */
lease_ms: number, 
/**
 * How many grants the poster may give.
 */
max_attempts: number, 
/**
 * How many results are wanted side by side.
 */
redundancy: number, 
/**
 * Tasks that must be accepted before this one starts.
 */
depends_on: Array<string>, 
/**
 * Which of two waiting tasks a worker takes first.
 */
priority: Priority, 
/**
 * How the poster chooses among the peers that can run it.
 */
placement: Placement, 
/**
 * Whether workers may go on without the poster.
 */
fallback: Fallback | null, 
/**
 * The poster's clock, in milliseconds since 1970.
 */
created_at: number, };

/**
 * Workload classes (compute policy).
 */
export type TaskClass = "build" | "inference" | "storage_heavy" | "agent_task";

/**
 * What a worker did and attests.
 */
export type TaskResult = { 
/**
 * The network that the result belongs to.
 */
dna_hash: string, 
/**
 * The task.
 */
task: string, 
/**
 * The Grant or FallbackClaim under which it ran.
 */
authority: string, 
/**
 * The authority's attempt.
 */
attempt: number, 
/**
 * How the run ended.
 */
status: RunStatus, 
/**
 * What came out; present exactly when the status is `ok`.
 */
output: Output | null, 
/**
 * sha256 of the model file, when a model ran.
 */
model_digest: Digest | null, 
/**
 * sha256 of the chat template, when one was applied.
 */
template_digest: Digest | null, 
/**
 * The engine and its version.
 */
engine_build: string, 
/**
 * The class of machines that give the same bytes, such as `llama.cpp-b6962/cpu-x64`.
 */
backend_class: string, 
/**
 * The sampling parameters.
 */
parameters: Parameters, 
/**
 * Seed of the sampler.
 */
seed: number, 
/**
 * What it cost.
 */
usage: Usage, 
/**
 * sha256 of the policy that let it run, when one was asked.
 */
policy_hash: Digest | null, };

/**
 * How far a task has come by its poster's list.
 */
export type TaskState = { "type": "posted", } | { "type": "granted", 
/**
 * The grant that counts.
 */
grant: string, 
/**
 * Its attempt.
 */
attempt: number, 
/**
 * Who may run it.
 */
worker: string, } | { "type": "closed", 
/**
 * The close that counts.
 */
close: string, 
/**
 * How it ended.
 */
outcome: CloseOutcome, 
/**
 * The accepted result.
 */
result: string | null, };

/**
 * What a run cost the worker.
 */
export type Usage = { 
/**
 * Tokens read.
 */
tokens_in: number, 
/**
 * Tokens generated.
 */
tokens_out: number, 
/**
 * CPU time, in milliseconds.
 */
cpu_ms: number, 
/**
 * Wall time, in milliseconds.
 */
wall_ms: number, 
/**
 * Largest resident memory, in bytes.
 */
peak_rss_bytes: number, };

/**
 * What is to be run, named by digest.
 */
export type Work = { "type": "model", 
/**
 * The model's name, for people.
 */
name: string, 
/**
 * sha256 of the GGUF file.
 */
digest: Digest, } | { "type": "command", 
/**
 * sha256 of the command's canonical form.
 */
digest: Digest, };
