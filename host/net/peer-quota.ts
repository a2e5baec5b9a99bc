import type { AgentKey } from '../types/events.ts'

/** How many things may go on at a time: of one peer, so that one cannot starve the others, and in all. */
export interface QuotaBounds {
  readonly each: number
  readonly all: number
}

/** Counts what goes on for each peer, and refuses what is above the bounds. */
export class PeerQuota {
  readonly #bounds: QuotaBounds
  readonly #held = new Map<AgentKey, number>()
  #total = 0

  constructor(bounds: QuotaBounds) {
    this.#bounds = bounds
  }

  /** Whether one more may go on for the peer now; if so it counts until `release`. */
  take(agent: AgentKey): boolean {
    const held = this.#held.get(agent) ?? 0
    if (held >= this.#bounds.each || this.#total >= this.#bounds.all) return false
    this.#held.set(agent, held + 1)
    this.#total += 1
    return true
  }

  /** Ends what `take` allowed. */
  release(agent: AgentKey): void {
    const held = (this.#held.get(agent) ?? 1) - 1
    if (held === 0) this.#held.delete(agent)
    else this.#held.set(agent, held)
    this.#total -= 1
  }
}
