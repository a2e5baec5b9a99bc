/** Remembers events that came by message. */
import { LRUCache } from 'lru-cache'
import { limits } from '../../limits.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../../types/events.ts'

/** An event that cannot be judged before another one that it names, with its sender. */
export interface Waiting {
  readonly from: AgentKey
  readonly event: MeshEvent
}

/** Events that came by message. The least recently used are forgotten first; a forgotten event comes again. */
export class PeerEventCache {
  /** Valid events that others name. */
  readonly #valid = new LRUCache<ActionHash, MeshEvent>({ max: limits.events_by_message_max })
  /** Waiting events, by the event that is missing. */
  readonly #waiting = new LRUCache<ActionHash, Waiting>({ max: limits.events_waiting_max })
  /** Events that the DHT has not shown here. */
  readonly #ahead = new LRUCache<ActionHash, true>({ max: limits.events_by_message_max })

  /**
   * Remembers a valid event, which may be here before the DHT has it. A Task is not stored, because its users have it.
   */
  add(event: MeshEvent): void {
    this.#ahead.set(event.hash, true)
    if (event.entry.type !== 'Task') this.#valid.set(event.hash, event)
  }

  /** Returns a valid event that came by message. */
  get(hash: ActionHash): MeshEvent | undefined {
    return this.#valid.get(hash)
  }

  /** Stores an event until the one that it names is here. Returns false where too many events of its sender wait. */
  wait(missing: ActionHash, waiting: Waiting): boolean {
    const own = [...this.#waiting.values()].filter(({ from }) => from === waiting.from).length
    if (own >= limits.events_waiting_per_peer_max && !this.#waiting.has(missing)) return false
    this.#waiting.set(missing, waiting)
    return true
  }

  /** Whether an event of this peer waits for that one. */
  awaits(from: AgentKey, missing: ActionHash): boolean {
    return this.#waiting.get(missing)?.from === from
  }

  /** Returns and forgets the event that has waited for this one. */
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
