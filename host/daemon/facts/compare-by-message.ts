/** Compares two machines by messages, which also go through the conductors where no stream reaches. */
import { randomBytes } from 'node:crypto'
import { encode } from '@msgpack/msgpack'
import { limits } from '../../limits.ts'
import { decodePlain } from '../../net/frame.ts'
import type { Messages } from '../../net/port.ts'
import type { AgentKey } from '../../types/events.ts'
import { machineFacts } from '../../types/machine-facts.ts'
import { answer, type Compared, type CompareNeeds, skewOf } from './compare.ts'
import { tryAddresses } from './tcp-reach.ts'

/** Comparisons by message. */
export interface MessageComparisons extends Disposable {
  /** Asks an agent for a comparison. Rejects without an answer in time, and for one that is malformed. */
  ask(agent: AgentKey, signal: AbortSignal): Promise<Compared>
}

const told = answer.omit({ udp: true })

/** Answers comparisons of members by message, a few at a time and one for each agent, and asks for them. */
export function openMessageComparisons(
  messages: Pick<Messages, 'send' | 'onMessage'>,
  needs: CompareNeeds,
): MessageComparisons {
  const waiting = new Map<string, (body: Uint8Array) => void>()
  const busy = new Set<AgentKey>()
  const closing = new AbortController()
  const end = messages.onMessage((from, message) => {
    if (message.type === 'doctor_told') waiting.get(keyOf(from, message.nonce))?.(message.body)
    if (message.type !== 'doctor_ask') return
    if (busy.has(from) || busy.size >= limits.doctor_comparisons_max) return
    busy.add(from)
    const until = AbortSignal.any([closing.signal, AbortSignal.timeout(limits.doctor_compare_ms)])
    void answerOne(message.body, needs, until)
      .then((body) => messages.send(from, { type: 'doctor_told', nonce: message.nonce, body }, until))
      .catch(() => {})
      .finally(() => busy.delete(from))
  })
  return {
    ask: async (agent, signal) => {
      const nonce = randomBytes(limits.doctor_nonce_bytes)
      const key = keyOf(agent, nonce)
      const came = Promise.withResolvers<Uint8Array>()
      // Nobody waits for it yet if the question cannot be sent.
      came.promise.catch(() => {})
      signal.addEventListener('abort', () => came.reject(signal.reason), { once: true })
      waiting.set(key, came.resolve)
      try {
        const here = await needs.facts(signal)
        const asked = Date.now()
        await messages.send(agent, { type: 'doctor_ask', nonce, body: encode(here) }, signal)
        const { facts: there, reach: back, ...times } = told.parse(decodePlain(await came.promise))
        const skew_ms = skewOf(asked, times)
        const [tcp, knows] = await Promise.all([
          tryAddresses(there.addresses ?? [], signal),
          needs.knows(there),
        ])
        return { here, there, skew_ms, out: { tcp, udp: null, ...knows }, back }
      } finally {
        waiting.delete(key)
      }
    },
    [Symbol.dispose]: () => {
      closing.abort()
      end()
    },
  }
}

async function answerOne(body: Uint8Array, needs: CompareNeeds, signal: AbortSignal): Promise<Uint8Array> {
  const came = Date.now()
  const asker = machineFacts.parse(decodePlain(body))
  const [facts, tcp, knows] = await Promise.all([
    needs.facts(signal),
    tryAddresses(asker.addresses ?? [], signal),
    needs.knows(asker),
  ])
  const reach = { tcp, udp: null, ...knows }
  return encode({ type: 'facts', facts, reach, came, went: Date.now() })
}

const keyOf = (agent: AgentKey, nonce: Uint8Array): string => `${agent} ${Buffer.from(nonce).toString('hex')}`
