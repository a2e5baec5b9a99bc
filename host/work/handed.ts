/** Remembers events that came by message. */
import { LRUCache } from 'lru-cache'
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
  readonly #valid = new LRUCache<ActionHash, MeshEvent>({ max: limits.events_by_message_max })
  /** By the event that is missing. */
  readonly #waiting = new LRUCache<ActionHash, Waiting>({ max: limits.events_waiting_max })
  /** Those that the DHT has not shown here. */
  readonly #ahead = new LRUCache<ActionHash, true>({ max: limits.events_by_message_max })

  /** Remembers a valid event, which may be here before the DHT has it. A Task is not kept: whoever needs it has it. */
  add(event: MeshEvent): void {
    this.#ahead.set(event.hash, true)
    if (event.entry.type !== 'Task') this.#valid.set(event.hash, event)
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
