/** Limits concurrent activities per peer and in total. */
import type { AgentKey } from '../types/events.ts'

/** The most concurrent activities: per peer, so that one peer cannot starve the others, and in total. */
export interface QuotaBounds {
  readonly each: number
  readonly all: number
}

/** A counter of each peer's activities that refuses those above the bounds. */
export class PeerQuota {
  readonly #bounds: QuotaBounds
  readonly #held = new Map<AgentKey, number>()
  #total = 0

  constructor(bounds: QuotaBounds) {
    this.#bounds = bounds
  }

  /** Whether one more activity of the peer may begin; if so, it counts until `release`. */
  take(agent: AgentKey): boolean {
    const held = this.#held.get(agent) ?? 0
    if (held >= this.#bounds.each || this.#total >= this.#bounds.all) return false
    this.#held.set(agent, held + 1)
    this.#total += 1
    return true
  }

  /** Ends an activity that `take` allowed. */
  release(agent: AgentKey): void {
    const held = (this.#held.get(agent) ?? 1) - 1
    if (held === 0) this.#held.delete(agent)
    else this.#held.set(agent, held)
    this.#total -= 1
  }
}
