import { expect, test } from 'vitest'
import { cut } from '../../../../host/ui/parts/name.tsx'

test('a long name is cut between characters, and a short one stays', () => {
  expect(cut('SmolLM2')).toBe('SmolLM2')
  expect(cut('😀'.repeat(10_000))).toBe(`${'😀'.repeat(80)}…`)
})
