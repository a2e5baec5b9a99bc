/** Keeps the cards of all machines, and writes this machine's own. */
import { isDeepStrictEqual } from 'node:util'
import type { NodeCapability } from '../../zomes-bindings/generated/agent-registry.ts'
import type { AgentRegistry, CardOf } from '../../zomes-bindings/index.ts'
import { limits } from '../limits.ts'
import { checkBinding } from '../net/binding.ts'
import type { AgentKey } from '../types/events.ts'

/**
 * The cards of all machines, and the writer of this machine's own. A card comes by the DHT, or from the machine itself
 * before the DHT has brought it; the DHT's card then replaces it. A machine that rejoins may have another agent key under
 * its old libp2p key: its newest card counts, and its older cards are dropped. Only the holder of the libp2p key can sign
 * a card for it, so nobody else can replace a machine.
 */
export class Cards {
  readonly #registry: AgentRegistry
  #found: readonly CardOf[] = []
  #known: ReadonlyMap<AgentKey, CardOf> = new Map()
  readonly #introduced = new Map<AgentKey, CardOf>()
  /** Agents whose libp2p key has signed a newer card, for another agent. */
  #replaced: ReadonlySet<AgentKey> = new Set()
  /**
   * Results of checking whether a card's libp2p key has signed for its agent, by agent and signature; only for keys that
   * several cards share.
   */
  #checked: ReadonlyMap<string, Promise<boolean>> = new Map()
  /** The latest search for replaced cards, which may be running, and the next one, which waits for it to end. */
  #replacement: Promise<void> = Promise.resolve()
  #replacing: Promise<void> | null = null

  /** Returns the reason why the network refuses a card; null if it does not. */
  readonly #refusal: (card: CardOf) => string | null

  constructor(registry: AgentRegistry, refusal: (card: CardOf) => string | null = () => null) {
    this.#registry = registry
    this.#refusal = refusal
  }

  /**
   * Writes this machine's card if its lasting content differs from the one on the chain. Actions are expensive, load
   * travels as presence, and a similar speed keeps the written value. Resolves with whether it wrote. Rejects as a zome
   * call does.
   */
  async publish(card: NodeCapability, signal: AbortSignal): Promise<boolean> {
    const before = await this.#registry.capabilities.mine(signal)
    const steady = before === null ? card : withSteadySpeed(before, card)
    // If this machine has an earlier key again, its card must be written again, so that it is the newest.
    const counts = !this.#replaced.has(card.node_id)
    if (before !== null && counts && sameMachine(before, steady)) return false
    await this.#registry.capabilities.publish(steady, signal)
    return true
  }

  /** Reads the cards that have arrived here. Resolves with whether they have changed. Rejects as a zome call does. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const all = await this.#registry.discovery.cards(signal)
    const found = all.filter((card) => this.#refusal(card) === null)
    const before = this.#known
    for (const { agent } of found) this.#introduced.delete(agent)
    this.#found = found
    await this.#replace()
    const now = [...this.#known.values()]
    return now.length !== before.size || now.some(({ agent, at }) => before.get(agent)?.at !== at)
  }

  /**
   * Takes the card by which a machine introduced itself at `at`, in milliseconds since 1970. This includes this machine's
   * own card before it is written. A known card stays. Resolves when the cards that it replaces are removed.
   */
  async introduce(agent: AgentKey, card: NodeCapability, at: number): Promise<void> {
    if (this.#known.has(agent) || this.#refusal({ agent, card, at }) !== null) return
    this.#introduced.set(agent, { agent, card, at })
    const [oldest] = this.#introduced.keys()
    if (this.#introduced.size > limits.introduced_cards_max && oldest !== undefined)
      this.#introduced.delete(oldest)
    this.#merge()
    await this.#replace()
  }

  /** Forgets the cards of an agent that the network refuses from now on. */
  expel(agent: AgentKey): void {
    this.#introduced.delete(agent)
    this.#found = this.#found.filter((card) => card.agent !== agent)
    this.#merge()
  }

  #merge(): void {
    const cards = [...this.#introduced.values(), ...this.#found].filter(
      ({ agent }) => !this.#replaced.has(agent),
    )
    this.#known = new Map(cards.map((card) => [card.agent, card]))
  }

  /** Finds the replaced cards; calls that come before a search begins share it. */
  #replace(): Promise<void> {
    this.#replacing ??= this.#replacement.then(() => {
      this.#replacing = null
      this.#replacement = this.#findReplaced()
      return this.#replacement
    })
    return this.#replacing
  }

  async #findReplaced(): Promise<void> {
    // A machine's own introduction is newer than its cards from the DHT, whatever the clocks say.
    const byAge = [...this.#found].sort((one, other) => one.at - other.at)
    const sharing = Map.groupBy([...byAge, ...this.#introduced.values()], ({ card }) => card.peer.public_key)
    const checked = new Map<string, Promise<boolean>>()
    const replaced = new Set<AgentKey>()
    for (const group of sharing.values()) {
      if (group.length < 2) continue
      const signed: AgentKey[] = []
      for (const { agent, card } of group) {
        const name = `${agent} ${card.peer.signature}`
        const checking = this.#checked.get(name) ?? checkBinding(agent, card.peer)
        checked.set(name, checking)
        if (await checking) signed.push(agent)
      }
      for (const agent of signed) if (agent !== signed.at(-1)) replaced.add(agent)
    }
    this.#checked = checked
    this.#replaced = replaced
    this.#merge()
  }

  /** Whether an agent's machine has another key now. */
  isReplaced(agent: AgentKey): boolean {
    return this.#replaced.has(agent)
  }

  /** Whether a card came from its machine alone, and not yet by the DHT. */
  isMissing(agent: AgentKey): boolean {
    return this.#introduced.has(agent)
  }

  /** Returns the cards of the last refresh, and of machines that introduced themselves, by agent. */
  known(): ReadonlyMap<AgentKey, CardOf> {
    return this.#known
  }
}

/**
 * Returns the card with the speed of the one before it, unless the speed changed by more than `limits.speed_factor`.
 * Pure.
 */
function withSteadySpeed(before: NodeCapability, card: NodeCapability): NodeCapability {
  const { inference } = card.capabilities
  const [was, is] = [before.capabilities.inference.tokens_per_second, inference.tokens_per_second]
  if (Math.max(was, is) > limits.speed_factor * Math.min(was, is)) return card
  return {
    ...card,
    capabilities: { ...card.capabilities, inference: { ...inference, tokens_per_second: was } },
  }
}

/** Whether two cards have the same lasting content: all but load, availability and the time of writing. Pure. */
export function sameMachine(one: NodeCapability, other: NodeCapability): boolean {
  return isDeepStrictEqual(lasting(one), lasting(other))
}

function lasting(card: NodeCapability): Partial<NodeCapability> {
  const { load: _load, availability: _availability, last_heartbeat: _written, ...rest } = card
  return rest
}
