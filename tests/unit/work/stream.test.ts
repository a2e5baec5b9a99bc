import { expect, test } from 'vitest'
import type { Held } from '../../../host/mesh/held.ts'
import type { Hands } from '../../../host/work/hands.ts'
import { streamText } from '../../../host/work/stream.ts'

/** What is told of four words: how many messages, and the tokens that were counted. */
function told(fallback: boolean): { sent: number; counted: number[] } {
  const counted: number[] = []
  let [sent, now] = [0, 0]
  const hands = {
    bounds: { tokens_every_ms: 10 },
    needs: { clock: { now: () => now } },
    dispatch: ({ tokens_out }: { tokens_out: number }) => counted.push(tokens_out),
    send: async () => void sent++,
    failpoint: () => {},
  }
  const held = { grant: 'grant', task: 'task', attempt: 1, poster: 'poster', fallback }
  const stream = streamText(held as Held, hands as unknown as Hands)
  for (const word of ['a', 'b', 'c', 'd']) {
    now += 5
    stream.push(word)
  }
  stream.flush()
  return { sent, counted }
}

test('text goes to the poster as often as the bound allows', () => {
  expect(told(false)).toEqual({ sent: 2, counted: [2, 4] })
})

test('a stand-in streams nothing to a poster that is away', () => {
  expect(told(true)).toEqual({ sent: 0, counted: [2, 4] })
})
