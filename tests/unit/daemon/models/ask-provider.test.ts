import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatBody, chatFrames } from '../../../../host/api/openai/chat-answer.ts'
import { type ChatRequest, readChat } from '../../../../host/api/openai/chat-request.ts'
import { askProvider } from '../../../../host/daemon/models/ask-provider.ts'
import { PieceQueue } from '../../../../host/inference/piece-queue.ts'
import type { ProviderAnswer } from '../../../../host/providers/port.ts'
import type { AnswerEnd, AnswerPiece } from '../../../../host/types/answer.ts'

const signal = new AbortController().signal
const body = { model: 'upstream:p/m', messages: [{ role: 'user', content: 'Hi' }] }
const plain = readChat(body)
const withTools = readChat({
  ...body,
  tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }],
})
const call = { id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' }

/** Asks a provider, for which a stand-in sends such pieces of text. */
async function answered(
  asked: ChatRequest,
  texts: readonly string[],
  given: Partial<ProviderAnswer> = {},
): Promise<{ pieces: string[]; end: AnswerEnd }> {
  const queue = new PieceQueue()
  const ask = async (...[, , , onText]: Parameters<Parameters<typeof askProvider>[0]['ask']>) => {
    for (const text of texts) onText(text)
    const usual = { finish: 'stop' as const, tool_calls: [], bytes_beside: 0, usage: null }
    return { text: texts.join(''), ...usual, ...given }
  }
  const whole = { ...asked.ask, key: null, trace_id: null }
  const end = await askProvider({ ask }, 'p/m', whole, queue, signal)
  queue.end()
  const read: AnswerPiece[] = await Array.fromAsync(queue)
  return { pieces: read.map((piece) => (piece.type === 'text' ? piece.text : '')), end }
}

/** Reads the answer as a client of the chat API does: the streamed text and the whole message. */
function readBy(asked: ChatRequest, { pieces, end }: Awaited<ReturnType<typeof answered>>) {
  const answer = {
    id: 'task-0123456789abcdef',
    trace_id: 't',
    created_at: 0,
    pieces: new PieceQueue(),
    end: Promise.resolve(end),
  }
  const { read } = chatFrames(asked, answer)
  const { choices } = chatBody(asked, answer, end) as {
    choices: [{ message: unknown; finish_reason: string }]
  }
  return { streamed: pieces.map((piece) => read(piece)), ...choices[0] }
}

describe('a provider that is asked with tools', () => {
  it('a provider may say something before it calls a tool', async () => {
    const got = await answered(withTools, ['Let me ', 'check.'], { tool_calls: [call] })
    expect(got.pieces).toEqual([
      '{"content":"Let me ',
      'check.',
      '","tool_calls":[{"name":"weather","arguments":{"city":"Bern"}}]}',
    ])
    expect(readBy(withTools, got)).toMatchObject({
      streamed: ['Let me ', 'check.', ''],
      message: { content: 'Let me check.', tool_calls: [{ function: { name: 'weather' } }] },
      finish_reason: 'tool_calls',
    })
  })

  it('a provider may call a tool and say nothing', async () => {
    const got = await answered(withTools, [], { tool_calls: [call] })
    expect(got.pieces).toEqual([got.end.text])
    expect(readBy(withTools, got)).toMatchObject({
      streamed: [''],
      message: { content: null, tool_calls: [{ function: { arguments: '{"city":"Bern"}' } }] },
    })
  })

  it.each(['{"temp":21}', '{"content":"x"}', '{"tool_calls":[]}', 'It "rains".\n', ''])(
    "a provider's text %j stays as it is",
    async (text) => {
      const got = await answered(withTools, text === '' ? [] : [text])
      const { streamed, message, finish_reason } = readBy(withTools, got)
      expect(streamed.join('')).toBe(text)
      expect({ message, finish_reason }).toEqual({
        message: { role: 'assistant', content: text, refusal: null },
        finish_reason: 'stop',
      })
    },
  )

  it("a provider's streamed pieces make up its whole answer, wherever it is cut", async () => {
    const texts = fc.array(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }))
    const character = fc.constant(['a\ud83d', '\ude00b', '\ud83d'])
    await fc.assert(
      fc.asyncProperty(fc.oneof(texts, character), fc.boolean(), async (given, isCall) => {
        const got = await answered(withTools, given, { tool_calls: isCall ? [call] : [] })
        expect(got.pieces.join('')).toBe(got.end.text)
        const text = given.join('')
        const { streamed, message } = readBy(withTools, got)
        expect(streamed.join('')).toBe(text.slice(0, streamed.join('').length))
        expect(message).toMatchObject({ content: text === '' && isCall ? null : text })
      }),
    )
  })
})

it('a provider that is asked without tools answers in plain text', async () => {
  const got = await answered(plain, ['{"content":', '"x"}'])
  expect(got).toMatchObject({ pieces: ['{"content":', '"x"}'], end: { text: '{"content":"x"}' } })
  expect(readBy(plain, got).message).toMatchObject({ content: '{"content":"x"}' })
})
