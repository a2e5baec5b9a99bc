/** Reads the heads of model files in batches, and retries those that could not be read. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { orAborted } from '../types/or-aborted.ts'
import type { FileFacts, FolderFacts } from './facts.ts'
import { readHeads, unread } from './inspect.ts'
import type { HeadRead } from './inspect-words.ts'

/** A file whose head a caller waits for. */
interface Asked {
  readonly name: string
  /** The other facts of the file. */
  readonly facts: FileFacts
  readonly read: PromiseWithResolvers<FileFacts>
}

/** A file whose head could not be read, and the time until which callers get that error. */
interface Failed {
  readonly mtime_ms: number
  readonly wait_ms: number
  readonly until: number
  readonly error: RippleError
}

/**
 * Reads the heads of a folder's files for all callers, in few processes, since a process takes longer to start than to read.
 * A head is remembered with the other facts of its file. A failure is not: the head is read again after a while, each time
 * after a longer one.
 */
export class Heads {
  readonly #dir: string
  readonly #facts: FolderFacts
  readonly #life: AbortSignal
  readonly #readHeads: typeof readHeads
  readonly #asked = new Map<string, Asked>()
  readonly #failed = new Map<string, Failed>()
  #reading = false

  /** `life` bounds the reading of a head, which continues when the callers have stopped waiting. */
  constructor(dir: string, facts: FolderFacts, life: AbortSignal, read = readHeads) {
    this.#dir = dir
    this.#facts = facts
    this.#life = life
    this.#readHeads = read
  }

  /**
   * Returns the facts with the head. Rejects with `RIPPLE_MODEL_UNREAD`, and with the reason of the end of `life`. Also
   * rejects with the reason of the caller's own signal while the head is being read, which continues.
   */
  async of(name: string, facts: FileFacts, signal: AbortSignal): Promise<FileFacts> {
    if (facts.head !== null) return facts
    const path = join(this.#dir, name)
    const failed = this.#failed.get(path)
    if (failed?.mtime_ms === facts.mtime_ms && performance.now() < failed.until) throw failed.error
    const before = this.#asked.get(path)
    if (before?.facts.mtime_ms === facts.mtime_ms && before.facts.bytes === facts.bytes)
      return orAborted(before.read.promise, signal)
    before?.read.reject(unread(path, 'it changes while it is read'))
    const asked = { name, facts, read: Promise.withResolvers<FileFacts>() }
    this.#asked.set(path, asked)
    if (!this.#reading) void this.#readAll()
    return orAborted(asked.read.promise, signal)
  }

  /** Reads the heads of all requested files, in batches. Never rejects. */
  async #readAll(): Promise<void> {
    this.#reading = true
    while (this.#asked.size > 0) {
      await sleep(limits.model_heads_gather_ms)
      // A file that is replaced while these are read is requested again, and read after them.
      const batch = new Map(this.#asked)
      const taken = (path: string): Asked | null => {
        const asked = this.#asked.get(path)
        if (asked === undefined || asked !== batch.get(path)) return null
        this.#asked.delete(path)
        return asked
      }
      try {
        await this.#readHeads([...batch.keys()], this.#life, (path, head) => {
          const asked = taken(path)
          if (asked !== null) this.#answer(path, asked, head)
        })
      } catch (error) {
        for (const path of batch.keys()) taken(path)?.read.reject(error)
      }
    }
    this.#reading = false
  }

  #answer(path: string, { name, read, facts }: Asked, head: HeadRead): void {
    if (head.type === 'unread') {
      const error = unread(path, head.detail)
      const { min, max } = limits.model_head_again_ms
      const before = this.#failed.get(path)
      const wait_ms = before?.mtime_ms === facts.mtime_ms ? Math.min(max, 2 * before.wait_ms) : min
      const until = performance.now() + wait_ms
      this.#failed.set(path, { mtime_ms: facts.mtime_ms, wait_ms, until, error })
      read.reject(error)
    } else {
      const whole = { ...facts, head }
      read.resolve(this.#facts.keep(name, whole).then(() => whole))
    }
  }
}
