/** Announces this machine's presence, and listens for other machines. */
import { LRUCache } from 'lru-cache'
import type { NodeCapability, Presence } from '../../zomes-bindings/generated/agent-registry.ts'
import { limits } from '../limits.ts'
import type { MessageWay } from '../net/port.ts'
import type { Clock } from '../types/clock.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer, Proof } from '../types/peer.ts'
import { isThere, type PeerState, peerState } from '../types/peer-state.ts'
import type { Cards } from './cards.ts'
import type { Links } from './links.ts'

/** An agent that gets this machine's beats. */
export interface Listener {
  readonly agent: AgentKey
  /** Time at which it was last heard here, in milliseconds since 1970; null for never. */
  readonly heardAt: Millis | null
}

/** The content of a beat. */
export interface Word {
  readonly presence: Presence
  /** This machine's own card, for agents that may not have it. */
  readonly card: NodeCapability | null
}

/** Dependencies of the presence board. */
export interface PresenceParts {
  readonly agent: AgentKey
  readonly cards: Cards
  readonly links: Pick<Links, 'of' | 'onChange'>
  /** Whether this machine asks an agent and works for it. */
  accepts(agent: AgentKey): boolean
  /** Sends a beat to each agent; nothing confirms its arrival. */
  say(to: readonly Listener[], word: Word, signal: AbortSignal): Promise<void>
  /** Returns the current state of this machine. */
  describe(): Promise<Omit<Presence, 'reply'>>
  /**
   * Whether this machine takes no new work from others now. To them it then reports `draining`; its own tasks continue.
   */
  pausedForOthers(): boolean
  /** Returns the agents that the network names, whether their cards are here or not. */
  agents(): Promise<readonly AgentKey[]>
  readonly clock: Clock
  /** Reports a beat or refresh that failed; the next one follows anyway. */
  onError(error: unknown): void
}

/** Milliseconds after a peer's last message until it counts as away. */
const awayMs: Millis = limits.presence_every_ms * limits.presence_missed_max

/** The last message of a peer. */
interface Heard {
  readonly presence: Presence | null
  readonly at: Millis
  readonly by: Proof
  /** Time of the last answer to it. */
  readonly answeredAt: Millis
}

/** The board of present machines: sends beats for this machine, and takes the beats of others. */
export class PresenceBoard implements AsyncDisposable {
  readonly #parts: PresenceParts
  /** Agents that were heard, bounded in number: any machine on the network can send beats. */
  readonly #heard = new LRUCache<AgentKey, Heard>({ max: limits.presence_agents_max })
  /** Agents that do not accept this machine, by their last beats by stream; bounded as the beats are. */
  readonly #refusedBy = new LRUCache<AgentKey, true>({ max: limits.presence_agents_max })
  readonly #handlers = new Set<(peers: readonly Peer[]) => void>()
  readonly #stopping = new AbortController()
  readonly #beating: Promise<void>
  readonly #begunAt: Millis
  readonly #offLinks: () => void
  #wake = new AbortController()
  /** Whether the next beat asks for answers. */
  #asks = true
  /** The wait for answers: its start, the time of the next request to silent agents, and the pause after that request. */
  #owed: { readonly since: Millis; readonly at: Millis; readonly pauseMs: Millis } | null = null

  /** Begins to beat at once. The first beat asks for answers. */
  constructor(parts: PresenceParts) {
    this.#parts = parts
    this.#begunAt = parts.clock.now()
    this.#offLinks = parts.links.onChange((agent, link, before) => {
      // A machine that was unreachable may have missed a change here, and may have changed itself.
      if (link.state === 'open' && before?.state === 'failed') void this.#greet([agent])
      this.#tell()
    })
    this.#beating = this.#beat()
  }

  /** Takes a beat of a peer, with its card if it introduced itself. Answers a beat that asks for an answer. */
  hear(from: AgentKey, presence: Presence, card: NodeCapability | null, by: MessageWay): void {
    if (from === this.#parts.agent) return
    const now = this.#parts.clock.now()
    const before = this.#heard.get(from)
    const answer = presence.reply && now - (before?.answeredAt ?? -Infinity) >= limits.presence_answer_ms
    const answeredAt = answer ? now : (before?.answeredAt ?? -Infinity)
    this.#heard.set(from, { presence, at: now, by, answeredAt })
    if (card) void this.#parts.cards.introduce(from, card, now).then(() => this.#tell())
    if (answer) void this.#say([from], { reply: false, card: true })
    if (!this.#parts.cards.known().has(from)) this.#wake.abort()
    this.#tell()
  }

  /** Notes whether an agent asks this machine and works for it. */
  noteAcceptance(from: AgentKey, accepts: boolean): void {
    if (accepts) this.#refusedBy.delete(from)
    else this.#refusedBy.set(from, true)
  }

  /**
   * Notes that another message of a peer arrived: the peer is present, even if its beat was lost. Handlers are notified
   * if the peer has missed a beat, because by their last news it might count as away before the next one. A message that
   * comes just after a goodbye was sent before it.
   */
  seen(from: AgentKey, by: MessageWay): void {
    const before = this.#heard.get(from)
    const at = this.#parts.clock.now()
    const gone = this.hasLeft(from)
    if (gone && before && at - before.at < limits.presence_answer_ms) return
    const there = before !== undefined && !gone && at - before.at <= limits.presence_every_ms
    const presence = gone ? null : (before?.presence ?? null)
    this.#heard.set(from, { presence, at, by, answeredAt: before?.answeredAt ?? -Infinity })
    if (!there) this.#tell()
  }

  /** Whether an agent said goodbye, and nothing has come from it since. */
  hasLeft(agent: AgentKey): boolean {
    return this.#heard.get(agent)?.presence?.availability === 'offline'
  }

  /**
   * Sends a beat now that asks for answers: after a restart of the conductor, and when the machine's state has changed.
   */
  beatNow(): void {
    this.#asks = true
    this.#wake.abort()
  }

  /** Returns all machines with a card, including this one. */
  peers(): Peer[] {
    return [...this.#parts.cards.known().values()].map(({ agent, card, at }) => {
      const presence = this.#heard.get(agent)?.presence ?? null
      const link = this.#parts.links.of(agent)
      return { agent, card, presence, ...this.#proofOf(agent, at), waiting: this.#waiting(agent), link }
    })
  }

  #waiting(agent: AgentKey): 'here' | 'there' | null {
    if (!this.#parts.accepts(agent)) return 'here'
    return this.#refusedBy.has(agent) ? 'there' : null
  }

  /**
   * Returns the last proof of an agent's life: a message, its connection, or the card that it wrote at `cardAt`. A card from
   * before this machine's start, or from the future by its own clock, proves nothing.
   */
  #proofOf(agent: AgentKey, cardAt: Millis): Pick<Peer, 'seenAt' | 'seenBy'> {
    const heard = this.#heard.get(agent)
    const link = this.#parts.links.of(agent)
    const isNew = cardAt >= this.#begunAt && cardAt <= this.#parts.clock.now()
    const found: { readonly at: Millis; readonly by: Proof }[] = [
      ...(heard ? [heard] : []),
      ...(isNew ? [{ at: cardAt, by: 'card' as const }] : []),
      ...(link ? [{ at: link.openedAt, by: 'connection' as const }] : []),
    ]
    const [first] = found.sort((one, other) => other.at - one.at)
    return { seenAt: first?.at ?? null, seenBy: first?.by ?? null }
  }

  /** Counts the machines that are there and whose cards the DHT has not brought yet. */
  cardsMissing(): number {
    const now = this.#parts.clock.now()
    const { agent: self, cards } = this.#parts
    return this.peers().filter(
      (peer) => peer.agent !== self && isOnline(peer, now) && cards.isMissing(peer.agent),
    ).length
  }

  /** Calls back with all peers whenever a card or a presence has changed. The returned function stops the calls. */
  onPeers(handler: (peers: readonly Peer[]) => void): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  /** Says goodbye, so that peers need not wait for missed beats, and stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    this.#offLinks()
    await this.#beating
    const goodbye = AbortSignal.timeout(limits.presence_goodbye_ms)
    const last = { ...(await this.#parts.describe()), availability: 'offline', reply: false } as const
    await this.#parts
      .say(this.#listeners(this.#others()), { presence: last, card: null }, goodbye)
      .catch(() => {})
  }

  async #beat(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController()
      // A conductor that is slow to answer, as after a sleep, does not hold up the beat.
      await Promise.race([this.#refresh(), this.#rest(limits.presence_answer_ms, this.#stopping.signal)])
      const reply = this.#asks
      this.#asks = false
      const since = this.#parts.clock.now()
      if (reply) this.#owed = { since, at: since + limits.presence_look_ms, pauseMs: limits.presence_look_ms }
      await this.#say(this.#others(), { reply, card: reply })
      await this.#greet(await this.#strangers())
      const rest = AbortSignal.any([this.#wake.signal, this.#stopping.signal])
      await this.#rest(limits.presence_answer_ms, this.#stopping.signal)
      await this.#lookOut(limits.presence_every_ms - limits.presence_answer_ms, rest)
    }
  }

  /**
   * Pauses for `ms`, or until the signal is aborted. A machine without peers looks for others meanwhile, and asks new
   * ones for an answer. Two machines that start together write their cards after both have sent their first beats. The
   * DHT may bring a card only ten seconds later.
   */
  async #lookOut(ms: number, signal: AbortSignal): Promise<void> {
    const end = this.#parts.clock.now() + ms
    for (;;) {
      const left = end - this.#parts.clock.now()
      if (left <= 0 || signal.aborted) return
      const hailed = this.#alone() ? await this.#hail() : []
      await this.#askAgain(hailed)
      const look = this.#alone() ? limits.presence_look_ms : left
      const ask = this.#owed === null ? left : Math.max(1, this.#owed.at - this.#parts.clock.now())
      await this.#rest(Math.min(left, look, ask), signal)
    }
  }

  /**
   * Asks again, at growing pauses, agents that have not answered or whose card has not come. A conductor that has just
   * started reaches no peer yet, and its first beats are lost. The agents in `asked` are skipped.
   */
  async #askAgain(asked: readonly AgentKey[]): Promise<void> {
    const now = this.#parts.clock.now()
    if (this.#owed === null || now < this.#owed.at) return
    const { since } = this.#owed
    const pauseMs = 2 * this.#owed.pauseMs
    const silent = [...this.#others(), ...(await this.#strangers())].filter(
      (agent) => (this.#heard.get(agent)?.at ?? -Infinity) < since && !asked.includes(agent),
    )
    this.#owed =
      silent.length > 0 && pauseMs < limits.presence_every_ms ? { since, at: now + pauseMs, pauseMs } : null
    await this.#greet(silent.slice(0, limits.strangers_max))
  }

  /** Looks for cards, and asks newly found agents and strangers for an answer. Returns the agents that it asked. */
  async #hail(): Promise<readonly AgentKey[]> {
    const before = new Set(this.#others())
    await this.#refresh()
    const found = this.#others().filter((agent) => !before.has(agent))
    const hailed = [...found, ...(await this.#strangers())]
    await this.#greet(hailed)
    return hailed
  }

  /** Introduces this machine and asks for an answer. */
  async #greet(agents: readonly AgentKey[]): Promise<void> {
    if (agents.length > 0) await this.#say(agents, { reply: true, card: true })
  }

  /** Returns agents that the network names and whose cards are not here; many of them may be long gone. */
  async #strangers(): Promise<AgentKey[]> {
    const known = this.#parts.cards.known()
    const named = await this.#parts.agents().catch((error) => this.#failed(error) ?? [])
    const { agent: self } = this.#parts
    const isStranger = (agent: AgentKey) =>
      agent !== self && !known.has(agent) && !this.#parts.cards.isReplaced(agent)
    return named.filter(isStranger).slice(0, limits.strangers_max)
  }

  #alone(): boolean {
    const now = this.#parts.clock.now()
    return !this.peers().some((peer) => peer.agent !== this.#parts.agent && isThere(peer, now, awayMs))
  }

  async #refresh(): Promise<void> {
    try {
      if (await this.#parts.cards.refresh(this.#stopping.signal)) this.#tell()
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Sends a beat: `reply` asks for an answer, `card` adds this machine's own card. */
  async #say(
    to: readonly AgentKey[],
    what: { readonly reply: boolean; readonly card: boolean },
  ): Promise<void> {
    try {
      const { agent, cards } = this.#parts
      const presence = { ...(await this.#parts.describe()), reply: what.reply }
      const card = what.card ? (cards.known().get(agent)?.card ?? null) : null
      const at = this.#parts.clock.now()
      this.#heard.set(agent, { presence, at, by: 'stream', answeredAt: -Infinity })
      this.#tell()
      if (to.length === 0) return
      const said = this.#parts.pausedForOthers()
        ? ({ ...presence, availability: 'draining' } as const)
        : presence
      await this.#parts.say(this.#listeners(to), { presence: said, card }, this.#stopping.signal)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Pauses for `ms`, or until the signal is aborted. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    await this.#parts.clock.sleep(ms, signal).catch(() => {})
  }

  #others(): AgentKey[] {
    return [...this.#parts.cards.known().keys()].filter((agent) => agent !== this.#parts.agent)
  }

  #listeners(agents: readonly AgentKey[]): Listener[] {
    return agents.map((agent) => ({ agent, heardAt: this.#heard.get(agent)?.at ?? null }))
  }

  #tell(): void {
    const peers = this.peers()
    for (const handler of this.#handlers) handler(peers)
  }

  #failed(error: unknown): void {
    if (!this.#stopping.signal.aborted) this.#parts.onError(error)
  }
}

/** Returns a peer's state. Pure. */
export function stateNow(peer: Peer, now: Millis): PeerState {
  return peerState(peer, now, awayMs)
}

/** Whether a peer is online or suspect, and neither waits to be accepted by the other. Pure. */
export function isOnline(peer: Peer, now: Millis): boolean {
  return !peer.waiting && isThere(peer, now, awayMs)
}

/** Whether a peer is there, and this machine or the peer has not accepted the other. Pure. */
export function isWaiting(peer: Peer, now: Millis): boolean {
  return Boolean(peer.waiting) && isThere(peer, now, awayMs)
}
