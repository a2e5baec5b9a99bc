import { limits } from '../limits.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../types/events.ts'

/** An event that cannot be judged before another one that it names, and who sent it. */
export interface Waiting {
  readonly from: AgentKey
  readonly event: MeshEvent
}

/** What is remembered of events that came by message, the oldest forgotten first: whatever is forgotten comes again. */
export class Handed {
  /** Valid ones that others name. */
  readonly #valid = new Map<ActionHash, MeshEvent>()
  /** By the event that is missing. */
  readonly #waiting = new Map<ActionHash, Waiting>()
  /** Those that the DHT has not shown here. */
  readonly #ahead = new Set<ActionHash>()

  /** Remembers a valid event, which may be here before the DHT has it. A Task is not kept: whoever needs it has it. */
  add(event: MeshEvent): void {
    this.#ahead.add(event.hash)
    if (event.entry.type !== 'Task') this.#valid.set(event.hash, event)
    for (const kept of [this.#ahead, this.#valid]) {
      const [oldest] = kept.keys()
      if (kept.size > limits.events_by_message_max && oldest !== undefined) kept.delete(oldest)
    }
  }

  /** A valid event that came by message. */
  get(hash: ActionHash): MeshEvent | undefined {
    return this.#valid.get(hash)
  }

  /** Keeps an event until the one that it names is here; nothing more of a peer of which too many wait. */
  wait(missing: ActionHash, waiting: Waiting): boolean {
    const own = [...this.#waiting.values()].filter(({ from }) => from === waiting.from).length
    if (own >= limits.events_waiting_per_peer_max && !this.#waiting.has(missing)) return false
    this.#waiting.set(missing, waiting)
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size > limits.events_waiting_max && oldest !== undefined) this.#waiting.delete(oldest)
    return true
  }

  /** Whether an event of this peer waits for that one. */
  awaits(from: AgentKey, missing: ActionHash): boolean {
    return this.#waiting.get(missing)?.from === from
  }

  /** Gives back what has waited for an event, which waits no more. */
  release(missing: ActionHash): Waiting | undefined {
    const waiting = this.#waiting.get(missing)
    this.#waiting.delete(missing)
    return waiting
  }

  /** Notes that the DHT has shown an event here. */
  arrived(hash: ActionHash): void {
    this.#ahead.delete(hash)
  }

  /** Whether an event came by message and the DHT has not shown it here, as far as is remembered. */
  isAhead(hash: ActionHash): boolean {
    return this.#ahead.has(hash)
  }
}
