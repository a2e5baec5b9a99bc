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
  test('a queue gives all pieces in order, early and late ones', async () => {
    const queue = new PieceQueue()
    queue.push(text('one'))
    const got = Array.fromAsync(queue)
    queue.push(seam)
    await Promise.resolve()
    queue.push(text('two'))
    queue.end()
    expect(await got).toEqual([text('one'), seam, text('two')])
  })

  test('a queue wakes its waiting reader each time', async () => {
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

  test('a queue fails at once with its first error, whatever waits', async () => {
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

  test('a queue takes unread pieces back and says how much was read', async () => {
    const queue = new PieceQueue()
    const reader = queue[Symbol.asyncIterator]()
    for (const piece of [text('one '), text('two '), seam, text('three')]) queue.push(piece)
    expect(await next(reader)).toEqual(text('one '))
    expect(queue.takeBack()).toBe(4)
    expect(queue.takeBack()).toBe(4)
    queue.push(text('more'))
    queue.end()
    expect([await next(reader), await next(reader)]).toEqual([text('more'), null])
  })
})
