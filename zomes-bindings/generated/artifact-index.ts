// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.
import type { Digest } from './shared.ts'

/**
 * Content that somebody put on IPFS.
 */
export type Artifact = { 
/**
 * The network that the artifact belongs to.
 */
dna_hash: string, 
/**
 * CID of what is pinned: the ciphertext, or the plain bytes of a public artifact.
 */
cid: string, 
/**
 * Length of what is pinned, in bytes.
 */
bytes: number, 
/**
 * Media type of the plain bytes, such as `text/plain`.
 */
media_type: string, 
/**
 * sha256 of the plain bytes; present exactly when they are public, because it would let anybody test a guess.
 */
digest: Digest | null, 
/**
 * Whether what is pinned is ciphertext.
 */
encrypted: boolean, 
/**
 * The author's clock, in milliseconds since 1970.
 */
created_at: number, };

/**
 * A peer's promise to keep an artifact until some day.
 */
export type PinCommitment = { 
/**
 * The network that the promise belongs to.
 */
dna_hash: string, 
/**
 * The Artifact.
 */
artifact: string, 
/**
 * Which of the wanted copies this is; the first is 1.
 */
replica: number, 
/**
 * The author's clock, in milliseconds since 1970.
 */
created_at: number, 
/**
 * When the promise ends, in milliseconds since 1970.
 */
until: number, };

/**
 * Which task an artifact came from, and what made it.
 */
export type Provenance = { 
/**
 * The network that the statement belongs to.
 */
dna_hash: string, 
/**
 * The Artifact.
 */
artifact: string, 
/**
 * The Task in `resource_mesh`. Validation cannot see another DNA: a reader looks it up.
 */
task: string, 
/**
 * The Result in `resource_mesh`, looked up in the same way.
 */
result: string, 
/**
 * The worker that made it.
 */
producer: string, 
/**
 * sha256 of the model file, when a model made it.
 */
model_digest: Digest | null, };
