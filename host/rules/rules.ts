/** Opens the rules of `dnas/shared`, which judge entries, links and receipts. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from '@ipld/dag-cbor'
import type { Membrane, MembraneProof, Revocation } from '../../zomes-bindings/generated/membrane.ts'
import type { Report } from '../../zomes-bindings/generated/receipt.ts'
import type {
  LinkBase,
  LinkKind,
  MeshEntry,
  Resolution,
} from '../../zomes-bindings/generated/resource-mesh.ts'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, SignedBytes } from '../types/events.ts'
import { openRulesWasm, type Question, type RulesWasm } from './rules-wasm.ts'

/** The reason why a write is refused: a stable code, and words for people. */
export interface Refused {
  readonly code: string
  readonly text: string
}

/** The verdict on an entry: valid, refused, or not decidable before an event is known. */
export type Verdict =
  | { readonly valid: boolean }
  | { readonly refused: Refused }
  | { readonly missing: ActionHash }

/** The verdict on a link: the base that it must start from, or the reason why it is refused. */
export type LinkVerdict = { readonly base: LinkBase } | { readonly refused: Refused }

/** The position of a write. */
export interface WriteAt {
  readonly author: AgentKey
  readonly seq: number
  readonly dna_hash: DnaHash
  readonly max_action_seq: number
}

/** An event to encode, with the hash of the previous action. */
export type Unsigned = Omit<MeshEvent, 'hash'> & { readonly prev_action: ActionHash }

/** An event as a chain stores it. Its author signs `action`. */
export interface Encoded {
  readonly hash: ActionHash
  readonly action: Uint8Array
  readonly entry: Uint8Array
}

/** The rules of `dnas/shared`. Every function is synchronous, pure and deterministic. */
export interface Rules {
  /**
   * Judges an entry. `known` has the events that it names, and those that these events name (a Close's Result's authority).
   * Null means that the hash is known to belong to something else.
   */
  checkEntry(entry: MeshEntry, at: WriteAt, known: Readonly<Record<ActionHash, MeshEvent | null>>): Verdict
  /** Judges a link to `target` with a tag of `tagBytes` bytes. */
  checkLink(kind: LinkKind, at: WriteAt, target: MeshEvent, tagBytes: number): LinkVerdict
  /** Judges a membership, with its signatures. Returns the reason why the agent is not a member; null if it is one. */
  checkMembership(membrane: Membrane | null, agent: AgentKey, proof: MembraneProof | null): string | null
  /** Judges a revocation, with its signatures. Returns the reason why it does not count; null if it does. */
  checkRevocation(membrane: Membrane | null, revocation: Revocation): string | null
  /** Reads a poster's list from its events in any order; null without the Task itself. */
  resolve(task: ActionHash, events: readonly MeshEvent[]): Resolution | null
  /** Encodes an event as a chain stores it. */
  encodeEvent(event: Unsigned): Encoded
  /** Returns the hash of an encoded action. */
  hashAction(action: Uint8Array): ActionHash
  /**
   * Reads an event from the bytes that its author signed. Its hashes are those of the bytes, and the signature is valid. Null for
   * anything else that a peer may send. `checkEntry` decides if it may be written.
   */
  readEvent(signed: SignedBytes): MeshEvent | null
  /** Verifies the bytes of a receipt. It never throws: for other bytes it returns a report with a problem. */
  verifyReceipt(bytes: Uint8Array): Report
}

const folder = join(import.meta.dirname, '../../workdir')

/** Opens `workdir/rules.wasm`. Rejects as `readRules` does. */
export async function openRules(): Promise<Rules> {
  return fromRoom(await openRulesWasm(await readRules()))
}

/**
 * Reads the bytes of `workdir/rules.wasm`. Rejects with `RIPPLE_RULES_MISMATCH` if the file is absent, or differs from the
 * sha256 in `workdir/rules.sha256`.
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

function fromRoom(room: RulesWasm): Rules {
  return {
    checkEntry: (entry, at, known) => asJson(room, 'check_entry', { entry, at, known }) as Verdict,
    checkLink: (kind, at, target, tagBytes) =>
      asJson(room, 'check_link', { kind, at, target, tag_bytes: tagBytes }) as LinkVerdict,
    checkMembership: (membrane, agent, proof) =>
      asJson(room, 'check_membership', { membrane, agent, proof }) as string | null,
    checkRevocation: (membrane, revocation) =>
      asJson(room, 'check_revocation', { membrane, revocation }) as string | null,
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

/** Asks in JSON. Throws `RIPPLE_INTERNAL` for a question that the function cannot read. */
function asJson(room: RulesWasm, question: Question, about: unknown): unknown {
  const answer = room.ask(question, Buffer.from(JSON.stringify(about), 'utf8'))
  if (typeof answer === 'object' && answer !== null && 'unreadable' in answer) {
    throw new RippleError('RIPPLE_INTERNAL', { detail: `${question}: ${String(answer.unreadable)}` })
  }
  return answer
}
