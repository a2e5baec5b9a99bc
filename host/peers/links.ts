/** Follows the connections to peers, and dials a peer whose last connection has ended. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'
import type { AddressBook } from '../net/address-book.ts'
import type { PeerAddress } from '../net/libp2p.ts'
import type { Clock } from '../types/clock.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Link } from '../types/peer.ts'
import { Semaphore } from '../types/semaphore.ts'

/** Parts that the links use. */
export interface LinkNeeds {
  readonly libp2p: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>
  readonly book: Pick<AddressBook, 'lookup' | 'agentOf'>
  readonly clock: Clock
  /** Whether an agent said goodbye: it is not dialled. */
  hasLeft(agent: AgentKey): boolean
  /** Opens a connection to a peer. Rejects if it cannot be dialled in time. */
  connect(peer: PeerAddress, signal: AbortSignal): Promise<unknown>
}

/** Receives each change of a peer's connection. */
export type LinkHandler = (agent: AgentKey, link: Link, before: Link | null) => void

/**
 * The connections to peers. libp2p pings each connection and ends it without an answer, so an open connection proves that
 * its peer was alive within the last seconds. After the last connection to a peer has ended, the peer is dialled: it fails at
 * once if the process is gone. A failed dial is repeated with growing pauses, so that a peer that returns is found.
 */
export class Links implements Disposable {
  readonly #needs: LinkNeeds
  /** By peer id; bounded, because anyone may connect. */
  readonly #links = new LRUCache<string, Link>({ max: limits.presence_agents_max })
  readonly #dialledAt = new LRUCache<string, Millis>({ max: limits.presence_agents_max })
  readonly #dialling = new Semaphore(limits.link_dials_max)
  readonly #handlers = new Set<LinkHandler>()
  readonly #stopping = new AbortController()

  constructor(needs: LinkNeeds) {
    this.#needs = needs
    needs.libp2p.addEventListener('peer:connect', this.#opened)
    needs.libp2p.addEventListener('peer:disconnect', this.#ended)
  }

  /** Returns the connection of an agent; null if it had none since the start. */
  of(agent: AgentKey): Link | null {
    const peer = this.#needs.book.lookup(agent)
    return (peer && this.#links.get(peer.peerId)) ?? null
  }

  /** Calls back with each change. The returned function stops the calls. */
  onChange(handler: LinkHandler): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  [Symbol.dispose](): void {
    this.#stopping.abort()
    this.#needs.libp2p.removeEventListener('peer:connect', this.#opened)
    this.#needs.libp2p.removeEventListener('peer:disconnect', this.#ended)
  }

  readonly #opened = ({ detail }: CustomEvent<PeerId>): void => this.#set(detail.toString(), 'open')

  readonly #ended = ({ detail }: CustomEvent<PeerId>): void => {
    const peerId = detail.toString()
    this.#set(peerId, 'closed')
    void this.#redial(peerId)
  }

  #set(peerId: string, state: Link['state']): void {
    const before = this.#links.get(peerId) ?? null
    const at = this.#needs.clock.now()
    const link = { state, at, openedAt: state === 'open' ? at : (before?.openedAt ?? at) }
    this.#links.set(peerId, link)
    const agent = this.#needs.book.agentOf(peerId)
    if (agent === null) return
    for (const handler of this.#handlers) handler(agent, link, before)
  }

  /**
   * Dials a peer until a connection is open, for at most `limits.link_dial_for_ms`; the beats dial too. At most one dial of a
   * peer begins in the shortest pause, because a node with too many connections would close each new one.
   */
  async #redial(peerId: string): Promise<void> {
    const { clock } = this.#needs
    const { signal } = this.#stopping
    const isOpen = () => this.#links.get(peerId)?.state === 'open'
    const { min, max } = limits.link_dial_pause_ms
    const until = clock.now() + limits.link_dial_for_ms
    let pauseMs: Millis = min
    let dueAt = (this.#dialledAt.get(peerId) ?? -Infinity) + pauseMs
    while (dueAt < until) {
      if (dueAt > clock.now()) await clock.sleep(dueAt - clock.now(), signal).catch(() => {})
      const agent = this.#needs.book.agentOf(peerId)
      if (signal.aborted || isOpen() || agent === null || this.#needs.hasLeft(agent)) return
      this.#dialledAt.set(peerId, clock.now())
      if (await this.#dial(agent)) return
      if (signal.aborted || isOpen()) return
      if (this.#links.get(peerId)?.state === 'closed') this.#set(peerId, 'failed')
      dueAt = clock.now() + pauseMs
      pauseMs = max
    }
  }

  async #dial(agent: AgentKey): Promise<boolean> {
    const peer = this.#needs.book.lookup(agent)
    if (peer === null) return false
    const { signal } = this.#stopping
    try {
      await this.#dialling.take(1, signal)
    } catch {
      return false
    }
    try {
      await this.#needs.connect(peer, signal)
      return true
    } catch {
      return false
    } finally {
      this.#dialling.release(1)
    }
  }
}
