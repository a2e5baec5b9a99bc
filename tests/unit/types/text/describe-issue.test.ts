import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeIssue } from '../../../../host/types/text/describe-issue.ts'

const form = z.strictObject({
  name: z.string().min(1).max(3),
  count: z.int().min(1).max(9).default(1),
  share: z.number().gt(0).lt(1).default(0.5),
  items: z.array(z.boolean()).min(1).max(2).default([true]),
  kind: z.enum(['a', 'b']).default('a'),
  code: z
    .string()
    .regex(/^[0-9]+$/)
    .default('1'),
  place: z.string().regex(/:/, 'not IP:PORT').default('a:1'),
  either: z.union([z.string(), z.object({ text: z.string() })]).default(''),
})

test.each([
  [{}, "'name': missing"],
  [null, 'not an object'],
  [{ name: 5 }, "'name': not a text"],
  [{ name: '' }, "'name': empty"],
  [{ name: 'abcd' }, "'name': at most 3 characters"],
  [{ name: 'a', count: 0 }, "'count': at least 1"],
  [{ name: 'a', count: 10 }, "'count': at most 9"],
  [{ name: 'a', count: 1e308 }, "'count': too large"],
  [{ name: 'a', count: 1.5 }, "'count': not a whole number"],
  [{ name: 'a', share: 0 }, "'share': more than 0"],
  [{ name: 'a', share: 1 }, "'share': less than 1"],
  [{ name: 'a', items: [] }, "'items': empty"],
  [{ name: 'a', items: [true, true, true] }, "'items': at most 2 items"],
  [{ name: 'a', items: [1] }, "'items.0': not true or false"],
  [{ name: 'a', kind: 'c' }, "'kind': one of a, b"],
  [{ name: 'a', code: 'x' }, "'code': not of the form ^[0-9]+$"],
  [{ name: 'a', place: 'x' }, "'place': not IP:PORT"],
  [{ name: 'a', either: { text: 1 } }, "'either.text': not a text"],
  [{ name: 'a', either: 1 }, "'either': in none of the forms that it may have"],
  [{ name: 'a', other: 1 }, "unknown field 'other'"],
])('the object %j is refused in plain words', (value, words) => {
  const { error } = form.safeParse(value)
  expect(error && describeIssue(error)).toBe(words)
})
