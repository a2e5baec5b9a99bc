import type { ConductorHandle } from '../dht/open-conductor.ts'
import { limits } from '../limits.ts'
import type { Messages } from '../net/port.ts'
import { isOnline } from '../registry/presence.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'
import type { AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'

/** What comparing heads needs of the daemon. */
export interface CompareNeeds {
  readonly conductor: ConductorHandle
  readonly messages: Messages
  readonly clock: Clock
  readonly log: Log
  peers(): readonly Peer[]
  onPeers(changed: () => void): () => void
}

type Question = Extract<Message, { type: 'heads' }>
type Answer = Extract<Message, { type: 'heads_ahead' }>

/**
 * Asks peers whether they hold more of this machine's chains than it does, and tells them the same of theirs. The first
 * peers to come online are asked, each again until it answers or its word is waited for no longer, for a message may be lost.
 * The own chains wait for a peer to ask from when this begins, and for its word from the first question.
 */
export function compareHeads(needs: CompareNeeds): Disposable {
  const { conductor, messages, clock } = needs
  const stopping = new AbortController()
  const asked = new Set<AgentKey>()
  /** Those whose answer is still out: nobody is believed who was not asked, and nobody twice. */
  const awaited = new Set<AgentKey>()
  const answered = new Map<AgentKey, number>()
  /** Whether the first question to this conductor's peers was asked: only that one begins the wait for a word. */
  let waiting = false
  const named = () => conductor.guard.questions().slice(0, limits.heads_named_max)
  const put = async (agent: AgentKey) => {
    let reached = false
    for (const until = clock.now() + limits.peer_word_ms; clock.now() < until && awaited.has(agent); ) {
      messages.send(agent, { type: 'heads', chains: named() }, stopping.signal).then(
        () => {
          reached = true
        },
        () => {},
      )
      await clock.sleep(limits.heads_again_ms, stopping.signal)
    }
    if (!reached) asked.delete(agent)
  }
  const ask = () => {
    for (const { agent } of needs.peers().filter((peer) => isOnline(peer, clock.now()))) {
      if (agent === conductor.agent || asked.has(agent) || asked.size >= limits.heads_asked_max) continue
      if (named().length === 0) return
      if (!waiting) conductor.guard.asking(limits.peer_word_ms)
      waiting = true
      asked.add(agent)
      awaited.add(agent)
      // It ends before its time only when everything does.
      put(agent).catch(() => {})
    }
  }
  const offMessages = messages.onMessage((from, message) => {
    if (message.type === 'heads_ahead' && awaited.delete(from)) void take(message, needs)
    if (message.type !== 'heads') return
    // Anyone may ask, and each look costs the conductor some milliseconds.
    const now = clock.now()
    if (now - (answered.get(from) ?? -Infinity) < limits.heads_answer_ms) return
    answered.delete(from)
    answered.set(from, now)
    const [oldest] = answered.keys()
    if (answered.size > limits.presence_agents_max && oldest !== undefined) answered.delete(oldest)
    void answer(from, message, needs, stopping.signal)
  })
  conductor.guard.asking(limits.peers_view_ms)
  const offPeers = needs.onPeers(ask)
  const offRestored = conductor.onRestored(() => {
    asked.clear()
    waiting = false
  })
  return {
    [Symbol.dispose]: () => {
      stopping.abort()
      for (const off of [offMessages, offPeers, offRestored]) off()
    },
  }
}

async function answer(
  from: AgentKey,
  { chains }: Question,
  { conductor, messages, log }: CompareNeeds,
  signal: AbortSignal,
): Promise<void> {
  try {
    const ahead: Answer['chains'] = []
    for (const { dna, head } of chains) {
      const [next] = (await conductor.chainOf(from, dna, head, 1)) ?? []
      ahead.push({ dna, ahead: next?.hash ?? null })
    }
    await messages.send(from, { type: 'heads_ahead', chains: ahead }, signal)
  } catch (err) {
    log.debug({ err, peer: from }, 'a question about heads was not answered')
  }
}

async function take({ chains }: Answer, { conductor, log }: CompareNeeds): Promise<void> {
  try {
    for (const { dna, ahead } of chains) await conductor.guard.hear(dna, ahead)
  } catch (err) {
    log.debug({ err }, "a peer's heads could not be compared")
  }
}
