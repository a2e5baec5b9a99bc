import { expect, test } from 'vitest'
import { cut } from '../../../../host/ui/format/cut.ts'

test('a text is cut with an ellipsis, and never within a character', () => {
  expect(cut('rivers', 6)).toBe('rivers')
  expect(cut('rivers', 5)).toBe('river…')
  expect(cut('🦊🦊🦊', 2)).toBe('🦊🦊…')
  expect(cut('🦊🦊🦊', 3)).toBe('🦊🦊🦊')
  expect(cut('x'.repeat(10_000), 64)).toHaveLength(65)
})
