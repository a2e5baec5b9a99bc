import { expect, test } from 'vitest'
import { wordFor } from '../../../../../host/ui/views/tasks/word-for.ts'

test('a code has its words, and any other code stands for itself, cut', () => {
  const table = { busy: 'has no free place now' }
  expect(wordFor(table, 'busy')).toBe('has no free place now')
  expect(wordFor(table, 'engine_crashed')).toBe('engine_crashed')
  for (const name of ['constructor', '__proto__', 'toString']) expect(wordFor(table, name)).toBe(name)
  expect(wordFor(table, 'x'.repeat(10_000))).toHaveLength(201)
})
