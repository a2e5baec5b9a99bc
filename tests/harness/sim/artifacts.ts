import { createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import type { Artifacts } from '../../../host/artifacts/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { AgentKey, Cid } from '../../../host/types/events.ts'

/** Bytes in memory, one store a peer, that read from each other. */
export class MemoryStores {
  readonly #stores = new Map<AgentKey, Map<Cid, Uint8Array>>()
  readonly #clock: Clock
  readonly #reaches: (from: AgentKey, to: AgentKey) => boolean

  constructor(clock: Clock, reaches: (from: AgentKey, to: AgentKey) => boolean) {
    this.#clock = clock
    this.#reaches = reaches
  }

  /** One peer's artifacts. */
  join(agent: AgentKey): Artifacts {
    const own = this.#stores.get(agent) ?? new Map<Cid, Uint8Array>()
    this.#stores.set(agent, own)
    const get = (cid: Cid, from: readonly AgentKey[], signal: AbortSignal) =>
      this.#get(agent, own, cid, from, signal)
    return {
      add: async (bytes) => {
        const cid = cidOf(bytes)
        own.set(cid, bytes)
        return cid
      },
      get,
      has: async (cid) => own.has(cid),
      pin: async (cid, from, signal) => void own.set(cid, await get(cid, from, signal)),
      unpin: async (cid) => void own.delete(cid),
      ls: async () => [...own].map(([cid, bytes]) => ({ cid, bytes: bytes.length })),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  async #get(
    self: AgentKey,
    own: Map<Cid, Uint8Array>,
    cid: Cid,
    from: readonly AgentKey[],
    signal: AbortSignal,
  ) {
    for (;;) {
      const here = own.get(cid)
      if (here) return here
      await this.#clock.sleep(50, signal)
      for (const agent of from) {
        const bytes = this.#reaches(agent, self) ? this.#stores.get(agent)?.get(cid) : undefined
        if (bytes && cidOf(bytes) === cid) return bytes
      }
      await this.#clock.sleep(500, signal).catch(() => {
        throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid })
      })
    }
  }
}

/** The CID of one raw block. */
export function cidOf(bytes: Uint8Array): Cid {
  return CID.createV1(0x55, create(0x12, createHash('sha256').update(bytes).digest())).toString()
}
