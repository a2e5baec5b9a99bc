// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.
import type { Check, Output, Parameters, Usage, Work } from './resource-mesh.ts'
import type { Digest } from './shared.ts'

/**
 * Why a receipt does not hold.
 */
export type Problem = { 
/**
 * A stable name for programs; a refused entry has the code of its `Refusal`.
 */
code: string, 
/**
 * The part of the receipt that is wrong, such as `grants[0]`.
 */
where: string, 
/**
 * For people.
 */
text: string, };

/**
 * What a receipt shows, and what it does not.
 */
export type Report = { 
/**
 * Whether the receipt holds.
 */
ok: boolean, 
/**
 * Why it does not.
 */
problem: Problem | null, 
/**
 * Whether it has no Close, so that the poster's acceptance is not shown.
 */
one_sided: boolean, 
/**
 * The facts; none when it does not hold.
 */
summary: Summary | null, 
/**
 * What it shows, a sentence each.
 */
shown: Array<string>, 
/**
 * What it does not show, a sentence each.
 */
not_shown: Array<string>, };

/**
 * The facts of a receipt that holds.
 */
export type Summary = { 
/**
 * The network.
 */
dna: string, 
/**
 * The Task's action.
 */
task: string, 
/**
 * The poster's key for the task.
 */
task_id: string, 
/**
 * Who asked.
 */
poster: string, 
/**
 * Who computed.
 */
worker: string, 
/**
 * Whether poster and worker are the same key.
 */
self_made: boolean, 
/**
 * What was to be run.
 */
work: Work, 
/**
 * The poster's clock at the Task, in milliseconds since 1970.
 */
created_at: number, 
/**
 * The Grants, from the first.
 */
grants: Array<string>, 
/**
 * The Grant or FallbackClaim under which it ran.
 */
authority: string, 
/**
 * Whether the authority is a FallbackClaim.
 */
fallback: boolean, 
/**
 * Its attempt.
 */
attempt: number, 
/**
 * The Result's action.
 */
result: string, 
/**
 * The Close's action.
 */
close: string | null, 
/**
 * What the poster says that it checked; empty without a Close.
 */
checks: Array<Check>, 
/**
 * What came out; none of a run that failed.
 */
output: Output | null, 
/**
 * sha256 of the model file that the worker names.
 */
model_digest: Digest | null, 
/**
 * The engine that the worker names.
 */
engine_build: string, 
/**
 * The class of machines that the worker names.
 */
backend_class: string, 
/**
 * The parameters that the worker names.
 */
parameters: Parameters, 
/**
 * The seed that the worker names.
 */
seed: number, 
/**
 * What it cost, by the worker.
 */
usage: Usage, 
/**
 * What was asked, where it is revealed and a model was asked.
 */
prompt: string | null, 
/**
 * Whether the Grant of its attempt names text that the attempt was to go on with.
 */
continued: boolean, 
/**
 * How many bytes of the answer were there before, where that is revealed.
 */
prefix_bytes: number | null, 
/**
 * What was answered, where it is revealed and text.
 */
answer: string | null, 
/**
 * Whether the CID is shown to be of the revealed output.
 */
cid_checked: boolean, };
