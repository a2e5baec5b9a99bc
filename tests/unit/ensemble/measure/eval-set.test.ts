import { describe, expect, it } from 'vitest'
import { openSet, shippedSet } from '../../../../host/ensemble/ensemble.ts'
import { isRight, readSet } from '../../../../host/ensemble/measure/eval-set.ts'
import { canonicalise } from '../../../../host/ensemble/vote/canonical.ts'
import { taskTypes } from '../../../../host/types/task-type.ts'

const read = (...lines: string[]) => readSet('s.jsonl', 's', Buffer.from(lines.join('\n')))
const item = (changes: object = {}) =>
  JSON.stringify({ id: 'a', task_type: 'general', prompt: 'P?', answers: ['Paris'], ...changes })

describe('the shipped set', async () => {
  const { items } = await openSet(shippedSet)

  it('the shipped set has at least 120 items, 30 or more of each task type', () => {
    expect(items.length).toBeGreaterThanOrEqual(120)
    for (const type of taskTypes)
      expect(items.filter(({ task_type }) => task_type === type).length).toBeGreaterThanOrEqual(30)
  })

  it('the shipped set asks nothing twice and shows no answer in its question', () => {
    expect(new Set(items.map(({ prompt }) => prompt)).size).toBe(items.length)
    for (const one of items) {
      expect(one.prompt.trimEnd()).toMatch(/:$/)
      expect(isRight(one, one.answers[0] ?? null)).toBe(true)
    }
  })

  it('the shipped set does not reward a constant answer', () => {
    for (const type of taskTypes) {
      const some = items.filter(({ task_type }) => task_type === type)
      const counts = new Map<string | null, number>()
      for (const { answers } of some)
        for (const form of new Set(answers.map((answer) => canonicalise(type, answer))))
          counts.set(form, (counts.get(form) ?? 0) + 1)
      expect(Math.max(...counts.values())).toBeLessThanOrEqual(some.length / 2)
    }
  })
})

describe('a set', () => {
  it('an item takes several right answers in any equivalent form', () => {
    const [one] = read(item({ answers: ['8', 'eight'] }), '').items
    if (one === undefined) throw new TypeError('no item')
    expect(['8', ' Eight.', '9', '', null].map((text) => isRight(one, text))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it.each([
    ['{', 1, 'not JSON'],
    [item({ task_type: 'poem' }), 1, 'task_type'],
    [item({ answers: [] }), 1, 'answers'],
    [item({ answers: ['...'] }), 1, "like '...'"],
    [`${item()}\n${item()}`, 2, "the id 'a'"],
    [item({ hint: 1 }), 1, 'hint'],
    ['', 1, 'no items'],
  ])('the set %j is refused at line %i', (text, line, detail) => {
    expect(() => read(text)).toThrowError(
      expect.objectContaining({
        code: 'RIPPLE_EVAL_SET_INVALID',
        facts: { file: 's.jsonl', line, detail: expect.stringContaining(detail) },
      }),
    )
  })

  it.each(['/no/such/file', import.meta.dirname, '/dev/zero'])('%s is refused as a set', async (file) => {
    await expect(openSet(file)).rejects.toMatchObject({ code: 'RIPPLE_FILE_UNREADABLE' })
  })
})
