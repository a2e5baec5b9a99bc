/** Asks peers about allocations by message, and answers them. */
import { randomBytes } from 'node:crypto'
import { resourceLimits } from '../limits/resources.ts'
import { PeerQuota } from '../net/peer-quota.ts'
import type { Messages } from '../net/port.ts'
import type { AgentKey } from '../types/events.ts'
import type { ResourceAnswer, ResourceAsk } from '../types/resource-ask.ts'

/** Questions to peers about allocations. */
export interface ResourceAsks extends Disposable {
  /** Asks a peer. Rejects with `RIPPLE_PEER_UNREACHABLE`, and with the signal's reason without an answer in time. */
  ask(agent: AgentKey, ask: ResourceAsk, signal: AbortSignal): Promise<ResourceAnswer>
  /** Notifies a holder that its allocation has ended. The message may be lost: the allocation then ends by its time. */
  notifyEnded(holder: AgentKey, id: string): void
}

/** Answers for peers. The messages' senders are authenticated by their connection. */
export interface ResourceAnswers {
  /** Never rejects. */
  answer(from: AgentKey, ask: ResourceAsk, signal: AbortSignal): Promise<ResourceAnswer>
  /** A peer has ended an allocation of its machine. */
  ended(node: AgentKey, id: string): void
}

/** Answers questions of peers, a few at a time, and asks them. */
export function openResourceAsks(
  messages: Pick<Messages, 'send' | 'onMessage'>,
  answers: ResourceAnswers,
): ResourceAsks {
  const waiting = new Map<string, (answer: ResourceAnswer) => void>()
  const quota = new PeerQuota({
    each: resourceLimits.resource_asks_per_peer_max,
    all: resourceLimits.resource_asks_max,
  })
  const closing = new AbortController()
  const bounded = () => AbortSignal.any([closing.signal, AbortSignal.timeout(resourceLimits.resource_ask_ms)])
  const end = messages.onMessage((from, message) => {
    if (message.type === 'resource_told') waiting.get(keyOf(from, message.nonce))?.(message.answer)
    if (message.type === 'resource_ended') answers.ended(from, message.id)
    if (message.type !== 'resource_ask' || !quota.take(from)) return
    const { nonce, ask } = message
    const signal = bounded()
    void answers
      .answer(from, ask, signal)
      .then((answer) => messages.send(from, { type: 'resource_told', nonce, answer }, signal))
      .catch(() => {})
      .finally(() => quota.release(from))
  })
  return {
    ask: async (agent, ask, signal) => {
      const nonce = new Uint8Array(randomBytes(resourceLimits.resource_nonce_bytes))
      const key = keyOf(agent, nonce)
      const { promise, resolve, reject } = Promise.withResolvers<ResourceAnswer>()
      // Nobody waits for it yet if the question cannot be sent.
      promise.catch(() => {})
      const until = AbortSignal.any([signal, bounded()])
      until.addEventListener('abort', () => reject(until.reason), { once: true })
      waiting.set(key, resolve)
      try {
        await messages.send(agent, { type: 'resource_ask', nonce, ask }, until)
        return await promise
      } finally {
        waiting.delete(key)
      }
    },
    notifyEnded: (holder, id) => {
      void messages.send(holder, { type: 'resource_ended', id }, bounded()).catch(() => {})
    },
    [Symbol.dispose]: () => {
      closing.abort()
      end()
    },
  }
}

const keyOf = (agent: AgentKey, nonce: Uint8Array): string => `${agent} ${Buffer.from(nonce).toString('hex')}`
