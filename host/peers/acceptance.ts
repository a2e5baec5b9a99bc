/** Remembers the machines that this one asks and works for. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Journal } from '../work/journal/port.ts'

/** Journal key of the accepted machines. */
const KEY = 'accepted_peers'

const storedSchema = z.array(
  z.strictObject({ public_key: z.string(), agent: z.string(), name: z.string(), at: z.number() }),
)

/** A machine that was accepted. */
export interface AcceptedPeer {
  /** Its libp2p key, which it keeps for life: 64 hex digits. */
  readonly public_key: string
  /** Its agent key and name when it was accepted, for people. */
  readonly agent: AgentKey
  readonly name: string
  readonly at: Millis
}

/** Parts that acceptance uses. */
export interface AcceptanceNeeds {
  readonly self: AgentKey
  readonly journal: Journal
  /** Whether everybody on the network is accepted. */
  readonly isOpen: boolean
  /** Whether an agent's membership of a private network was revoked. */
  isRevoked(agent: AgentKey): boolean
  /** Returns the libp2p key of an agent whose card was verified; null for others. */
  publicKeyOf(agent: AgentKey): string | null
}

/**
 * The machines that this one accepts. On a network that anybody near can see, a machine asks and works only for those that
 * its owner has accepted once. The others are told nothing but this machine's presence. A machine is accepted by its libp2p
 * key, so a new agent key changes nothing.
 */
export class Acceptance {
  /** Whether everybody on the network is accepted. */
  readonly isOpen: boolean
  readonly #needs: AcceptanceNeeds
  readonly #accepted: Map<string, AcceptedPeer>
  /** Changes run one at a time, so that none undoes another. */
  #changing: Promise<void> = Promise.resolve()

  private constructor(needs: AcceptanceNeeds, accepted: readonly AcceptedPeer[]) {
    this.isOpen = needs.isOpen
    this.#needs = needs
    this.#accepted = new Map(accepted.map((one) => [one.public_key, one]))
  }

  /** Reads the accepted machines; a damaged list counts as empty. Rejects as the journal does. */
  static async open(needs: AcceptanceNeeds): Promise<Acceptance> {
    const stored = storedSchema.safeParse(await needs.journal.get('meta', KEY))
    return new Acceptance(needs, stored.data ?? [])
  }

  /** Whether this machine asks and works for an agent. */
  accepts(agent: AgentKey): boolean {
    if (agent === this.#needs.self) return true
    if (this.#needs.isRevoked(agent)) return false
    if (this.isOpen) return true
    const publicKey = this.#needs.publicKeyOf(agent)
    return publicKey !== null && this.#accepted.has(publicKey)
  }

  /** Lists the accepted machines, the first accepted first. */
  list(): readonly AcceptedPeer[] {
    return [...this.#accepted.values()]
  }

  /** Accepts a machine; of more than `limits.accepted_peers_max` the oldest is forgotten. Rejects as the journal does. */
  accept(peer: AcceptedPeer): Promise<void> {
    return this.#change(peer.public_key, (others) => [...others, peer].slice(-limits.accepted_peers_max))
  }

  /** Forgets a machine, which is refused from then on. Rejects as the journal does. */
  forget(publicKey: string): Promise<void> {
    return this.#change(publicKey, (others) => others)
  }

  #change(publicKey: string, next: (others: AcceptedPeer[]) => readonly AcceptedPeer[]): Promise<void> {
    const others = () => this.list().filter(({ public_key }) => public_key !== publicKey)
    const done = this.#changing.then(() => this.#store(next(others())))
    this.#changing = done.catch(() => {})
    return done
  }

  async #store(accepted: readonly AcceptedPeer[]): Promise<void> {
    await this.#needs.journal.put(
      'meta',
      KEY,
      accepted.map((one) => ({ ...one })),
    )
    this.#accepted.clear()
    for (const one of accepted) this.#accepted.set(one.public_key, one)
  }
}
