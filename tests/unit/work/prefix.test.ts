import { describe, expect, test } from 'vitest'
import type { Happening } from '../../../host/mesh/events.ts'
import type { EntryOf } from '../../../host/types/events.ts'
import { type AnswerFormat, plainPrompt } from '../../../host/types/inference.ts'
import { AnswerTexts } from '../../../host/work/answer-texts.ts'
import type { Hands } from '../../../host/work/hands.ts'
import { MemoryJournal } from '../../../host/work/memory.ts'
import { encodePayload, prefixDigest } from '../../../host/work/payload.ts'
import { goingOn, keptPrefix } from '../../../host/work/prefix.ts'
import type { SupersedeReason } from '../../../zomes-bindings/generated/SupersedeReason.ts'
import { committed, grantEvent, now, peer, resultEvent, stateAfter, taskEvent } from '../mesh/fixtures.ts'

const salt = new Uint8Array(32).fill(7)
const most = 1_000
const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1_000, top_k: 0, context_tokens: 512 }

/** A poster whose task has a draft in the journal, with a way to begin again on that journal. */
async function poster(journal = new MemoryJournal(), format: AnswerFormat = { type: 'text' }) {
  const task = taskEvent()
  const payload = encodePayload({ ...plainPrompt('Say something.', { parameters, seed: 1 }), format })
  await journal.put('payloads', task.entry.id, { salt, payload })
  const happenings: Happening[] = [committed(task)]
  const texts = new AnswerTexts()
  const hands = {
    texts,
    needs: { journal },
    state: () => stateAfter(happenings, [peer('a')]),
  } as unknown as Hands
  const gives = (attempt: number, offset: number, text: string) =>
    texts.take('task', { attempt, offset, text }, most)
  const grants = (attempt: number, reason: SupersedeReason) => goingOn(grant(attempt, reason), hands)
  const fails = (attempt: number, code: string) => {
    const { entry, ...result } = resultEvent(attempt, 'a', 'failed')
    const events = [{ ...result, entry: { ...entry, status: { type: 'failed', code } as const } }]
    const granted = Array.from({ length: attempt }, (_, before) => committed(grantEvent(before + 1, 'a')))
    happenings.push(...granted, { type: 'results_found', task: 'task', events, at: now })
  }
  return { journal, texts, hands, gives, grants, fails }
}

function grant(attempt: number, reason: SupersedeReason): EntryOf<'Grant'> {
  const { entry } = grantEvent(attempt, 'a')
  if (entry.type !== 'Grant') throw new TypeError('it is a Grant')
  return { ...entry, reason }
}

describe('the Grant after an attempt that was lost', () => {
  test('names what it gave, which is kept for its worker, and nothing more of the lost one is taken', async () => {
    const { gives, grants, hands, texts } = await poster()
    gives(1, 0, 'one ')
    const entry = await grants(2, 'silent')
    expect(entry.prefix_digest).toBe(prefixDigest(salt, 'one '))
    expect(await keptPrefix('task', 2, hands)).toBe('one ')
    expect(gives(1, 4, 'late')).toBe('')
    expect([gives(2, 4, 'two'), texts.get('task')]).toEqual(['two', 'one two'])
  })

  test('names nothing where nothing was given, and what comes too late is not taken either', async () => {
    const { gives, grants, hands, texts } = await poster()
    expect((await grants(2, 'expired')).prefix_digest).toBeNull()
    expect(await keptPrefix('task', 2, hands)).toBe('')
    expect(gives(1, 0, 'too late')).toBe('')
    expect([gives(2, 0, 'anew'), texts.get('task')]).toEqual(['anew', 'anew'])
  })

  test('is the same when its write is tried again, also after a restart', async () => {
    const first = await poster()
    first.gives(1, 0, 'one ')
    const entry = await first.grants(2, 'silent')
    expect(await first.grants(2, 'silent')).toEqual(entry)
    const again = await poster(first.journal)
    expect(await again.grants(2, 'silent')).toEqual(entry)
  })

  test('is left as it is where it is the first one', async () => {
    const { gives, grants } = await poster()
    gives(1, 0, 'one ')
    expect(await grants(1, 'none')).toEqual(grant(1, 'none'))
  })
})

describe('the Grant after an output that was rejected', () => {
  test('begins anew, and nothing of the rejected one counts', async () => {
    const { gives, grants, hands, texts } = await poster()
    gives(1, 0, 'wrong')
    expect((await grants(2, 'rejected')).prefix_digest).toBeNull()
    expect([texts.get('task'), await keptPrefix('task', 2, hands)]).toEqual(['', ''])
    expect(gives(1, 0, 'wrong again')).toBe('')
    expect(gives(2, 0, 'right')).toBe('right')
  })

  test('goes on with what the rejected one had begun with: that is of the attempts before it', async () => {
    const { gives, grants, hands, texts } = await poster()
    gives(1, 0, 'one ')
    await grants(2, 'silent')
    gives(2, 4, 'wrong')
    const entry = await grants(3, 'rejected')
    expect(entry.prefix_digest).toBe(prefixDigest(salt, 'one '))
    expect([texts.get('task'), await keptPrefix('task', 3, hands)]).toEqual(['one ', 'one '])
    expect([gives(2, 4, 'wrong'), gives(3, 4, 'two'), texts.of('task', 3)]).toEqual(['', 'two', 'one two'])
  })
})

describe('the Grant after a text that no answer of the form begins with', () => {
  const format: AnswerFormat = { type: 'schema', schema: { type: 'array', items: { type: 'integer' } } }

  test('begins anew, and nothing of it counts', async () => {
    for (const wrong of ['Once upon', '{"a"', '["a', '42']) {
      const { gives, grants, hands, texts } = await poster(new MemoryJournal(), format)
      gives(1, 0, wrong)
      expect((await grants(2, 'silent')).prefix_digest).toBeNull()
      expect([texts.get('task'), await keptPrefix('task', 2, hands)]).toEqual(['', ''])
      expect([gives(1, wrong.length, ' more'), gives(2, 0, '[1')]).toEqual(['', '[1'])
    }
  })

  test('begins anew where its worker found that, also after what an attempt before gave', async () => {
    const { gives, grants, hands, texts, fails } = await poster(new MemoryJournal(), format)
    gives(1, 0, '[\t')
    expect((await grants(2, 'silent')).prefix_digest).toBe(prefixDigest(salt, '[\t'))
    fails(2, 'body_invalid')
    expect((await grants(3, 'failed')).prefix_digest).toBeNull()
    expect([texts.get('task'), await keptPrefix('task', 3, hands)]).toEqual(['', ''])
    gives(3, 0, '[1')
    fails(3, 'engine_crashed')
    expect((await grants(4, 'failed')).prefix_digest).toBe(prefixDigest(salt, '[1'))
  })

  test('gives its worker nothing that a try of its write before had kept', async () => {
    const { gives, grants, hands, fails } = await poster(new MemoryJournal(), format)
    gives(1, 0, '[1')
    expect((await grants(2, 'silent')).prefix_digest).toBe(prefixDigest(salt, '[1'))
    fails(1, 'body_invalid')
    expect((await grants(2, 'failed')).prefix_digest).toBeNull()
    expect(await keptPrefix('task', 2, hands)).toBe('')
  })

  test('goes on with what it had begun with, and with any text that one may begin with', async () => {
    const { gives, grants, texts } = await poster(new MemoryJournal(), format)
    gives(1, 0, '[1, ')
    expect((await grants(2, 'silent')).prefix_digest).toBe(prefixDigest(salt, '[1, '))
    gives(2, 4, '"wrong')
    expect((await grants(3, 'silent')).prefix_digest).toBe(prefixDigest(salt, '[1, '))
    expect([gives(3, 4, '2]'), texts.get('task')]).toEqual(['2]', '[1, 2]'])
  })
})
