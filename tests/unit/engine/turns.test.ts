import { describe, expect, test } from 'vitest'
import { Turns } from '../../../host/engine/turns.ts'

const never = new AbortController().signal

/** Takes turns by name and notes who has begun. */
function room(slots: number, waiting = 8) {
  const turns = new Turns(slots, waiting)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const take = (name: string, alone = false, signal = never) =>
    turns.take(alone, signal).then((end) => {
      begun.push(name)
      ends.set(name, end)
    })
  const end = async (name: string) => {
    ends.get(name)?.()
    await Promise.resolve()
    await new Promise(setImmediate)
  }
  return { begun, take, end }
}

describe('turns at the engine', () => {
  test('a bounded number of runs is active, and the others follow in order', async () => {
    const { begun, take, end } = room(2)
    for (const name of ['a', 'b', 'c', 'd']) void take(name)
    await end('nobody')
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('a')
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
  })

  test('an exclusive run waits for all others, and none passes it', async () => {
    const { begun, take, end } = room(3)
    void take('a')
    void take('b')
    void take('alone', true)
    void take('c')
    await end('nobody')
    await end('a')
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'alone'])
    await end('alone')
    expect(begun).toEqual(['a', 'b', 'alone', 'c'])
  })

  test("runs beyond the queue's bound are refused with a retry time", async () => {
    const { take, end } = room(1, 1)
    await take('a')
    void take('b')
    const busy = { code: 'RIPPLE_BUSY', facts: { max: 1, retry_after_s: expect.any(Number) } }
    await expect(take('c')).rejects.toMatchObject(busy)
    await end('a')
    const waiting = take('d')
    await end('b')
    await expect(waiting).resolves.toBeUndefined()
  })

  test('a waiting run can be aborted and lets the next one through', async () => {
    const { begun, take, end } = room(2)
    const stop = new AbortController()
    void take('a')
    const alone = take('alone', true, stop.signal)
    void take('b')
    await end('nobody')
    expect(begun).toEqual(['a'])
    stop.abort(new Error('enough'))
    await expect(alone).rejects.toThrow('enough')
    expect(begun).toEqual(['a', 'b'])
    await expect(take('c', false, stop.signal)).rejects.toThrow('enough')
  })

  test('an abort at its own turn takes nobody else out of the queue', async () => {
    const { begun, take, end } = room(4)
    const stop = new AbortController()
    void take('a')
    const alone = take('alone', true, stop.signal)
    const shared = take('shared', false, stop.signal)
    void take('last', true)
    stop.abort(new Error('enough'))
    await expect(alone).rejects.toThrow('enough')
    await shared
    await end('a')
    await end('shared')
    expect(begun).toEqual(['a', 'shared', 'last'])
  })
})
