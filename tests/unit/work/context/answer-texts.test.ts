import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AnswerTexts } from '../../../../host/work/context/answer-texts.ts'

const most = 1_000
const piece = (offset: number, text: string, attempt = 1) => ({ attempt, offset, text })

describe('the text of an answer', () => {
  test('the text comes whole from overlapping, repeated or late pieces in any order', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(60), fc.nat(60))),
        (answer, cuts) => {
          const texts = new AnswerTexts()
          let seen = ''
          const take = (from: number, to: number) => {
            seen += texts.take('t', piece(from, answer.slice(from, to)), most)
          }
          for (const [from, length] of cuts) take(Math.min(from, answer.length), from + length)
          expect(answer.startsWith(seen)).toBe(true)
          take(0, answer.length)
          expect(seen).toBe(answer)
          expect(texts.get('t')).toBe(answer)
        },
      ),
    )
  })

  test('a piece that would leave a gap is left out', () => {
    const texts = new AnswerTexts()
    expect(texts.take('t', piece(0, 'ab'), most)).toBe('ab')
    expect(texts.take('t', piece(3, 'd'), most)).toBe('')
    expect(texts.take('t', piece(2, 'cd'), most)).toBe('cd')
  })

  test('the text is frozen before another attempt continues it', () => {
    const texts = new AnswerTexts()
    texts.take('t', piece(0, 'one '), most)
    expect(texts.freeze('t', 1)).toBe('one ')
    expect(texts.take('t', piece(4, 'late'), most)).toBe('')
    expect(texts.take('t', piece(4, 'two', 2), most)).toBe('two')
    expect(texts.take('t', piece(7, 'late', 1), most)).toBe('')
    expect(texts.of('t', 2)).toBe('one two')
    expect(texts.of('t', 1)).toBe('')
  })

  test('the text ends at its bound, and a dropped one is forgotten', () => {
    const texts = new AnswerTexts()
    expect(texts.take('t', piece(0, 'x'.repeat(most + 1)), most)).toBe('')
    expect(texts.take('t', piece(0, 'x'), most)).toBe('x')
    texts.drop('t')
    expect(texts.get('t')).toBe('')
    expect(texts.take('t', piece(0, '語'.repeat(most / 3)), most)).not.toBe('')
    expect(texts.take('t', piece(Math.floor(most / 3), '語'), most)).toBe('')
  })
})
