import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CompareNeeds, compareHeads } from '../../../host/daemon/compare-heads.ts'
import { limits } from '../../../host/limits.ts'
import type { Message } from '../../../host/types/message.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { cardOf } from '../../harness/sim/card.ts'

const [self, bob] = ['uhCAkSelf', 'uhCAkBob']
const question = { dna: 'uhC0kMesh', head: 'uhCkk2' }
const online = (agent: string): Peer => ({
  agent,
  card: cardOf(agent, { name: agent }),
  presence: null,
  seenAt: 1_000,
})

let now: number
/** Ends the pause before a question is put again. */
let wake: () => void
let sent: { to: string; message: Message }[]
let heard: (from: string, message: Message) => void
let peersChanged: () => void
let peers: Peer[]
let comparing: Disposable
const hear = vi.fn(async () => {})
const asking = vi.fn()
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
  const needs = {
    conductor: {
      agent: self,
      guard: { questions: () => [question], hear, asking },
      chainOf,
      onRestored: () => () => {},
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
    log: { debug: () => {} },
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
  test('asks each peer once, when it comes online', () => {
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

  test('puts a question again until it is answered, for as long as its word is waited for', async () => {
    peers = [online(self), online(bob)]
    peersChanged()
    for (let times = 2; times <= limits.peer_word_ms / limits.heads_again_ms; times++) {
      wake()
      await vi.waitFor(() => expect(sent).toHaveLength(times))
    }
    wake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(sent).toHaveLength(limits.peer_word_ms / limits.heads_again_ms)
    expect(asking).toHaveBeenCalledTimes(2)
  })

  test('puts a question no more that was answered', async () => {
    peers = [online(self), online(bob)]
    peersChanged()
    heard(bob, { type: 'heads_ahead', chains: [{ dna: question.dna, ahead: null }] })
    wake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(sent).toHaveLength(1)
  })

  test('asks no more than a few', () => {
    peers = Array.from({ length: 2 * limits.heads_asked_max }, (_, n) => online(`uhCAk${n}`))
    peersChanged()
    expect(sent).toHaveLength(limits.heads_asked_max)
    expect(asking).toHaveBeenCalledTimes(2)
  })

  test("tells what follows a peer's head, and not too often", async () => {
    const asked: Message = { type: 'heads', chains: [question] }
    heard(bob, asked)
    heard(bob, asked)
    const answer = { type: 'heads_ahead', chains: [{ dna: question.dna, ahead: 'uhCkk3' }] }
    await vi.waitFor(() => expect(sent).toEqual([{ to: bob, message: answer }]))
    expect(chainOf).toHaveBeenCalledWith(bob, question.dna, question.head, 1)
    now += limits.heads_answer_ms
    heard(bob, asked)
    await vi.waitFor(() => expect(sent).toHaveLength(2))
  })

  test.each([
    ['none', [2], null, 1],
    ['one', [3], 'uhCkk3', 2],
    ['two', [3, 4], 'uhCkk4', 4],
    ['some', [3, 4, 5, 6, 7, 8], 'uhCkk8', 6],
    ['a day of them', Array.from({ length: limits.max_action_seq - 2 }, (_, n) => n + 3), 'uhCkk5000', 26],
    ['some of which not all have come', [4, 9, 31], 'uhCkk31', 7],
  ])('names the last of the actions that follow, where there is %s', async (_what, later, ahead, looks) => {
    held = later
    heard(bob, { type: 'heads', chains: [question] })
    const answer = { type: 'heads_ahead', chains: [{ dna: question.dna, ahead }] }
    await vi.waitFor(() => expect(sent).toEqual([{ to: bob, message: answer }]))
    expect(chainOf.mock.calls.length).toBeLessThanOrEqual(looks)
  })

  test('answers one question of a peer at a time', async () => {
    const looked = Promise.withResolvers<[]>()
    chainOf.mockImplementationOnce(() => looked.promise)
    const asked: Message = { type: 'heads', chains: [question] }
    heard(bob, asked)
    now += limits.heads_answer_ms
    heard(bob, asked)
    looked.resolve([])
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(chainOf).toHaveBeenCalledOnce()
    heard(bob, asked)
    await vi.waitFor(() => expect(sent).toHaveLength(2))
  })

  test('hands the answer of a peer that was asked to the guard, once', async () => {
    const answer: Message = { type: 'heads_ahead', chains: [{ dna: question.dna, ahead: null }] }
    heard(bob, answer)
    expect(hear).not.toHaveBeenCalled()
    peers = [online(self), online(bob)]
    peersChanged()
    heard(bob, answer)
    heard(bob, answer)
    await vi.waitFor(() => expect(hear).toHaveBeenCalledWith(question.dna, null))
    expect(hear).toHaveBeenCalledOnce()
  })
})
