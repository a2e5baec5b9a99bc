/** Stops writes to a conductor whose disk is full, and restarts it once there is room. */
import { setTimeout as sleep } from 'node:timers/promises'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { freeBytes } from '../../models/sources/space.ts'

/** A conductor's process. */
interface Running {
  readonly pid: number
  stop(): Promise<void>
}

/** The dependencies for handling a full disk. */
export interface FullDiskNeeds {
  /** The conductor's folder; its disk is the one that counts. */
  readonly folder: string
  /** Returns the running conductor, or null while it is down. The supervisor restarts a conductor that was stopped. */
  current(): Running | null
  /** Refuses all writes until another session with a conductor begins. */
  pause(reason: RippleError): void
}

/** Returns the error for a conductor that had no room. */
export function noRoom(cause?: unknown): RippleError {
  return new RippleError('RIPPLE_DISK_FULL', { path: "the conductor's folder" }, { cause })
}

/**
 * Keeps a conductor from being written to after its disk was full. SQLite may then leave a transaction open in it
 * (holochain 0.7.1). Later writes are answered, read back and perhaps published, but are lost when the process ends. A
 * chain that has lost its head can only be forked or left. So nothing is written from the first sign on, and the conductor
 * is restarted as soon as there is room.
 */
export class FullDisk implements AsyncDisposable {
  readonly #needs: FullDiskNeeds
  readonly #stopping = new AbortController()
  #waiting: Promise<void> | null = null

  constructor(needs: FullDiskNeeds) {
    this.#needs = needs
  }

  /** Handles the sign that the conductor had no room. */
  found(): void {
    const sick = this.#needs.current()
    if (sick === null || this.#stopping.signal.aborted) return
    this.#needs.pause(noRoom())
    this.#waiting ??= this.#untilRoom(sick).finally(() => {
      this.#waiting = null
    })
  }

  /** Checks an error of a call for a full disk, and returns it. */
  readonly seen = (error: RippleError): RippleError => {
    if (error.code === 'RIPPLE_DISK_FULL') this.found()
    return error
  }

  /** Rejects with `RIPPLE_DISK_FULL` if there is too little room to begin something that must not stop half-way. */
  async check(): Promise<void> {
    if (!(await hasRoom(this.#needs.folder))) throw noRoom()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#waiting
  }

  /**
   * Stops the conductor once there is room, unless it has ended by itself. While it runs, writes are paused again and
   * again, because a new session with it would allow them.
   */
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

/** Whether a folder's disk has room. A disk that does not answer counts as full. */
function hasRoom(folder: string): Promise<boolean> {
  return freeBytes(folder).then(
    (free) => free >= limits.conductor_room_bytes_min,
    () => false,
  )
}
