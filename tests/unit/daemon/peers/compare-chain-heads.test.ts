// Tests of asking peers for heads, and of answering them.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CompareNeeds, compareHeads } from '../../../../host/daemon/peers/compare-chain-heads.ts'
import { limits } from '../../../../host/limits.ts'
import type { Message } from '../../../../host/types/message.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import { cardOf } from '../../../harness/sim/card.ts'

const [self, bob] = ['uhCAkSelf', 'uhCAkBob']
const question = { dna: 'uhC0kMesh', head: 'uhCkk2' }
const online = (agent: string): Peer => ({
  agent,
  card: cardOf(agent, { name: agent }),
  presence: null,
  seenAt: 1_000,
})

let now: number
/** Ends the pause after an answer. */
let wake: () => void
let sent: { to: string; message: Message }[]
let heard: (from: string, message: Message) => void
let peersChanged: () => void
let peers: Peer[]
let questions: (typeof question)[]
let restored: () => void
let comparing: Disposable
const hear = vi.fn(async () => {})
const asking = vi.fn()
const decide = vi.fn()
/** Places of a peer's actions that are held here. */
let held: number[]
const chainOf = vi.fn(async (_agent: string, _dna: string, after: string | number, limit: number) => {
  const from = typeof after === 'number' ? after : Number(after.slice('uhCkk'.length))
  const later = held.filter((seq) => seq > from).slice(0, limit)
  return later.map((seq) => ({ hash: `uhCkk${seq}`, seq }))
})

beforeEach(() => {
  now = 1_000
  sent = []
  held = [0, 1, 2, 3]
  peers = [online(self)]
  questions = [question]
  const needs = {
    conductor: {
      agent: self,
      guard: { questions: () => questions, hear, asking, decide },
      chainOf,
      onRestored: (handler: () => void) => {
        restored = handler
        return () => {}
      },
    },
    messages: {
      send: async (to: string, message: Message) => void sent.push({ to, message }),
      onMessage: (handler: typeof heard) => {
        heard = handler
        return () => {}
      },
    },
    clock: {
      now: () => now,
      sleep: (ms: number) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = () => {
          now += ms
          resolve()
        }
        return promise
      },
    },
    emit: () => {},
    peers: () => peers,
    onPeers: (changed: () => void) => {
      peersChanged = changed
      return () => {}
    },
  }
  comparing = compareHeads(needs as unknown as CompareNeeds)
})
afterEach(() => {
  comparing[Symbol.dispose]()
  vi.clearAllMocks()
})

describe('comparing heads', () => {
  test('each peer is asked about heads once, when it comes online', () => {
    peersChanged()
    expect(sent).toEqual([])
    peers = [online(self), online(bob), { ...online('uhCAkOff'), seenAt: null }]
    expect(asking.mock.calls).toEqual([[limits.peers_view_ms]])
    peersChanged()
    peersChanged()
    expect(sent).toEqual([{ to: bob, message: { type: 'heads', chains: [question] } }])
    // The time for an answer begins with the first question, and with no other.
    expect(asking.mock.calls).toEqual([[limits.peers_view_ms], [limits.peer_word_ms]])
  })

  test('nobody is asked about heads once every chain is decided', () => {
    questions = []
    peers = [online(self), online(bob)]
    peersChanged()
    expect(sent).toEqual([])
  })

  test('peers are asked again in a new session of the conductor', () => {
    peers = [online(self), online(bob)]
    peersChanged()
    restored()
    expect(sent).toHaveLength(2)
    expect(asking.mock.calls.slice(2)).toEqual([[limits.peers_view_ms], [limits.peer_word_ms]])
  })

  test('a bounded number of peers is asked about heads', () => {
    peers = Array.from({ length: 2 * limits.heads_asked_max }, (_, n) => online(`uhCAk${n}`))
    peersChanged()
    expect(sent).toHaveLength(limits.heads_asked_max)
    expect(asking).toHaveBeenCalledTimes(2)
  })

  test('a peer learns what follows its head, at a bounded rate', async () => {
    const asked: Message = { type: 'heads', chains: [question] }
    heard(bob, asked)
    heard(bob, asked)
    const answer = { type: 'heads_ahead', chains: [{ dna: question.dna, seq: 3 }] }
    await vi.waitFor(() => expect(sent).toEqual([{ to: bob, message: answer }]))
    expect(chainOf).toHaveBeenCalledWith(bob, question.dna, question.head, 256)
    await vi.waitFor(() => wake())
    await new Promise((resolve) => setImmediate(resolve))
    heard(bob, asked)
    await vi.waitFor(() => expect(sent).toHaveLength(2))
  })

  test.each([
    ['none', [2], null],
    ['one', [3], 3],
    ['some of which not all have come', [4, 9, 31], 31],
    [
      'a day of them',
      Array.from({ length: limits.max_action_seq - 2 }, (_, n) => n + 3),
      limits.max_action_seq,
    ],
  ])(
    'the answer about a head names the last known action after it, if there is %s',
    async (_what, later, seq) => {
      held = later
      heard(bob, { type: 'heads', chains: [question] })
      const answer = { type: 'heads_ahead', chains: [{ dna: question.dna, seq }] }
      await vi.waitFor(() => expect(sent).toEqual([{ to: bob, message: answer }]))
    },
  )

  test('questions of a peer are answered one by one', async () => {
    const looked = Promise.withResolvers<[]>()
    chainOf.mockImplementationOnce(() => looked.promise)
    const asked: Message = { type: 'heads', chains: [question] }
    heard(bob, asked)
    heard(bob, asked)
    looked.resolve([])
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(chainOf).toHaveBeenCalledOnce()
  })

  test('answers of the asked peers reach the fork guard, which decides after the last', async () => {
    const answer: Message = { type: 'heads_ahead', chains: [{ dna: question.dna, seq: 3 }] }
    heard(bob, answer)
    expect(hear).not.toHaveBeenCalled()
    peers = [online(self), online(bob), online('uhCAkAnn')]
    peersChanged()
    heard(bob, answer)
    await vi.waitFor(() => expect(hear).toHaveBeenCalledWith(question.dna, 3))
    await new Promise((resolve) => setImmediate(resolve))
    heard(bob, answer)
    expect(decide).not.toHaveBeenCalled()
    heard('uhCAkAnn', { type: 'heads_ahead', chains: [{ dna: question.dna, seq: null }] })
    await vi.waitFor(() => expect(decide).toHaveBeenCalledOnce())
    expect(hear).toHaveBeenCalledOnce()
  })

  test('an answer that could not be compared decides nothing', async () => {
    peers = [online(self), online(bob)]
    peersChanged()
    hear.mockRejectedValueOnce(new Error('the conductor has gone'))
    heard(bob, { type: 'heads_ahead', chains: [{ dna: question.dna, seq: 3 }] })
    await new Promise((resolve) => setImmediate(resolve))
    expect(decide).not.toHaveBeenCalled()
  })
})
