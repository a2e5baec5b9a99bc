import { isDeepStrictEqual } from 'node:util'
import type { NodeCapability } from '../../zomes-bindings/generated/NodeCapability.ts'
import type { AgentRegistry, CardOf } from '../../zomes-bindings/index.ts'
import type { AgentKey } from '../types/events.ts'

/** The cards of all machines, and the writing of this one's. */
export class Cards {
  readonly #registry: AgentRegistry
  #known: ReadonlyMap<AgentKey, CardOf> = new Map()

  constructor(registry: AgentRegistry) {
    this.#registry = registry
  }

  /**
   * Writes this machine's card if what lasts of it differs from the one on the chain: actions are dear, and load
   * travels as presence. Resolves with whether it wrote. Rejects as a zome call does.
   */
  async publish(card: NodeCapability, signal: AbortSignal): Promise<boolean> {
    const before = await this.#registry.capabilities.mine(signal)
    if (before !== null && sameMachine(before, card)) return false
    await this.#registry.capabilities.publish(card, signal)
    return true
  }

  /** Reads the cards that have arrived here. Resolves with whether they have changed. Rejects as a zome call does. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const found = await this.#registry.discovery.cards(signal)
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
