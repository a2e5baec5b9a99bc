/** Names keys, hashes and times, and the events of a chain. */
import type { MeshEntry } from '../../zomes-bindings/generated/resource-mesh.ts'

/** An agent's key, `uhCAk...` (39 bytes in base64url with its prefix). */
export type AgentKey = string
/** An action's hash, `uhCkk...`. */
export type ActionHash = string
/** A DNA's hash, `uhC0k...`. */
export type DnaHash = string
/** A content identifier in its string form. */
export type Cid = string
/** A time by this machine's clock, in milliseconds since 1970. */
export type Millis = number

/** An entry of `resource_mesh` on a chain. */
export interface MeshEvent<E extends MeshEntry = MeshEntry> {
  readonly hash: ActionHash
  readonly author: AgentKey
  /** Position on the author's chain. */
  readonly seq: number
  /** The author's clock, in milliseconds since 1970. */
  readonly at: Millis
  readonly entry: E
}

/** The entry of one type, with its tag. */
export type EntryOf<T extends MeshEntry['type']> = Extract<MeshEntry, { type: T }>
/** An event of one entry type. */
export type EventOf<T extends MeshEntry['type']> = MeshEvent<EntryOf<T>>

/** The exact bytes of a signed action, as receipts carry them. Never re-encode these. */
export interface SignedBytes {
  /** The encoded action that the signature covers. */
  readonly action: Uint8Array
  /** The encoded entry that the action's entry hash covers. */
  readonly entry: Uint8Array
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
}
