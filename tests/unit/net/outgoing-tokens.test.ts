import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { OutgoingTokens } from '../../../host/net/token-stream.ts'
import type { TokensMessage } from '../../../host/types/message.ts'
import { actionHash } from './agents.ts'

const piece = (offset: number, text: string, last = false): TokensMessage => ({
  ...{ type: 'tokens', task: actionHash('t'), attempt: 1, offset, text, tokens_out: 1, last },
})

/** Opens an answer to a poster that no stream reaches and at which the first messages do not arrive. */
function withoutStream(failures: number) {
  const got: TokensMessage[] = []
  let tries = 0
  const tokens = new OutgoingTokens({
    connect: () => Promise.reject(new DOMException('nobody is there', 'NetworkError')),
    send: async (one) => {
      tries += 1
      if (tries <= failures) throw new DOMException('it was lost', 'NetworkError')
      got.push(one)
    },
    signal: new AbortController().signal,
  })
  return { tokens, text: () => got.map((one) => one.text).join(''), got, tries: () => tries }
}

describe('undelivered pieces', () => {
  test('a piece that no message carried is tried again with the next write', async () => {
    const { tokens, text, tries } = withoutStream(1)
    tokens.write(piece(0, 'one '))
    await expect.poll(tries).toBe(1)
    tokens.write(piece(4, 'two'))
    await expect.poll(text).toBe('one two')
  })

  test('a piece that no message carried is tried again after the answer ended', async () => {
    const { tokens, text, got } = withoutStream(limits.token_streams_tried_max)
    tokens.write(piece(0, 'one ', true))
    tokens.end()
    await expect.poll(text).toBe('one ')
    expect(got.at(-1)?.last).toBe(true)
  })

  test('a piece that no message carries is given up after some tries', async () => {
    const { tokens, got, tries } = withoutStream(Number.POSITIVE_INFINITY)
    tokens.write(piece(0, 'one ', true))
    tokens.end()
    const most = limits.token_streams_tried_max + 1
    await expect.poll(tries).toBe(most)
    await new Promise(setImmediate)
    expect([tries(), got]).toEqual([most, []])
  })
})
