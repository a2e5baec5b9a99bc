/** Maps agents to libp2p peers by their verified cards. */
import type { AddressBook } from '../../net/address-book.ts'
import { checkBinding, peerIdOf } from '../../net/binding.ts'
import type { PeerAddress } from '../../net/libp2p.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import type { PeerAddresses } from './peer-addresses.ts'

interface Entry {
  readonly publicKey: string
  readonly peerId: string
}

/**
 * Address book made from cards; a card counts once its binding was verified. A peer id that two agents bind belongs to
 * the agent with the newer card. Only the machine itself can bind its peer id, so the newer key is its current one.
 */
export class PeerDirectory implements AddressBook {
  readonly #byAgent = new Map<AgentKey, Entry>()
  readonly #byPeer = new Map<string, AgentKey>()
  readonly #addresses: Pick<PeerAddresses, 'of' | 'note'>
  /** The last update. Updates run one at a time, so that an older list cannot overwrite a newer one. */
  #updating: Promise<void> = Promise.resolve()

  constructor(addresses: Pick<PeerAddresses, 'of' | 'note'>) {
    this.#addresses = addresses
  }

  /** Adds the cards and beats that are known now. */
  update(peers: readonly Peer[]): Promise<void> {
    this.#addresses.note(peers)
    this.#updating = this.#updating.then(async () => {
      for (const peer of peers) await this.#take(peer)
    })
    return this.#updating
  }

  lookup(agent: AgentKey): PeerAddress | null {
    const entry = this.#byAgent.get(agent)
    return entry ? { peerId: entry.peerId, addresses: this.#addresses.of(agent) } : null
  }

  agentOf(peerId: string): AgentKey | null {
    return this.#byPeer.get(peerId) ?? null
  }

  /** Forgets an agent, so that its machine is a stranger. Returns its last address; null if it was not known. */
  drop(agent: AgentKey): PeerAddress | null {
    const before = this.lookup(agent)
    this.#byAgent.delete(agent)
    if (before !== null) this.#byPeer.delete(before.peerId)
    return before
  }

  /** Returns the Ed25519 public key of an agent's machine, 64 hex digits; null until its card was verified. */
  publicKeyOf(agent: AgentKey): string | null {
    return this.#byAgent.get(agent)?.publicKey ?? null
  }

  async #take({ agent, card }: Peer): Promise<void> {
    const { public_key: publicKey } = card.peer
    if (this.#byAgent.get(agent)?.publicKey === publicKey) return
    const peerId = peerIdOf(publicKey)
    if (peerId === null || !(await checkBinding(agent, card.peer))) return
    const before = this.#byPeer.get(peerId)
    if (before !== undefined) this.#byAgent.delete(before)
    const old = this.#byAgent.get(agent)
    if (old) this.#byPeer.delete(old.peerId)
    this.#byAgent.set(agent, { publicKey, peerId })
    this.#byPeer.set(peerId, agent)
  }
}
