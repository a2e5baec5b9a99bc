import { isDeepStrictEqual } from 'node:util'
import type { NodeCapability } from '../../zomes-bindings/generated/NodeCapability.ts'
import type { AgentRegistry, CardOf } from '../../zomes-bindings/index.ts'
import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'

/**
 * The cards of all machines, and the writing of this one's. A card comes by the DHT, or from the machine itself before
 * the DHT has brought it; what the DHT brings takes its place.
 */
export class Cards {
  readonly #registry: AgentRegistry
  #found: readonly CardOf[] = []
  #known: ReadonlyMap<AgentKey, CardOf> = new Map()
  readonly #introduced = new Map<AgentKey, CardOf>()

  constructor(registry: AgentRegistry) {
    this.#registry = registry
  }

  /**
   * Writes this machine's card if what lasts of it differs from the one on the chain: actions are dear, load travels
   * as presence, and a speed that is about the same stays as it was written. Resolves with whether it wrote. Rejects as a zome call does.
   */
  async publish(card: NodeCapability, signal: AbortSignal): Promise<boolean> {
    const before = await this.#registry.capabilities.mine(signal)
    const steady = before === null ? card : withSteadySpeed(before, card)
    if (before !== null && sameMachine(before, steady)) return false
    await this.#registry.capabilities.publish(steady, signal)
    return true
  }

  /** Reads the cards that have arrived here. Resolves with whether they have changed. Rejects as a zome call does. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const found = await this.#registry.discovery.cards(signal)
    const before = this.#known
    for (const { agent } of found) this.#introduced.delete(agent)
    this.#found = found
    this.#merge()
    return this.#known.size !== before.size || found.some(({ agent, at }) => before.get(agent)?.at !== at)
  }

  /**
   * Takes the card by which a machine introduced itself, this one's too before it is written, `at` milliseconds since 1970; one
   * that is known stays.
   */
  introduce(agent: AgentKey, card: NodeCapability, at: number): void {
    if (this.#known.has(agent)) return
    this.#introduced.set(agent, { agent, card, at })
    const [oldest] = this.#introduced.keys()
    if (this.#introduced.size > limits.introduced_cards_max && oldest !== undefined)
      this.#introduced.delete(oldest)
    this.#merge()
  }

  #merge(): void {
    const cards = [...this.#introduced.values(), ...this.#found]
    this.#known = new Map(cards.map((card) => [card.agent, card]))
  }

  /** The cards of the last refresh, and of those who introduced themselves, by agent. */
  known(): ReadonlyMap<AgentKey, CardOf> {
    return this.#known
  }
}

/** The card with the speed of the one before it, unless it became faster or slower by more than the factor. Pure. */
function withSteadySpeed(before: NodeCapability, card: NodeCapability): NodeCapability {
  const { inference } = card.capabilities
  const [was, is] = [before.capabilities.inference.tokens_per_second, inference.tokens_per_second]
  if (Math.max(was, is) > limits.speed_factor * Math.min(was, is)) return card
  return {
    ...card,
    capabilities: { ...card.capabilities, inference: { ...inference, tokens_per_second: was } },
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
