/** Stores blocks as files and reads each in one piece. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FsBlockstore } from 'blockstore-fs'
import { NextToLast } from 'blockstore-fs/sharding'
import type { CID } from 'multiformats/cid'

/**
 * Blocks as files, each read in one piece. The base class opens a file and streams it, and leaves it open when the reader
 * stops early (blockstore-fs 4.0.1). Node 26 ends the process when such an open file is garbage-collected.
 */
export class BlockFiles extends FsBlockstore {
  readonly #places: NextToLast

  constructor(folder: string) {
    const places = new NextToLast()
    super(folder, { shardingStrategy: places })
    this.#places = places
  }

  override async *get(
    cid: CID,
    options?: Parameters<FsBlockstore['get']>[1],
  ): ReturnType<FsBlockstore['get']> {
    const { dir, file } = this.#places.encode(cid)
    const signal = options?.signal ?? undefined
    const block = await readFile(join(this.path, dir, file), { signal }).catch(() => null)
    // If the file cannot be read or the signal is aborted, the base class does not open it either. It then throws the errors
    // that callers expect.
    if (block) yield block
    else yield* super.get(cid, options)
  }
}
