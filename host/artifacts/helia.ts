/** Stores and exchanges artifacts with an embedded Helia node. */
import { join } from 'node:path'
import { withBitswap } from '@helia/bitswap'
import type { HeliaWithLibp2p } from '@helia/libp2p'
import type { Libp2p } from '@libp2p/interface'
import { FsDatastore } from 'datastore-fs'
import { createHeliaLight } from 'helia'
import type { CID } from 'multiformats/cid'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AgentKey, Cid } from '../types/events.ts'
import {
  type GetBlock,
  importContent,
  isBlockOf,
  parseCid,
  readContent,
  readFileContent,
  toBytes,
} from './cid.ts'
import type { CutFile } from './cut-file.ts'
import { type AskAgain, askUntil, fetchInTime } from './deadline.ts'
import type { Artifacts, FileExchange, PinnedArtifact, ReadRange } from './port.ts'
import { SharedFiles } from './shared-files.ts'

/** The parts of the daemon that the embedded IPFS node needs. */
export interface HeliaNeeds {
  /**
   * The daemon's node, as members' protocols see it. Every admitted peer may request any CID that it can name, so outputs
   * that are not public are stored as ciphertext.
   */
  readonly libp2p: Libp2p
  /** The folder of blocks and pins. */
  readonly folder: string
  /** Connects to an agent's node, so that bitswap asks it too. */
  readonly connect: (agent: AgentKey, signal: AbortSignal) => Promise<unknown>
}

/**
 * Starts Helia's light core on the daemon's node. Bitswap with connected peers is its only source of blocks: there are no
 * gateways and no routing. A stored block survives a kill of the process. It is not flushed to the disk, so a power cut can
 * tear it; the next read notices that, and the block is fetched again.
 */
export async function openHelia(needs: HeliaNeeds): Promise<Artifacts & FileExchange> {
  const blocks = new SharedFiles(join(needs.folder, 'blocks'))
  const datastore = new FsDatastore(join(needs.folder, 'pins'))
  await blocks.open()
  await datastore.open()
  const light = createHeliaLight({ blockstore: blocks, datastore })
  const helia = withBitswap(Object.assign(light, { libp2p: needs.libp2p }), bitswapOptions)
  await helia.start()
  return new HeliaArtifacts(needs, blocks, helia)
}

/**
 * Serves a repeated request at once, since a block that is requested again soon was lost. The default would stay silent for
 * 5 s. Blocks also go over connections that a member relays.
 */
const bitswapOptions = { doNotResendBlockWindow: 0, runOnLimitedConnections: true }

class HeliaArtifacts implements Artifacts, FileExchange {
  readonly #needs: HeliaNeeds
  readonly #blocks: SharedFiles
  readonly #helia: HeliaWithLibp2p

  constructor(needs: HeliaNeeds, blocks: SharedFiles, helia: HeliaWithLibp2p) {
    this.#needs = needs
    this.#blocks = blocks
    this.#helia = helia
  }

  async add(content: Uint8Array, signal: AbortSignal): Promise<Cid> {
    return this.#onDisk(async () => {
      const cid = await importContent(content, async (block, bytes) => {
        await this.#helia.blockstore.put(block, bytes, { signal })
      })
      await this.#keep(cid, content.length, signal)
      return cid.toString()
    })
  }

  async get(cid: Cid, from: readonly AgentKey[], signal: AbortSignal, max?: number): Promise<Uint8Array> {
    const root = parseCid(cid)
    return fetchInTime(cid, signal, (deadline) =>
      this.#onDisk(() => {
        this.#connectTo(from, deadline)
        return toBytes(
          readContent(root, (block, reading) => this.#block(block, from, reading), deadline, { max }),
        )
      }),
    )
  }

  async has(cid: Cid, signal: AbortSignal): Promise<boolean> {
    const getBlock: GetBlock = (block, reading) => toBytes(this.#blocks.get(block, { signal: reading }))
    const pieces = readContent(parseCid(cid), getBlock, signal)
    try {
      for await (const _piece of pieces) signal.throwIfAborted()
      return true
    } catch {
      signal.throwIfAborted()
      return false
    }
  }

  async pin(cid: Cid, from: readonly AgentKey[], signal: AbortSignal): Promise<void> {
    const root = parseCid(cid)
    await fetchInTime(cid, signal, (deadline) =>
      this.#onDisk(async () => {
        this.#connectTo(from, deadline)
        let bytes = 0
        const pieces = readContent(root, (block, reading) => this.#block(block, from, reading), deadline)
        for await (const piece of pieces) bytes += piece.length
        await this.#keep(root, bytes, deadline)
      }),
    )
  }

  async unpin(cid: Cid, signal: AbortSignal): Promise<void> {
    const root = parseCid(cid)
    if (!(await this.#isRoot(root, signal))) return
    const released: CID[] = []
    for await (const block of this.#helia.pins.rm(root, { signal })) released.push(block)
    for (const block of released) {
      if (!(await this.#helia.pins.isPinned(block))) await this.#helia.blockstore.delete(block, { signal })
    }
  }

  async ls(signal: AbortSignal): Promise<PinnedArtifact[]> {
    const pinned: PinnedArtifact[] = []
    for await (const pin of this.#helia.pins.ls({ signal })) {
      pinned.push({ cid: pin.cid.toString(), bytes: Number(pin.metadata.bytes ?? 0) })
    }
    return pinned
  }

  share(path: string, cut: CutFile): () => void {
    return this.#blocks.share(path, cut)
  }

  async *read(
    cid: Cid,
    from: readonly AgentKey[],
    range: ReadRange,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    this.#connectTo(from, signal)
    const getBlock: GetBlock = (block, reading) =>
      this.#blocks.passing(block, () => this.#block(block, from, reading, limits.file_block_ask_again_ms))
    yield* readFileContent(parseCid(cid), getBlock, signal, range)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#helia.stop()
  }

  /** Pins content. The pin's metadata has its size, so that a list reads no content. */
  async #keep(root: CID, bytes: number, signal: AbortSignal): Promise<void> {
    if (await this.#isRoot(root, signal)) return
    for await (const _block of this.#helia.pins.add(root, { signal, metadata: { bytes } }))
      signal.throwIfAborted()
  }

  async #isRoot(root: CID, signal: AbortSignal): Promise<boolean> {
    return this.#helia.pins.get(root, { signal }).then(
      () => true,
      () => signal.throwIfAborted() ?? false,
    )
  }

  /**
   * Returns a block from the disk where it is whole, else from the connected peers. If none has sent it, the connection to
   * those that may have it has perhaps ended, as a relayed one does after a while.
   */
  async #block(
    cid: CID,
    from: readonly AgentKey[],
    signal: AbortSignal,
    again?: AskAgain,
  ): Promise<Uint8Array> {
    if (await this.#blocks.has(cid)) {
      // A piece of a shared file is gone when the file has changed.
      const kept = await toBytes(this.#blocks.get(cid, { signal })).catch(() => null)
      signal.throwIfAborted()
      if (kept !== null && isBlockOf(cid, kept)) return kept
      await this.#blocks.delete(cid)
    }
    let asked = false
    const ask = (brief: AbortSignal) => {
      if (asked) this.#connectTo(from, signal)
      asked = true
      return toBytes(this.#helia.blockstore.get(cid, { signal: brief }))
    }
    return askUntil(signal, ask, again)
  }

  /**
   * Connects to peers while the fetch runs: a peer that connects later is asked then. A peer that cannot be reached is
   * skipped.
   */
  #connectTo(from: readonly AgentKey[], signal: AbortSignal): void {
    for (const agent of from) this.#needs.connect(agent, signal).catch(() => undefined)
  }

  /** Turns a full disk into `RIPPLE_DISK_FULL`. The stores put the cause of a failed write only into the message. */
  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (!String(cause).includes('ENOSPC')) throw cause
      throw new RippleError('RIPPLE_DISK_FULL', { path: this.#needs.folder }, { cause })
    }
  }
}
