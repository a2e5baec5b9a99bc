/** Assembles the receipt of a task from its signed events. */
import { encode } from '@ipld/dag-cbor'
import type { Dht } from '../dht/port.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { Rules } from '../rules/rules.ts'
import type { ActionHash, EventOf, MeshEvent, SignedBytes } from '../types/events.ts'
import { readPosterList } from './poster-list.ts'

/** The version of the receipt's format. */
const version = 1

/** Data that the holder of a receipt may show in addition to the signed events. */
export interface Secrets {
  readonly payload: Uint8Array | null
  readonly payload_salt: Uint8Array | null
  /** The plain output. */
  readonly output: Uint8Array | null
  readonly output_salt: Uint8Array | null
  /** The key of the output; null for an output that is pinned unencrypted. */
  readonly output_key: Uint8Array | null
  /** Bytes of the output that existed before its attempt; null for a new answer. */
  readonly prefix_bytes: number | null
}

/** The inputs of a receipt. */
export interface Assembly {
  readonly dht: Dht
  readonly rules: Rules
  /** Null leaves payload and output out; the signatures still verify. */
  readonly secrets: Secrets | null
}

/**
 * Makes the receipt of a task. An accepted task's receipt includes the Close; any other is one-sided, for this peer's own
 * Result. Rejects with `RIPPLE_EVENT_UNKNOWN` if an event has not arrived here. Rejects with `RIPPLE_TASK_NO_RECEIPT` if
 * there is neither an accepted Result nor an own one.
 */
export async function assembleReceipt(
  assembly: Assembly,
  task: ActionHash,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { dht } = assembly
  const asked = await event(dht, task, signal)
  const events = [asked, ...(await readPosterList(dht, asked.author, task, signal))]
  const { result, close } = await ended(assembly, task, events, signal)
  const authority = await event(dht, result.entry.authority, signal)
  const claim = authority.entry.type === 'FallbackClaim' ? authority : null
  const last = close?.entry.prev ?? (claim === null ? authority.hash : task)
  const grants = grantsUpTo(last, task, events)
  const signed = (hash: ActionHash): Promise<SignedBytes> => signedBytes(dht, hash, signal)
  return encode({
    version,
    dna: hashBytes(asked.entry.dna_hash),
    task: await signed(task),
    grants: await Promise.all(grants.map(signed)),
    claim: claim === null ? null : await signed(claim.hash),
    result: await signed(result.hash),
    close: close === null ? null : await signed(close.hash),
    reveal: assembly.secrets === null ? {} : reveal(assembly.secrets),
  })
}

/** Returns the accepted result and its Close, or the own result of a task without a Close that accepts one. */
async function ended(
  { dht, rules }: Assembly,
  task: ActionHash,
  events: readonly MeshEvent[],
  signal: AbortSignal,
) {
  const state = rules.resolve(task, events)?.state
  if (state?.type === 'closed' && state.result !== null) {
    const result = await event(dht, state.result, signal)
    const close = events.find(({ hash }) => hash === state.close)
    if (close && is(close, 'Close') && is(result, 'Result')) return { result, close }
  }
  const own = (await dht.results(task, signal)).filter(({ author }) => author === dht.agent)
  const result = own.filter((one) => is(one, 'Result')).at(-1)
  if (!result) throw new RippleError('RIPPLE_TASK_NO_RECEIPT', { id: task, state: state?.type ?? 'unknown' })
  return { result, close: null }
}

/** Returns the hashes of the Grants from the first up to `last`. */
function grantsUpTo(last: ActionHash, task: ActionHash, events: readonly MeshEvent[]): ActionHash[] {
  const grants: ActionHash[] = []
  for (let at = last; at !== task; ) {
    const found = events.find(({ hash }) => hash === at)
    if (!found || !is(found, 'Grant')) throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: at })
    grants.unshift(at)
    at = found.entry.prev
  }
  return grants
}

function is<T extends MeshEvent['entry']['type']>(event: MeshEvent, type: T): event is EventOf<T> {
  return event.entry.type === type
}

async function event(dht: Dht, hash: ActionHash, signal: AbortSignal): Promise<MeshEvent> {
  const found = await dht.get(hash, signal)
  if (found === null) throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash })
  return found
}

async function signedBytes(dht: Dht, hash: ActionHash, signal: AbortSignal): Promise<SignedBytes> {
  const found = await dht.signed(hash, signal)
  if (found === null) throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash })
  return { action: found.action, entry: found.entry, signature: found.signature }
}

/** Returns only the values that are present: the format has no nulls here. */
function reveal(secrets: Secrets): Record<string, Uint8Array | number> {
  const { payload, payload_salt, output, output_salt, output_key, prefix_bytes } = secrets
  const all = { payload, payload_salt, output, output_salt, output_key, prefix_bytes }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, shown]) => (shown === null ? [] : [[name, shown]])),
  )
}

/** Returns all 39 bytes of a hash from its text. */
function hashBytes(hash: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hash.slice(1), 'base64url'))
}
