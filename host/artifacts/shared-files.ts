/** Serves blocks from files outside of the block store, such as models. */
import { hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { CID } from 'multiformats/cid'
import { RAW_BLOCK_BYTES_MAX } from '../../zomes-bindings/generated/limits.ts'
import { BlockFiles } from './block-files.ts'
import { isBlockOf } from './cid.ts'
import type { CutFile } from './cut-file.ts'

/** The place of a block: a piece of a file, or bytes in memory. */
type Place =
  | { readonly file: string; readonly at: number; readonly length: number }
  | { readonly bytes: Uint8Array }

/**
 * Blocks as files, and blocks that are pieces of other files, such as models. Those pieces are read from their file, and no
 * second copy is stored. A file that has changed meanwhile no longer serves its blocks.
 */
export class SharedFiles extends BlockFiles {
  readonly #places = new Map<string, { readonly place: Place; users: number }>()
  /** Digests of blocks that pass through and are not stored, with the number of their reads. */
  readonly #passing = new Map<string, number>()

  /** Serves the blocks of a file until the returned function is called. */
  share(file: string, cut: CutFile): () => void {
    const entries = placesOf(file, cut)
    for (const [digest, place] of entries) {
      const known = this.#places.get(digest)
      if (known) known.users += 1
      else this.#places.set(digest, { place, users: 1 })
    }
    let shared = true
    return () => {
      if (!shared) return
      shared = false
      for (const [digest] of entries) {
        const known = this.#places.get(digest)
        if (known && --known.users === 0) this.#places.delete(digest)
      }
    }
  }

  /** Passes on a block that `read` fetches, without storing it. */
  async passing<T>(cid: CID, read: () => Promise<T>): Promise<T> {
    const key = keyOf(cid)
    this.#passing.set(key, (this.#passing.get(key) ?? 0) + 1)
    try {
      return await read()
    } finally {
      const left = (this.#passing.get(key) ?? 1) - 1
      if (left === 0) this.#passing.delete(key)
      else this.#passing.set(key, left)
    }
  }

  override async has(cid: CID, options?: Parameters<BlockFiles['has']>[1]): Promise<boolean> {
    return this.#places.has(keyOf(cid)) || super.has(cid, options)
  }

  override async put(
    cid: CID,
    block: Parameters<BlockFiles['put']>[1],
    options?: Parameters<BlockFiles['put']>[2],
  ): Promise<CID> {
    return this.#passing.has(keyOf(cid)) ? cid : super.put(cid, block, options)
  }

  override async *get(cid: CID, options?: Parameters<BlockFiles['get']>[1]): ReturnType<BlockFiles['get']> {
    const key = keyOf(cid)
    const known = this.#places.get(key)
    const block = known ? await read(known.place).catch(() => null) : null
    if (block !== null && isBlockOf(cid, block)) yield block
    else {
      this.#places.delete(key)
      yield* super.get(cid, options)
    }
  }
}

function placesOf(file: string, { leaves, nodes, bytes }: CutFile): Array<readonly [string, Place]> {
  const pieces = leaves.map((digest, index): readonly [string, Place] => {
    const at = index * RAW_BLOCK_BYTES_MAX
    const length = Math.min(RAW_BLOCK_BYTES_MAX, bytes - at)
    return [Buffer.from(digest).toString('base64'), { file, at, length }]
  })
  const held = nodes.map((node): readonly [string, Place] => [
    hash('sha256', node, 'base64'),
    { bytes: node },
  ])
  return [...pieces, ...held]
}

function keyOf({ multihash }: CID): string {
  return Buffer.from(multihash.digest).toString('base64')
}

async function read(place: Place): Promise<Uint8Array> {
  if ('bytes' in place) return place.bytes
  await using file = await open(place.file, 'r')
  const { bytesRead, buffer } = await file.read(new Uint8Array(place.length), 0, place.length, place.at)
  return buffer.subarray(0, bytesRead)
}
