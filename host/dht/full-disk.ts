import { setTimeout as sleep } from 'node:timers/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { freeBytes } from '../models/space.ts'

/** A conductor's process. */
interface Running {
  readonly pid: number
  stop(): Promise<void>
}

/** What a full disk is handled with. */
export interface FullDiskNeeds {
  /** The conductor's folder: its disk is the one that counts. */
  readonly folder: string
  /** The conductor that runs now, or null while it is down. One that was stopped is started anew by whoever supervises it. */
  current(): Running | null
  /** Lets nothing be written any more, until another session with a conductor begins. */
  pause(reason: RippleError): void
}

/** The error for a conductor that had no room. */
export function noRoom(cause?: unknown): RippleError {
  return new RippleError('RIPPLE_DISK_FULL', { path: "the conductor's folder" }, { cause })
}

/**
 * Keeps a conductor from being written to after its disk was full. SQLite may then leave a transaction open in it
 * (holochain 0.7.1): what it is given to write after that is answered, read back and perhaps published, and is gone with
 * its process, and a chain that has lost its head can only be forked or left. So nothing is written from the first sign
 * on, and as soon as there is room the conductor is started anew.
 */
export class FullDisk implements AsyncDisposable {
  readonly #needs: FullDiskNeeds
  readonly #stopping = new AbortController()
  #waiting: Promise<void> | null = null

  constructor(needs: FullDiskNeeds) {
    this.#needs = needs
  }

  /** Takes note that the conductor had no room. */
  found(): void {
    const sick = this.#needs.current()
    if (sick === null || this.#stopping.signal.aborted) return
    this.#needs.pause(noRoom())
    this.#waiting ??= this.#untilRoom(sick).finally(() => {
      this.#waiting = null
    })
  }

  /** Takes note of what a call threw, and hands it on. */
  readonly seen = (error: RippleError): RippleError => {
    if (error.code === 'RIPPLE_DISK_FULL') this.found()
    return error
  }

  /** Rejects with `RIPPLE_DISK_FULL` where there is too little room to begin something that must not stop half-way. */
  async check(): Promise<void> {
    if (!(await hasRoom(this.#needs.folder))) throw noRoom()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#waiting
  }

  /** One that has ended by itself needs nobody to end it. While it runs, a session that is made anew lets nothing be written. */
  async #untilRoom(sick: Running): Promise<void> {
    const { folder, current, pause } = this.#needs
    const { signal } = this.#stopping
    while (current()?.pid === sick.pid && !signal.aborted) {
      pause(noRoom())
      if (await hasRoom(folder)) return sick.stop()
      await sleep(limits.disk_look_ms, undefined, { signal }).catch(() => {})
    }
  }
}

/** Whether a folder's disk has room; one that does not answer has none yet. */
function hasRoom(folder: string): Promise<boolean> {
  return freeBytes(folder).then(
    (free) => free >= limits.conductor_room_bytes_min,
    () => false,
  )
}
