/** Splits messages into pieces for zome calls, and joins them. */
import { randomBytes } from 'node:crypto'
import { encode } from '@msgpack/msgpack'
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import { decodePlain } from './frame.ts'

const countMax = Math.ceil(limits.message_bytes_max / limits.message_chunk_bytes_max)

const chunkSchema = z.strictObject({
  id: z.instanceof(Uint8Array).refine((id) => id.length === 16),
  index: z.number().int().nonnegative(),
  count: z.number().int().positive().max(countMax),
  bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= limits.message_chunk_bytes_max),
})

/** Splits a message's bytes into numbered pieces, at least one, that each fit in one zome call. */
export function splitChunks(bytes: Uint8Array): Uint8Array[] {
  const id = randomBytes(16)
  const size = limits.message_chunk_bytes_max
  const count = Math.max(1, Math.ceil(bytes.length / size))
  return Array.from({ length: count }, (_, index) =>
    encode({ id, index, count, bytes: bytes.subarray(index * size, (index + 1) * size) }),
  )
}

interface Assembly {
  readonly count: number
  readonly parts: Map<number, Uint8Array>
  readonly since: Millis
}

/** The result of a piece: `waiting` for more, the `whole` message, or `dropped` as malformed or beyond the bounds. */
export type Joined =
  | { readonly kind: 'waiting' | 'dropped' }
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }

/**
 * Joins numbered pieces in any order. It keeps at most `limits.message_assemblies_max` messages per agent, from at most
 * `limits.message_assembling_agents_max` agents. An incomplete message is forgotten after `limits.message_send_ms`.
 */
export class ChunkJoiner {
  readonly #agents = new Map<AgentKey, Map<string, Assembly>>()

  /** Takes a piece from an agent; `now` is this machine's clock. */
  take(from: AgentKey, piece: Uint8Array, now: Millis): Joined {
    const parsed = chunkSchema.safeParse(decodePlain(piece))
    if (!parsed.success || parsed.data.index >= parsed.data.count) return { kind: 'dropped' }
    const { id, index, count, bytes } = parsed.data
    if (count === 1) return { kind: 'whole', bytes }
    this.#forgetStale(now)
    const assembly = this.#assembly(from, Buffer.from(id).toString('hex'), count, now)
    if (assembly === null || assembly.count !== count) return { kind: 'dropped' }
    assembly.parts.set(index, bytes)
    if (assembly.parts.size < count) return { kind: 'waiting' }
    this.#agents.get(from)?.delete(Buffer.from(id).toString('hex'))
    const parts = Array.from({ length: count }, (_, at) => assembly.parts.get(at) ?? new Uint8Array())
    return { kind: 'whole', bytes: Buffer.concat(parts) }
  }

  #assembly(from: AgentKey, id: string, count: number, now: Millis): Assembly | null {
    const own = this.#agents.get(from) ?? new Map<string, Assembly>()
    const known = own.get(id)
    if (known !== undefined) return known
    if (own.size >= limits.message_assemblies_max) return null
    if (!this.#agents.has(from) && this.#agents.size >= limits.message_assembling_agents_max) return null
    const assembly: Assembly = { count, parts: new Map(), since: now }
    this.#agents.set(from, own.set(id, assembly))
    return assembly
  }

  #forgetStale(now: Millis): void {
    for (const [agent, own] of this.#agents) {
      for (const [id, assembly] of own) if (now - assembly.since > limits.message_send_ms) own.delete(id)
      if (own.size === 0) this.#agents.delete(agent)
    }
  }
}
