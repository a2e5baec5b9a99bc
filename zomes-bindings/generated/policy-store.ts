// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.
import type { Digest } from './shared.ts'

/**
 * The seal of one segment of a peer's audit log. The records stay with the peer; a changed one no longer fits.
 */
export type AuditRecord = { 
/**
 * The network that the seal belongs to.
 */
dna_hash: string, 
/**
 * What the log is about, such as `decisions`.
 */
kind: string, 
/**
 * sha256 of the segment's bytes.
 */
digest: Digest, 
/**
 * The author's seal before this one, of the same kind; none for the first.
 */
prev: string | null, 
/**
 * How many records the segment has.
 */
count: number, 
/**
 * When its first record was written, in milliseconds since 1970.
 */
from: number, 
/**
 * When its last record was written, in milliseconds since 1970.
 */
to: number, };

/**
 * What a policy answered.
 */
export type Decision = { 
/**
 * The network that the decision belongs to.
 */
dna_hash: string, 
/**
 * The policy that was asked.
 */
policy: PolicyRef, 
/**
 * The rule that decided, such as `run.allow`.
 */
rule: string, 
/**
 * What it was about: a hash, a CID or a name.
 */
subject: string, 
/**
 * Whether it may go on.
 */
allow: boolean, 
/**
 * Codes of the reasons, such as `model_missing`; at least one when the answer is no.
 */
reasons: Array<string>, 
/**
 * The author's clock, in milliseconds since 1970.
 */
at: number, };

/**
 * One author's decisions of one time bucket.
 */
export type DecisionsIn = { 
/**
 * Who decided.
 */
author: string, 
/**
 * `at` divided by the width of a bucket, one hour in milliseconds.
 */
bucket: number, };

/**
 * One version of a policy. Its source is here, so that anybody can read what decided.
 */
export type Policy = { 
/**
 * The network that the policy belongs to.
 */
dna_hash: string, 
/**
 * Its name; a name belongs to each publisher separately.
 */
name: string, 
/**
 * 1 for the first, then one more than `prev`'s.
 */
version: number, 
/**
 * Rego source.
 */
source: string, 
/**
 * sha256 of the source.
 */
source_digest: Digest, 
/**
 * sha256 of the compiled wasm.
 */
wasm_digest: Digest, 
/**
 * CID of the compiled wasm, when it is on IPFS.
 */
wasm_cid: string | null, 
/**
 * The author's agent key.
 */
publisher: string, 
/**
 * The version before this one, of the same name and publisher; none for the first.
 */
prev: string | null, };

/**
 * One publisher's policy of some name.
 */
export type PolicyOf = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its publisher.
 */
publisher: string, };

/**
 * Names the exact policy that decided; it need not be published here, because default policies ship with the host.
 */
export type PolicyRef = { 
/**
 * Its name.
 */
name: string, 
/**
 * sha256 of its compiled wasm.
 */
digest: Digest, };
