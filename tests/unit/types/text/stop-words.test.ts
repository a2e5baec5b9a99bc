import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StopWords } from '../../../../host/types/text/stop-words.ts'

function told(words: readonly string[], pieces: readonly string[], before = ''): string[] {
  const stop = new StopWords(words, before)
  return [...pieces.map((piece) => stop.push(piece)), stop.end()]
}

test('a stop word is found across pieces, and its possible beginning is held back', () => {
  expect(told(['END'], ['the E', 'N', 'D of it'])).toEqual(['the ', '', '', ''])
  expect(told(['END'], ['the E', 'N', 'T'])).toEqual(['the ', '', 'ENT', ''])
  expect(told(['END'], ['the EN'])).toEqual(['the ', 'EN'])
  expect(told(['ab', 'abc'], ['xabc'])).toEqual(['x', ''])
  expect(told([], ['any', 'thing'])).toEqual(['any', 'thing', ''])
})

test('a stop word that began in the answer so far is found', () => {
  expect(told(['END'], ['D', ' more'], 'the EN')).toEqual(['', '', ''])
  expect(told(['END'], ['T', ' more'], 'the EN')).toEqual(['T', ' more', ''])
  expect(told(['a\n\nb'], ['b'], 'a\n\n')).toEqual(['', ''])
})

test('the first completed one of overlapping stop words counts, wherever the text is cut', () => {
  for (const pieces of [['abc'], ['ab', 'c'], ['a', 'b', 'c']])
    expect(told(['abc', 'b'], pieces).join('')).toBe('a')
})

test('the text ends before the first stop word, however it is cut', () => {
  const letters = fc.constantFrom('a', 'b', 'c')
  const text = fc.array(letters, { maxLength: 30 })
  const word = fc.array(letters, { minLength: 1, maxLength: 4 }).map((all) => all.join(''))
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 8 }),
      fc.array(word, { maxLength: 3 }),
      fc.nat(20),
      (pieces, words, cut) => {
        const all = pieces.map((piece) => piece.join(''))
        const whole = all.join('')
        const found = words.map((one) => ({ at: whole.indexOf(one), one })).filter(({ at }) => at >= 0)
        const end = Math.min(...found.map(({ at, one }) => at + one.length))
        const starts = found.flatMap(({ at, one }) => (at + one.length === end ? [at] : []))
        const expected = whole.slice(0, Math.min(whole.length, ...starts))
        expect(told(words, all).join('')).toBe(expected)
        // The same where a part of it was said by somebody before, up to what that one could tell.
        const before = told(words, [whole.slice(0, cut)])
          .slice(0, 1)
          .join('')
        expect(before + told(words, [whole.slice(before.length)], before).join('')).toBe(expected)
      },
    ),
  )
})
