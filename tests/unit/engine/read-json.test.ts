import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../../host/engine/grammar/read-json.ts'

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('a whole document', () => {
  test('is what JSON.parse reads, for any JSON that somebody has changed a little', () => {
    const changed = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', ',', ':', '[', '}', '\\', '0', '-', 'e', ' ', '\u0001', 'x'),
      )
      .map(([text, place, put]) => {
        const at = place % (text.length + 1)
        return text.slice(0, at) + put + text.slice(at + (place % 2))
      })
    fc.assert(
      fc.property(changed, (text) => {
        expect(readJson(text, false) !== null).toBe(isJson(text))
      }),
      {
        numRuns: 2_000,
      },
    )
  })

  test.each([
    '',
    ' ',
    '01',
    '1.',
    '-',
    '+1',
    '1e',
    '.5',
    'nul',
    'nulll',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    '"\\x"',
    '"\\u12"',
    '[1 2]',
    '{}{}',
    'NaN',
  ])('%j is none', (text) => expect(readJson(text, false)).toBeNull())

  test('may be deeper than any recursion goes', () => {
    const deep = '['.repeat(200_000)
    expect(readJson(deep, true)).not.toBeNull()
    expect(readJson(deep + ']'.repeat(200_000), false)).not.toBeNull()
  })
})

describe('the beginning of one', () => {
  test('is any beginning of any document', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, length) => {
        expect(readJson(text.slice(0, length % (text.length + 1)), true)).not.toBeNull()
      }),
    )
  })

  test.each([
    '}',
    'x',
    '[,',
    '{"a" 1',
    '{1',
    'nux',
    '01',
    '--',
    '1.e',
    '"\\x',
    '"\\u1g',
    '"\n',
    '[}',
    '{"a":1]',
  ])('%j is none', (text) => expect(readJson(text, true)).toBeNull())
})
