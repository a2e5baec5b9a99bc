/** Tests that the tokens of answers are counted for the keys that asked. */
import { expect, test } from 'vitest'
import { countAsks } from '../../../host/keys/count-asks.ts'
import type { Tokens } from '../../../host/keys/port.ts'
import type { AnswerEnd, AnswerPiece, Ask } from '../../../host/types/answer.ts'
import { owner, type Principal } from '../../../host/types/principal.ts'
import { forever } from '../../harness/forever.ts'
import { usualEnd } from '../api/openai-stand-in.ts'
import { stubContext } from '../api/stub-context.ts'

const bot: Principal = { kind: 'key', name: 'bot', scopes: ['infer'] }

async function* threePieces(): AsyncGenerator<AnswerPiece> {
  for (const text of ['one', ' two', ' three']) yield { type: 'text', text }
}

/** Asks for an answer with this end, reads so many pieces of it, and returns what was counted. */
async function counted(principal: Principal | undefined, end: Promise<AnswerEnd>, reads = 0) {
  const found: [string, Tokens][] = []
  const about = { id: 'id', trace_id: 'trace', created_at: 0 }
  const inference = { models: () => [], ask: async () => ({ ...about, pieces: threePieces(), end }) }
  const { ensemble } = stubContext({})
  const count = ({ name }: Principal, tokens: Tokens) => void found.push([name, tokens])
  const asked = countAsks({ inference, ensemble }, { count })
  const answer = await asked.inference.ask({ principal } as Ask, forever)
  const pieces = answer.pieces[Symbol.asyncIterator]()
  const text: unknown[] = []
  for (let i = 0; i < reads; i++) text.push((await pieces.next()).value)
  await answer.end.catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  return { found, text }
}

test('an answer counts as its model counted', async () => {
  const { found } = await counted(bot, Promise.resolve(usualEnd))
  expect(found).toEqual([['bot', { tokens_in: 7, tokens_out: 2 }]])
})

test('an answer that breaks off counts a token for each piece that was read', async () => {
  const { promise, reject } = Promise.withResolvers<AnswerEnd>()
  const answer = counted(bot, promise, 2)
  await new Promise((resolve) => setImmediate(resolve))
  reject(new Error('the client left'))
  const { found, text } = await answer
  expect(text).toEqual([
    { type: 'text', text: 'one' },
    { type: 'text', text: ' two' },
  ])
  expect(found).toEqual([['bot', { tokens_in: 0, tokens_out: 2 }]])
})

test('an answer of a provider that counts nothing counts the pieces that were read', async () => {
  const { promise, resolve } = Promise.withResolvers<AnswerEnd>()
  const answer = counted(bot, promise, 3)
  await new Promise((done) => setImmediate(done))
  resolve({ ...usualEnd, usage: null })
  expect((await answer).found).toEqual([['bot', { tokens_in: 0, tokens_out: 3 }]])
})

test.each([owner, undefined])('no answer for %o is counted', async (principal) => {
  expect((await counted(principal, Promise.resolve(usualEnd))).found).toEqual([])
})
