import { RippleError } from '../errors/ripple-error.ts'
import type { AgentKey } from '../types/events.ts'

/** How many may be at it for one peer at a time, and how many may wait for that. */
export interface TurnBounds {
  readonly atOnce: number
  readonly waiting: number
}

/** Lets a bounded number of callers in for one peer at a time; the others wait in order, a bounded number of them too. */
export class Turns {
  readonly #bounds: TurnBounds
  readonly #busy = new Map<AgentKey, number>()
  readonly #waiting = new Map<AgentKey, Array<() => void>>()

  constructor(bounds: TurnBounds) {
    this.#bounds = bounds
  }

  /**
   * Runs the work when it is its turn. Rejects with the signal's reason if that comes first, and at once with
   * `RIPPLE_PEER_UNREACHABLE` where too many wait already.
   */
  async run<T>(peer: AgentKey, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(peer, signal)
    try {
      return await work()
    } finally {
      this.#leave(peer)
    }
  }

  async #enter(peer: AgentKey, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const busy = this.#busy.get(peer) ?? 0
    if (busy < this.#bounds.atOnce) {
      this.#busy.set(peer, busy + 1)
      return
    }
    const queue = this.#waiting.get(peer) ?? []
    const { waiting } = this.#bounds
    if (queue.length >= waiting) {
      const detail = `${waiting} messages wait for it already`
      throw new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: peer, detail })
    }
    this.#waiting.set(peer, queue)
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        queue.splice(queue.indexOf(enter), 1)
        reject(signal.reason)
      }
      queue.push(enter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** The place goes to the next in the queue, or is given up. */
  #leave(peer: AgentKey): void {
    const next = this.#waiting.get(peer)?.shift()
    if (next !== undefined) {
      next()
      return
    }
    this.#waiting.delete(peer)
    const busy = (this.#busy.get(peer) ?? 1) - 1
    if (busy === 0) this.#busy.delete(peer)
    else this.#busy.set(peer, busy)
  }
}
