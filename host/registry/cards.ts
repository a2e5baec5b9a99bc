import { isDeepStrictEqual } from 'node:util'
import type { NodeCapability } from '../../zomes-bindings/generated/NodeCapability.ts'
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'

/** An agent's newest card, as `agent_registry` gives it. */
export interface CardOf {
  readonly agent: AgentKey
  readonly card: NodeCapability
  /** When its author wrote it, by the author's clock. */
  readonly at: Millis
}

/** What cards need of `agent_registry`. */
export interface CardCalls {
  publish(card: NodeCapability, signal: AbortSignal): Promise<ActionHash>
  mine(signal: AbortSignal): Promise<NodeCapability | null>
  cards(signal: AbortSignal): Promise<readonly CardOf[]>
}

/** The cards of all machines, and the writing of this one's. */
export class Cards {
  readonly #calls: CardCalls
  #known: ReadonlyMap<AgentKey, CardOf> = new Map()

  constructor(calls: CardCalls) {
    this.#calls = calls
  }

  /**
   * Writes this machine's card if what lasts of it differs from the one on the chain: actions are dear, and load
   * travels as presence. Resolves with whether it wrote. Rejects as a zome call does.
   */
  async publish(card: NodeCapability, signal: AbortSignal): Promise<boolean> {
    const before = await this.#calls.mine(signal)
    if (before !== null && sameMachine(before, card)) return false
    await this.#calls.publish(card, signal)
    return true
  }

  /** Reads the cards that have arrived here. Resolves with whether they have changed. Rejects as a zome call does. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const found = await this.#calls.cards(signal)
    const before = this.#known
    this.#known = new Map(found.map((card) => [card.agent, card]))
    return found.length !== before.size || found.some(({ agent, at }) => before.get(agent)?.at !== at)
  }

  /** The cards of the last refresh, by agent. */
  known(): ReadonlyMap<AgentKey, CardOf> {
    return this.#known
  }
}

/** Whether two cards say the same of what lasts: all but load, availability and the time of writing. Pure. */
export function sameMachine(one: NodeCapability, other: NodeCapability): boolean {
  return isDeepStrictEqual(lasting(one), lasting(other))
}

function lasting(card: NodeCapability): Partial<NodeCapability> {
  const { load: _load, availability: _availability, last_heartbeat: _written, ...rest } = card
  return rest
}
