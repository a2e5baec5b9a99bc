import type { ChainAction } from '../dht/chain-dump.ts'
import type { ConductorHandle } from '../dht/open-conductor.ts'
import { limits } from '../limits.ts'
import type { Messages } from '../net/port.ts'
import { isOnline } from '../registry/presence.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
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
  /** Those whose chains are being looked at: a question of theirs that comes meanwhile is dropped. */
  const looking = new Set<AgentKey>()
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
    if (looking.has(from) || now - (answered.get(from) ?? -Infinity) < limits.heads_answer_ms) return
    answered.delete(from)
    answered.set(from, now)
    const [oldest] = answered.keys()
    if (answered.size > limits.presence_agents_max && oldest !== undefined) answered.delete(oldest)
    looking.add(from)
    const looked = look(from, message, conductor).finally(() => looking.delete(from))
    void answer(from, looked, needs, stopping.signal)
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

/** What this machine holds of a peer's chains after the heads that it names. Rejects as `chainOf` does. */
async function look(
  from: AgentKey,
  { chains }: Question,
  { chainOf }: Pick<ConductorHandle, 'chainOf'>,
): Promise<Answer['chains']> {
  const ahead: Answer['chains'] = []
  for (const { dna, head } of chains) {
    const next = async (after: ActionHash | number) => (await chainOf(from, dna, after, 1))?.at(0)
    ahead.push({ dna, ahead: (await lastAfter(head, next))?.hash ?? null })
  }
  return ahead
}

/** Never rejects: who asked asks again. */
async function answer(
  from: AgentKey,
  looked: Promise<Answer['chains']>,
  { messages, log }: CompareNeeds,
  signal: AbortSignal,
): Promise<void> {
  try {
    await messages.send(from, { type: 'heads_ahead', chains: await looked }, signal)
  } catch (err) {
    log.debug({ err, peer: from }, 'a question about heads was not answered')
  }
}

/**
 * The last action after one. Named by an earlier one, the chain would be written to when that has come and those after it
 * have not. `next` gives the first after an action or a place: in steps that grow as long as there is one, and then shrink, because
 * a page of all would carry their entries.
 */
async function lastAfter(
  head: ActionHash,
  next: (after: ActionHash | number) => Promise<ChainAction | undefined>,
): Promise<ChainAction | undefined> {
  let last = await next(head)
  let growing = true
  for (let step = 1; last !== undefined && step >= 1; step = growing ? 2 * step : Math.floor(step / 2)) {
    const further: ChainAction | undefined = await next(last.seq + step - 1)
    growing &&= further !== undefined
    last = further ?? last
  }
  return last
}

async function take({ chains }: Answer, { conductor, log }: CompareNeeds): Promise<void> {
  try {
    for (const { dna, ahead } of chains) await conductor.guard.hear(dna, ahead)
  } catch (err) {
    log.debug({ err }, "a peer's heads could not be compared")
  }
}
