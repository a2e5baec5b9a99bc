/** Stores and fetches artifacts on a Kubo node that the user runs. */
import type { KuboRPCClient } from 'kubo-rpc-client'
import type { CID } from 'multiformats/cid'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AgentKey, Cid } from '../types/events.ts'
import { type GetBlock, importContent, parseCid, readContent, readFileContent, toBytes } from './cid.ts'
import { fetchInTime } from './deadline.ts'
import type { Artifacts, FileExchange, PinnedArtifact, ReadRange } from './port.ts'

/** The address of Kubo, and its deadline. */
export interface KuboNeeds {
  /** Address of its RPC API, such as `http://127.0.0.1:5001`. */
  readonly url: string
  /** Deadline of a short request, in milliseconds. */
  readonly callMs?: number
}

/**
 * Opens artifacts on a user's Kubo. Ripple cuts and checks the blocks itself, so that CIDs are the same as Helia's and a
 * node that lies is detected. Kubo finds content by its own routing: the peers named to `get` and `pin` are not dialled.
 * Rejects with `RIPPLE_KUBO_UNREACHABLE`.
 */
export async function openKubo(needs: KuboNeeds): Promise<Artifacts & FileExchange> {
  // The client is loaded only here: most daemons never need it, and loading takes a third of a second.
  const { create } = await import('kubo-rpc-client')
  const artifacts = new KuboArtifacts(create({ url: needs.url }), needs)
  await artifacts.check()
  return artifacts
}

const formats = new Map([
  [0x55, 'raw'],
  [0x70, 'dag-pb'],
])

class KuboArtifacts implements Artifacts, FileExchange {
  readonly #client: KuboRPCClient
  readonly #needs: KuboNeeds
  readonly #getBlock: GetBlock = (block, signal) => this.#client.block.get(block, { signal })

  constructor(client: KuboRPCClient, needs: KuboNeeds) {
    this.#client = client
    this.#needs = needs
  }

  async check(): Promise<void> {
    await this.#call(new AbortController().signal, (signal) => this.#client.version({ signal }))
  }

  async add(content: Uint8Array, signal: AbortSignal): Promise<Cid> {
    const root = await importContent(content, (cid, block) => this.#put(cid, block, signal))
    await this.#call(signal, (deadline) => this.#client.pin.add(root, { signal: deadline }))
    return root.toString()
  }

  async get(cid: Cid, _from: readonly AgentKey[], signal: AbortSignal, max?: number): Promise<Uint8Array> {
    const root = parseCid(cid)
    return this.#fetch(cid, signal, (deadline) =>
      toBytes(readContent(root, this.#getBlock, deadline, { max })),
    )
  }

  async has(cid: Cid, signal: AbortSignal): Promise<boolean> {
    const root = parseCid(cid)
    return this.#call(signal, async (deadline) => {
      try {
        const pieces = readContent(root, (block, reading) => this.#local(block, reading), deadline)
        for await (const _piece of pieces) deadline.throwIfAborted()
        return true
      } catch (thrown) {
        if (isNetworkError(thrown) || deadline.aborted) throw thrown
        return false
      }
    })
  }

  async pin(cid: Cid, _from: readonly AgentKey[], signal: AbortSignal): Promise<void> {
    const root = parseCid(cid)
    await this.#fetch(cid, signal, async (deadline) => {
      const pieces = readContent(root, this.#getBlock, deadline)
      for await (const _piece of pieces) deadline.throwIfAborted()
      await this.#client.pin.add(root, { signal: deadline })
    })
  }

  async unpin(cid: Cid, signal: AbortSignal): Promise<void> {
    const root = parseCid(cid)
    await this.#call(signal, async (deadline) => {
      if (await this.#isPinned(root, deadline)) await this.#client.pin.rm(root, { signal: deadline })
    })
  }

  /** Lists the pinned files. Each request has its own deadline, because a user's Kubo may have very many pins. */
  async ls(signal: AbortSignal): Promise<PinnedArtifact[]> {
    const roots = await this.#call(signal, async (deadline) => {
      const found: CID[] = []
      for await (const { cid } of this.#client.pin.ls({ type: 'recursive', signal: deadline }))
        found.push(cid)
      return found
    })
    const pinned: PinnedArtifact[] = []
    for (const cid of roots) {
      const bytes = await this.#call(signal, (deadline) => this.#sizeOf(cid, deadline))
      if (bytes !== null) pinned.push({ cid: cid.toV1().toString(), bytes })
    }
    return pinned
  }

  /** Shares nothing, so that a user's Kubo does not store a second copy of gigabytes. */
  share(): null {
    return null
  }

  /** Reads content through Kubo, which keeps it until its own garbage collection. */
  read(
    cid: Cid,
    _from: readonly AgentKey[],
    range: ReadRange,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return readFileContent(parseCid(cid), this.#getBlock, signal, range)
  }

  /** Does nothing: no resource is held here, and Kubo keeps running for its owner. */
  async [Symbol.asyncDispose](): Promise<void> {}

  /** Stores a block. Rejects if Kubo gives it another CID, because Kubo then does not keep the same bytes. */
  async #put(cid: CID, block: Uint8Array, signal: AbortSignal): Promise<void> {
    const options = {
      format: formats.get(cid.code) ?? 'raw',
      mhtype: 'sha2-256',
      version: 1,
      pin: false,
    } as const
    const stored = await this.#call(signal, (deadline) =>
      this.#client.block.put(block, { ...options, signal: deadline }),
    )
    if (!stored.equals(cid)) throw this.#unreachable(`it calls a block ${stored}, which is ${cid}`)
  }

  /** Returns the size of pinned content; null for pins of other kinds, which the user keeps on the same Kubo. */
  async #sizeOf(cid: CID, signal: AbortSignal): Promise<number | null> {
    if (!formats.has(cid.code)) return null
    const stat = await this.#client.files.stat(`/ipfs/${cid}`, { signal })
    return stat.type === 'file' ? stat.size : null
  }

  async #isPinned(root: CID, signal: AbortSignal): Promise<boolean> {
    try {
      for await (const _pin of this.#client.pin.ls({ paths: root, type: 'recursive', signal })) return true
      return false
    } catch (thrown) {
      // Kubo answers a question about one CID with an error where it is not pinned.
      if (/not pinned/i.test(detailOf(thrown))) return false
      throw thrown
    }
  }

  /** Reads a block that Kubo stores. A Kubo that asks its peers in spite of `offline` does not store it, so the time is short. */
  #local(block: CID, signal: AbortSignal): Promise<Uint8Array> {
    const brief = AbortSignal.any([signal, AbortSignal.timeout(limits.kubo_local_ms)])
    return this.#client.block.get(block, {
      signal: brief,
      searchParams: new URLSearchParams({ offline: 'true' }),
    })
  }

  /** Runs a fetch with its own, longer deadline; only an unreachable Kubo ends it sooner. */
  #fetch<T>(cid: Cid, signal: AbortSignal, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    return fetchInTime(cid, signal, async (deadline) => {
      try {
        return await work(deadline)
      } catch (thrown) {
        throw isNetworkError(thrown) ? this.#unreachable(detailOf(thrown), thrown) : thrown
      }
    })
  }

  async #call<T>(signal: AbortSignal, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.#callMs)])
    try {
      return await work(deadline)
    } catch (thrown) {
      if (thrown instanceof RippleError) throw thrown
      if (signal.aborted) throw new RippleError('RIPPLE_INTERRUPTED', {}, { cause: thrown })
      if (/no space left/i.test(detailOf(thrown))) {
        throw new RippleError('RIPPLE_DISK_FULL', { path: this.#needs.url }, { cause: thrown })
      }
      throw this.#unreachable(detailOf(thrown), thrown)
    }
  }

  get #callMs(): number {
    return this.#needs.callMs ?? limits.kubo_call_ms
  }

  #unreachable(detail: string, cause?: unknown): RippleError {
    return new RippleError('RIPPLE_KUBO_UNREACHABLE', { url: this.#needs.url, detail }, { cause })
  }
}

/** Whether the connection failed. The client passes on the error of `fetch`, whose cause has the reason. */
function isNetworkError(thrown: unknown): boolean {
  return thrown instanceof TypeError && thrown.message === 'fetch failed'
}

function detailOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message
}
