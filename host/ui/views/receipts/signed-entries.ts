/** Reads the signed entries of a receipt, and leaves out what it reveals. */
import { decode, encode } from '@ipld/dag-cbor'
import type { MeshEntry } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { hex } from '../../format/hex.ts'
import type { BrowserRules } from './verify-receipt.ts'

/** An entry that its author signed, as the rules read it. */
export interface SignedEntry {
  /** The hash of its action. */
  readonly hash: string
  readonly author: string
  /** Its place on the author's chain. */
  readonly seq: number
  /** The author's clock, in milliseconds since 1970. */
  readonly at: number
  readonly entry: MeshEntry
  /** The signature, in hex. */
  readonly signature: string
}

/** The parts of a receipt's file that are signed. */
interface SignedBytes {
  readonly action: Uint8Array
  readonly entry: Uint8Array
  readonly signature: Uint8Array
}

interface ReceiptFile {
  readonly task: SignedBytes
  readonly grants: readonly SignedBytes[]
  readonly claim: SignedBytes | null
  readonly result: SignedBytes
  readonly close: SignedBytes | null
  readonly reveal: object
}

/** Returns the signed entries of a receipt that holds, in the order of the task's life. */
export function signedEntries(receipt: Uint8Array, { room }: BrowserRules): readonly SignedEntry[] {
  const { task, grants, claim, result, close } = decode<ReceiptFile>(receipt)
  return [task, ...grants, claim, result, close].flatMap((signed) => {
    if (signed === null) return []
    const read = room.ask('read_event', encode(signed)) as { event?: Omit<SignedEntry, 'signature'> } | null
    return read?.event ? [{ ...read.event, signature: hex(signed.signature) }] : []
  })
}

/** Whether a receipt reveals anything. */
export function reveals(receipt: Uint8Array): boolean {
  return Object.keys(decode<ReceiptFile>(receipt).reveal).length > 0
}

/** Returns a receipt without prompt and answer. Its digests and signatures still verify. */
export function redacted(receipt: Uint8Array): Uint8Array {
  return encode({ ...decode<ReceiptFile>(receipt), reveal: {} })
}
