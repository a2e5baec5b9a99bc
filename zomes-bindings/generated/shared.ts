// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.

/**
 * A SHA-256 digest, written as exactly 64 lower-case hex digits.
 *
 * One spelling only: two entries that name the same bytes are then equal byte for byte.
 */
export type Digest = string;

/**
 * An entry with the facts of the action that wrote it.
 */
export type Written<T> = { 
/**
 * The action.
 */
hash: string, 
/**
 * Who wrote it.
 */
author: string, 
/**
 * Where on the author's chain.
 */
seq: number, 
/**
 * The author's clock, in milliseconds since 1970.
 */
at: number, 
/**
 * The entry.
 */
entry: T, };
