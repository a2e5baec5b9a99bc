/** Compares this machine's chains with the copies that its peers hold. */
import type { ChainAction } from '../../dht/call/chain-dump.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import { limits } from '../../limits.ts'
import type { Messages } from '../../net/port.ts'
import { isOnline } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'

/** Parts of the daemon that the comparison uses. */
export interface CompareNeeds {
  readonly conductor: ConductorHandle
  readonly messages: Messages
  readonly clock: Clock
  readonly emit: Emit
  peers(): readonly Peer[]
  onPeers(changed: () => void): () => void
}

type Question = Extract<Message, { type: 'heads' }>
type Answer = Extract<Message, { type: 'heads_ahead' }>

/** Most actions read at once from a peer's chain. */
const PAGE = 256

/**
 * Asks the first peers that come online, each once, whether they hold more of this machine's chains than it does. It
 * answers the same question from others. The guard decides when all have answered, or when the wait for their answers
 * is over. A new session with the conductor restarts the comparison.
 */
export function compareHeads(needs: CompareNeeds): Disposable {
  const { conductor, messages, emit } = needs
  const { guard } = conductor
  const stopping = new AbortController()
  const { signal } = stopping
  const asked = new Set<AgentKey>()
  /** Peers whose answer is pending; answers from others are ignored. */
  const awaited = new Set<AgentKey>()
  const ask = (): void => {
    const chains = guard.questions().slice(0, limits.heads_named_max)
    if (chains.length === 0) return
    for (const peer of needs.peers()) {
      const { agent } = peer
      if (agent === conductor.agent || asked.has(agent) || asked.size >= limits.heads_asked_max) continue
      if (!isOnline(peer, needs.clock.now())) continue
      if (asked.size === 0) guard.asking(limits.peer_word_ms)
      asked.add(agent)
      awaited.add(agent)
      messages.send(agent, { type: 'heads', chains }, signal).catch((err: unknown) => {
        emit({ type: 'heads_failed', step: 'ask', peer: agent }, err)
      })
    }
  }
  const begin = (): void => {
    asked.clear()
    awaited.clear()
    guard.asking(limits.peers_view_ms)
    ask()
  }
  const take = async (from: AgentKey, { chains }: Answer): Promise<void> => {
    if (!awaited.has(from)) return
    for (const { dna, seq } of chains) if (seq !== null) await guard.hear(dna, seq)
    if (awaited.delete(from) && awaited.size === 0) guard.decide()
  }
  const answer = answering(needs, signal)
  const offMessages = messages.onMessage((from, message) => {
    if (message.type === 'heads') void answer(from, message)
    if (message.type !== 'heads_ahead') return
    take(from, message).catch((err: unknown) => {
      emit({ type: 'heads_failed', step: 'check', peer: from }, err)
    })
  })
  const offPeers = needs.onPeers(ask)
  const offRestored = conductor.onRestored(begin)
  begin()
  return {
    [Symbol.dispose]: () => {
      stopping.abort()
      for (const off of [offMessages, offPeers, offRestored]) off()
    },
  }
}

/**
 * Answers questions about heads, one at a time per peer and with a pause in between, because each look costs the
 * conductor.
 */
function answering({ conductor, messages, clock, emit }: CompareNeeds, signal: AbortSignal) {
  const busy = new Set<AgentKey>()
  return async (from: AgentKey, { chains }: Question): Promise<void> => {
    if (busy.has(from)) return
    busy.add(from)
    try {
      const held: Answer['chains'] = []
      for (const { dna, head } of chains) held.push({ dna, seq: await lastPlace(conductor, from, dna, head) })
      await messages.send(from, { type: 'heads_ahead', chains: held }, signal)
    } catch (err) {
      emit({ type: 'heads_failed', step: 'answer', peer: from }, err)
    }
    await clock.sleep(limits.heads_answer_ms, signal).catch(() => {})
    busy.delete(from)
  }
}

/**
 * Returns the place of an author's last action after `head` that is held here; null without one. Rejects as `chainOf`
 * does.
 */
async function lastPlace(
  { chainOf }: Pick<ConductorHandle, 'chainOf'>,
  author: AgentKey,
  dna: string,
  head: string,
): Promise<number | null> {
  let place: number | null = null
  for (;;) {
    const page: ChainAction[] | null = await chainOf(author, dna, place ?? head, PAGE)
    place = page?.at(-1)?.seq ?? place
    if (page === null || page.length < PAGE) return place
  }
}
