import { expect, test } from 'vitest'
import type { Held } from '../../../../host/mesh/state/held.ts'
import type { TokensMessage } from '../../../../host/types/message.ts'
import type { WorkerContext } from '../../../../host/work/context/context.ts'
import { streamText } from '../../../../host/work/worker/stream.ts'

/** Streams four words that come five milliseconds apart, and collects the messages. */
function told(about: Partial<Held>): { sent: TokensMessage[]; counted: number[] } {
  const counted: number[] = []
  const sent: TokensMessage[] = []
  let now = 0
  const write = (piece: TokensMessage) => void sent.push(piece)
  const hands = {
    bounds: { tokens_every_ms: 10, tokens_told_ms: 15 },
    needs: {
      clock: { now: () => now },
      dht: { agent: 'self' },
      messages: { stream: () => ({ write, end: () => undefined }) },
    },
    dispatch: ({ tokens_out }: { tokens_out: number }) => counted.push(tokens_out),
    send: async (_to: string, piece: TokensMessage) => void sent.push(piece),
    failpoint: () => {},
  }
  const held = { grant: 'grant', task: 'task', attempt: 1, poster: 'poster', fallback: false, prefix: '' }
  const stream = streamText({ ...held, ...about } as Held, hands as unknown as WorkerContext)
  for (const [index, word] of ['a', 'b', 'c', 'd'].entries()) {
    now += 5
    stream.push(word, index + 1)
  }
  stream.end()
  return { sent, counted }
}

const texts = (sent: readonly TokensMessage[]) => sent.map(({ offset, text, last }) => [offset, text, last])

test.each(['poster', 'self'])(
  'the first piece goes to the %s at once, and the others at the bounded rate',
  (poster) => {
    const { sent, counted } = told({ poster })
    expect(texts(sent)).toEqual([
      [0, 'a', false],
      [1, 'bc', false],
      [3, 'd', true],
    ])
    expect(counted).toEqual([1, 4, 4])
  },
)

test('the pieces of a continued answer count their offset from its beginning', () => {
  expect(texts(told({ prefix: 'so far ' }).sent)[0]).toEqual([7, 'a', false])
})

test('a failed run ends its stream without a last piece', () => {
  const sent: TokensMessage[] = []
  let ended = 0
  const write = (piece: TokensMessage) => void sent.push(piece)
  const end = () => {
    ended += 1
  }
  const hands = {
    bounds: { tokens_every_ms: 10, tokens_told_ms: 15 },
    needs: {
      clock: { now: () => 0 },
      dht: { agent: 'self' },
      messages: { stream: () => ({ write, end }) },
    },
    dispatch: () => undefined,
    failpoint: () => {},
  }
  const held = { grant: 'grant', task: 'task', attempt: 1, poster: 'poster', fallback: false, prefix: '' }
  const stream = streamText(held as Held, hands as unknown as WorkerContext)
  stream.push('a', 1)
  stream.push('b', 2)
  stream.cut()
  expect([texts(sent), ended]).toEqual([[[0, 'a', false]], 1])
})

test('a stand-in streams nothing to an absent poster', () => {
  expect(told({ fallback: true })).toEqual({ sent: [], counted: [1, 4, 4] })
})

test('a run reports its start at once, and its prompt progress at the bounded rate', () => {
  const counted: number[] = []
  let now = 0
  const hands = {
    bounds: { tokens_every_ms: 10, tokens_told_ms: 15 },
    needs: {
      clock: { now: () => now },
      dht: { agent: 'self' },
      messages: { stream: () => ({ write: () => undefined, end: () => undefined }) },
    },
    dispatch: ({ tokens_in }: { tokens_in: number }) => counted.push(tokens_in),
    failpoint: () => {},
  }
  const held = { grant: 'grant', task: 'task', attempt: 1, poster: 'poster', fallback: false, prefix: '' }
  const stream = streamText(held as Held, hands as unknown as WorkerContext)
  for (const tokens of [0, 128, 256, 384, 512]) {
    now += 8
    stream.read(tokens)
  }
  expect(counted).toEqual([0, 256, 512])
})
