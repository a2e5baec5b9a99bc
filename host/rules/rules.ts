import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from '@ipld/dag-cbor'
import type { LinkBase } from '../../zomes-bindings/generated/LinkBase.ts'
import type { LinkKind } from '../../zomes-bindings/generated/LinkKind.ts'
import type { MeshEntry } from '../../zomes-bindings/generated/MeshEntry.ts'
import type { Report } from '../../zomes-bindings/generated/Report.ts'
import type { Resolution } from '../../zomes-bindings/generated/Resolution.ts'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'
import { openRoom, type Question, type Room } from './room.ts'

/** Why something may not be written: a stable code, and words for people. */
export interface Refused {
  readonly code: string
  readonly text: string
}

/** What the rules say of an entry: valid, refused, or unable to say before an event is known. */
export type Verdict =
  | { readonly valid: boolean }
  | { readonly refused: Refused }
  | { readonly missing: ActionHash }

/** What the rules say of a link: the base that it must start from, or why it may not be written. */
export type LinkVerdict = { readonly base: LinkBase } | { readonly refused: Refused }

/** Where something is to be written. */
export interface WriteAt {
  readonly author: AgentKey
  readonly seq: number
  readonly dna_hash: DnaHash
  readonly max_action_seq: number
}

/** An event to encode, with the action before it. */
export type Unsigned = Omit<MeshEvent, 'hash'> & { readonly prev_action: ActionHash }

/** An event as a chain keeps it: `action` is what its author signs. */
export interface Encoded {
  readonly hash: ActionHash
  readonly action: Uint8Array
  readonly entry: Uint8Array
}

/** The rules of `dnas/shared`. Every function is synchronous, pure and deterministic. */
export interface Rules {
  /**
   * Judges an entry. `known` holds the events that it names, and those that they name (a Close's Result's authority);
   * null stands for a hash that is known to be of something else.
   */
  checkEntry(entry: MeshEntry, at: WriteAt, known: Readonly<Record<ActionHash, MeshEvent | null>>): Verdict
  /** Judges a link to `target` with a tag of so many bytes. */
  checkLink(kind: LinkKind, at: WriteAt, target: MeshEvent, tagBytes: number): LinkVerdict
  /** Reads a poster's list from its events in any order; null without the Task itself. */
  resolve(task: ActionHash, events: readonly MeshEvent[]): Resolution | null
  /** Encodes an event as a chain keeps it. */
  encodeEvent(event: Unsigned): Encoded
  /** The hash of an encoded action. */
  hashAction(action: Uint8Array): ActionHash
  /**
   * Reads an event from the bytes that its author signed: its hashes are those of the bytes, and the signature holds.
   * Null for whatever else a peer may send. Whether it may be written is for `checkEntry` to say.
   */
  readEvent(signed: SignedBytes): MeshEvent | null
  /** Verifies the bytes of a receipt. It never throws: bytes that are no receipt are a report with a problem. */
  verifyReceipt(bytes: Uint8Array): Report
}

const folder = join(import.meta.dirname, '../../workdir')

/** Opens `workdir/rules.wasm`. Rejects as `readRules` does. */
export async function openRules(): Promise<Rules> {
  return fromRoom(await openRoom(await readRules()))
}

/**
 * The bytes of `workdir/rules.wasm`. Rejects with `RIPPLE_RULES_MISMATCH` when the file is absent or is not the one whose
 * sha256 stands beside it.
 */
export async function readRules(): Promise<Uint8Array<ArrayBuffer>> {
  const file = join(folder, 'rules.wasm')
  const bytes = await readFile(file).catch((cause: unknown) => mismatch(file, 'it cannot be read', cause))
  const pin = await readFile(join(folder, 'rules.sha256'), 'utf8').catch((cause: unknown) =>
    mismatch(file, 'its pin cannot be read', cause),
  )
  const found = sha256Hex(bytes)
  if (found !== pin.trim()) mismatch(file, `sha256 ${found}, pinned ${pin.trim()}`)
  return bytes
}

function mismatch(file: string, detail: string, cause?: unknown): never {
  throw new RippleError('RIPPLE_RULES_MISMATCH', { file, detail }, { cause })
}

function fromRoom(room: Room): Rules {
  return {
    checkEntry: (entry, at, known) => asJson(room, 'check_entry', { entry, at, known }) as Verdict,
    checkLink: (kind, at, target, tagBytes) =>
      asJson(room, 'check_link', { kind, at, target, tag_bytes: tagBytes }) as LinkVerdict,
    resolve: (task, events) => asJson(room, 'resolve', { task, events }) as Resolution | null,
    encodeEvent: (event) => {
      const { hash, action, entry } = asJson(room, 'encode_event', event) as Record<keyof Encoded, string>
      return {
        hash,
        action: Uint8Array.from(Buffer.from(action, 'hex')),
        entry: Uint8Array.from(Buffer.from(entry, 'hex')),
      }
    },
    hashAction: (action) => room.ask('hash_action', action) as ActionHash,
    readEvent: ({ action, entry, signature }) => {
      const read = room.ask('read_event', encode({ action, entry, signature })) as {
        readonly event?: MeshEvent
      } | null
      return read?.event ?? null
    },
    verifyReceipt: (bytes) => room.ask('verify_receipt', bytes) as Report,
  }
}

/** Asks in JSON. Throws `RIPPLE_INTERNAL` for a question that does not have the form that the function takes. */
function asJson(room: Room, question: Question, about: unknown): unknown {
  const answer = room.ask(question, Buffer.from(JSON.stringify(about), 'utf8'))
  if (typeof answer === 'object' && answer !== null && 'unreadable' in answer) {
    throw new RippleError('RIPPLE_INTERNAL', { detail: `${question}: ${String(answer.unreadable)}` })
  }
  return answer
}
