import { expect, test } from 'vitest'
import { isolate } from '../../../../host/ui/format/isolate.ts'

test('a name stands apart from the sentence around it', () => {
  expect(isolate('bert')).toBe('\u2068bert\u2069')
})

test('a long name is cut', () => {
  expect(isolate('W'.repeat(10_000)).length).toBeLessThan(80)
})
