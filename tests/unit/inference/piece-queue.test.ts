import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PieceQueue } from '../../../host/inference/piece-queue.ts'
import type { AnswerPiece } from '../../../host/types/answer.ts'

const text = (words: string): AnswerPiece => ({ type: 'text', text: words })
const seam: AnswerPiece = { type: 'seam', from: 'a', to: 'b' }

async function next(reader: AsyncIterator<AnswerPiece>): Promise<AnswerPiece | null> {
  const { done, value } = await reader.next()
  return done ? null : value
}

describe('a queue of pieces', () => {
  test('gives them in order, those that came before its reader and those that come after', async () => {
    const queue = new PieceQueue()
    queue.push(text('one'))
    const got = Array.fromAsync(queue)
    queue.push(seam)
    await Promise.resolve()
    queue.push(text('two'))
    queue.end()
    expect(await got).toEqual([text('one'), seam, text('two')])
  })

  test('wakes a reader that waits, each time', async () => {
    const queue = new PieceQueue()
    const reader = queue[Symbol.asyncIterator]()
    for (const word of ['one', 'two', 'three']) {
      const waiting = next(reader)
      await Promise.resolve()
      queue.push(text(word))
      expect(await waiting).toEqual(text(word))
    }
    const waiting = next(reader)
    queue.end()
    expect(await waiting).toBeNull()
  })

  test('fails at once, whatever still waits, with the first thing that went wrong', async () => {
    const queue = new PieceQueue()
    queue.push(text('one'))
    queue.fail(new RangeError('first'))
    queue.fail(new RangeError('second'))
    await expect(Array.fromAsync(queue)).rejects.toThrow('first')
    const waiting = new PieceQueue()
    const got = Array.fromAsync(waiting)
    await Promise.resolve()
    waiting.fail(new RangeError('later'))
    await expect(got).rejects.toThrow('later')
  })

  test('takes back what nobody has read, but for the beginning that stays', async () => {
    const queue = new PieceQueue()
    const reader = queue[Symbol.asyncIterator]()
    for (const piece of [text('one '), text('two '), seam, text('three')]) queue.push(piece)
    expect(await next(reader)).toEqual(text('one '))
    expect(queue.takeBack(6)).toBe(6)
    expect(await next(reader)).toEqual(text('tw'))
    // What was read can not be taken back.
    expect(queue.takeBack(0)).toBe(6)
    queue.push(text('more'))
    queue.end()
    expect([await next(reader), await next(reader)]).toEqual([text('more'), null])
  })

  test.each([
    ['all', 0, []],
    ['the text behind the second seam', 7, [text('one '), seam, text('two')]],
    ['some of it', 8, [text('one '), seam, text('two'), seam, text('t')]],
  ])('takes back the seams that no text follows, where it takes back %s', async (_what, but, rest) => {
    const queue = new PieceQueue()
    for (const piece of [text('one '), seam, text('two'), seam, text('three')]) queue.push(piece)
    queue.takeBack(but)
    queue.end()
    expect(await Array.fromAsync(queue)).toEqual(rest)
  })

  test('keeps as much as it says, however it was cut and read', async () => {
    const some = fc.array(fc.string({ maxLength: 5 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(some, fc.nat(8), fc.nat(30), async (words, reads, but) => {
        const queue = new PieceQueue()
        const reader = queue[Symbol.asyncIterator]()
        for (const word of words) queue.push(text(word))
        for (const _ of words.slice(0, reads)) await next(reader)
        const whole = words.join('')
        const read = words.slice(0, reads).join('').length
        const stays = queue.takeBack(but)
        expect(stays).toBe(Math.max(read, Math.min(but, whole.length)))
        queue.end()
        let rest = ''
        for (let piece = await next(reader); piece !== null; piece = await next(reader))
          if (piece.type === 'text') rest += piece.text
        expect(whole.slice(0, read) + rest).toBe(whole.slice(0, stays))
      }),
    )
  })
})
