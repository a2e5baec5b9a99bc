import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'

/** Bounds what is being received at a time: per agent, so that one cannot starve the others, and in all. */
export class ReceiveQuota {
  readonly #held = new Map<AgentKey, number>()
  #total = 0

  /** Whether one more message may be received from the agent now; if so it counts until `release`. */
  take(agent: AgentKey): boolean {
    const held = this.#held.get(agent) ?? 0
    const bytes = (this.#total + 1) * limits.message_bytes_max
    if (held >= limits.messages_in_flight_max || bytes > limits.messages_bytes_in_flight_max) return false
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
