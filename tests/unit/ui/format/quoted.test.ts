import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoted } from '../../../../host/ui/format/quoted.ts'

test('a plain word and a path stay as they are', () => {
  expect(quoted('ripple-invite-1.mKVs_')).toBe('ripple-invite-1.mKVs_')
  expect(quoted('/home/anna/.local/share/ripple')).toBe('/home/anna/.local/share/ripple')
})

test('a shell reads every word back', () => {
  const word = fc.string({ minLength: 1, unit: fc.constantFrom(...`a1 \n-'"\\$\`;&|<>(){}*?~#!`) })
  fc.assert(
    fc.property(word, (given) => {
      expect(execFileSync('sh', ['-c', `printf %s ${quoted(given)}`], { encoding: 'utf8' })).toBe(given)
    }),
    { numRuns: 30 },
  )
})
