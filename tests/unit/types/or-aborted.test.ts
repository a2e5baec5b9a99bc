import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orAborted } from '../../../host/types/or-aborted.ts'

const enough = new RangeError('enough')
const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)
let kept: NodeJS.UnhandledRejectionListener[] = []
beforeEach(() => {
  unhandled.length = 0
  kept = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
})
afterEach(() => {
  process.removeAllListeners('unhandledRejection')
  for (const listener of kept) process.on('unhandledRejection', listener)
})

test('the first of promise and abort decides', async () => {
  const { signal } = new AbortController()
  await expect(orAborted(Promise.resolve(1), signal)).resolves.toBe(1)
  await expect(orAborted(Promise.reject(enough), signal)).rejects.toBe(enough)
  const ending = new AbortController()
  const waiting = orAborted(new Promise(() => {}), ending.signal)
  ending.abort(enough)
  await expect(waiting).rejects.toBe(enough)
})

test('a later rejection stays handled, also after an earlier abort', async () => {
  const late = turn().then(() => Promise.reject(new TypeError('late')))
  await expect(orAborted(late, AbortSignal.abort(enough))).rejects.toBe(enough)
  await turn()
  await turn()
  expect(unhandled).toEqual([])
})
