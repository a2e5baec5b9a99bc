import { describe, expect, test } from 'vitest'
import type { EntryOf } from '../../../../host/types/events.ts'
import { type InferencePayload, plainPrompt } from '../../../../host/types/inference.ts'
import { AnswerTexts } from '../../../../host/work/context/answer-texts.ts'
import type { PosterContext } from '../../../../host/work/context/context.ts'
import { encodePayload, prefixDigest } from '../../../../host/work/context/payload.ts'
import { goingOn, journaledPrefix, prefixKey } from '../../../../host/work/records/prefix.ts'
import type { SupersedeReason } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { committed, grantEvent, peer, stateAfter, taskEvent } from '../../mesh/fixtures.ts'

const salt = new Uint8Array(32).fill(7)
const most = 1_000
const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1_000, top_k: 0, context_tokens: 512 }

/** A poster whose task has a draft in the journal, with a way to begin again on that journal. */
async function poster(journal = new MemoryJournal(), asked: Partial<InferencePayload> = {}) {
  const task = taskEvent()
  const payload = encodePayload({ ...plainPrompt('Say something.', { parameters, seed: 1 }), ...asked })
  await journal.put('payloads', task.entry.id, { salt, payload })
  const texts = new AnswerTexts()
  const hands = {
    texts,
    needs: { journal },
    state: () => stateAfter([committed(task)], [peer('a')]),
  } as unknown as PosterContext
  const gives = (attempt: number, offset: number, text: string) =>
    texts.take('task', { attempt, offset, text }, most)
  const grants = (attempt: number, reason: SupersedeReason) => goingOn(grant(attempt, reason), hands)
  return { journal, texts, hands, gives, grants }
}

function grant(attempt: number, reason: SupersedeReason): EntryOf<'Grant'> {
  const { entry } = grantEvent(attempt, 'a')
  if (entry.type !== 'Grant') throw new TypeError('it is a Grant')
  return { ...entry, reason }
}

describe('the grant after a lost attempt', () => {
  test('the grant after a lost attempt names its text and persists it for the worker', async () => {
    const { gives, grants, hands, texts } = await poster()
    gives(1, 0, 'one ')
    const entry = await grants(2, 'silent')
    expect(entry.prefix_digest).toBe(prefixDigest(salt, 'one '))
    expect(await journaledPrefix('task', 2, hands)).toBe('one ')
    expect(gives(1, 4, 'late')).toBe('')
    expect([gives(2, 4, 'two'), texts.get('task')]).toEqual(['two', 'one two'])
  })

  test('the grant after an attempt without text names no prefix', async () => {
    const { gives, grants, hands, texts } = await poster()
    expect((await grants(2, 'expired')).prefix_digest).toBeNull()
    expect(await journaledPrefix('task', 2, hands)).toBe('')
    expect(gives(1, 0, 'too late')).toBe('')
    expect([gives(2, 0, 'anew'), texts.get('task')]).toEqual(['anew', 'anew'])
  })

  test('a repeated write of a grant names the same prefix, also after a restart', async () => {
    const first = await poster()
    first.gives(1, 0, 'one ')
    const entry = await first.grants(2, 'silent')
    expect(await first.grants(2, 'silent')).toEqual(entry)
    const again = await poster(first.journal)
    expect(await again.grants(2, 'silent')).toEqual(entry)
  })

  test('the first grant of a task names no prefix', async () => {
    const { gives, grants } = await poster()
    gives(1, 0, 'one ')
    expect(await grants(1, 'none')).toEqual(grant(1, 'none'))
  })
})

describe('the grant after a rejected output', () => {
  test('the grant after a rejected output drops its text', async () => {
    const { gives, grants, hands, texts } = await poster()
    gives(1, 0, 'wrong')
    expect((await grants(2, 'rejected')).prefix_digest).toBeNull()
    expect([texts.get('task'), await journaledPrefix('task', 2, hands)]).toEqual(['', ''])
    expect(gives(1, 0, 'wrong again')).toBe('')
    expect(gives(2, 0, 'right')).toBe('right')
  })

  test('the grant after a rejected output keeps the text of earlier attempts', async () => {
    const { gives, grants, hands, texts } = await poster()
    gives(1, 0, 'one ')
    await grants(2, 'silent')
    gives(2, 4, 'wrong')
    const entry = await grants(3, 'rejected')
    expect(entry.prefix_digest).toBe(prefixDigest(salt, 'one '))
    expect([texts.get('task'), await journaledPrefix('task', 3, hands)]).toEqual(['one ', 'one '])
    expect([gives(2, 4, 'wrong'), gives(3, 4, 'two'), texts.of('task', 3)]).toEqual(['', 'two', 'one two'])
  })
})

describe('the grant after an answer that is not plain text', () => {
  const tool = { name: 'look', description: '', parameters: {} }
  const chat = (tool_choice: 'auto' | 'none'): InferencePayload['input'] => ({
    type: 'chat',
    messages: [{ role: 'user', content: 'Look.', tool_calls: [], tool_call_id: null }],
    tools: [tool],
    tool_choice,
  })

  test.each<[string, Partial<InferencePayload>]>([
    ['JSON', { format: { type: 'json' } }],
    ['JSON of a schema', { format: { type: 'schema', schema: {} } }],
    ['calls of tools', { input: chat('auto') }],
    ['vectors', { input: { type: 'embed', texts: ['a'] } }],
  ])('the grant after a lost answer drops text that is not plain: %s', async (_what, asked) => {
    const { gives, grants, hands, texts } = await poster(new MemoryJournal(), asked)
    gives(1, 0, '{"a": 1, ')
    expect((await grants(2, 'silent')).prefix_digest).toBeNull()
    expect([texts.get('task'), await journaledPrefix('task', 2, hands)]).toEqual(['', ''])
    expect([gives(1, 9, '"b"'), gives(2, 0, '{'), texts.get('task')]).toEqual(['', '{', '{'])
  })

  test('a worker gets no prefix of a JSON answer that an older version kept', async () => {
    const { journal, grants, hands } = await poster(new MemoryJournal(), { format: { type: 'json' } })
    await journal.put('prefixes', prefixKey('task', 2), '{"a": ')
    expect((await grants(2, 'silent')).prefix_digest).toBeNull()
    expect(await journaledPrefix('task', 2, hands)).toBe('')
  })

  test('the text of a chat without callable tools is continued', async () => {
    const { gives, grants } = await poster(new MemoryJournal(), { input: chat('none') })
    gives(1, 0, 'one ')
    expect((await grants(2, 'silent')).prefix_digest).toBe(prefixDigest(salt, 'one '))
  })
})
