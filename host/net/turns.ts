/** Bounds how many callers are busy with one peer at a time. */
import { RippleError } from '../errors/ripple-error.ts'
import type { AgentKey } from '../types/events.ts'
import { Semaphore } from '../types/semaphore.ts'

/** The most callers at a time for one peer, and the most that wait. */
export interface TurnBounds {
  readonly atOnce: number
  readonly waiting: number
}

/** A queue that admits a bounded number of callers per peer. The others wait in order, also a bounded number. */
export class Turns {
  readonly #bounds: TurnBounds
  readonly #peers = new Map<AgentKey, Semaphore>()

  constructor(bounds: TurnBounds) {
    this.#bounds = bounds
  }

  /**
   * Runs the work when it is its turn. Rejects with the signal's reason if that comes first, and at once with
   * `RIPPLE_PEER_UNREACHABLE` if too many wait already.
   */
  async run<T>(peer: AgentKey, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const { atOnce, waiting } = this.#bounds
    const places = this.#peers.get(peer) ?? new Semaphore(atOnce)
    if (!places.isFree(1) && places.waiting.length >= waiting) {
      const detail = `${waiting} messages wait for it already`
      throw new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: peer, detail })
    }
    this.#peers.set(peer, places)
    await places.take(1, signal)
    try {
      return await work()
    } finally {
      places.release(1)
      if (places.isFree(atOnce)) this.#peers.delete(peer)
    }
  }
}
