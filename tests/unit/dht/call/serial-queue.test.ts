import { setImmediate as tick, setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { SerialQueue } from '../../../../host/dht/call/serial-queue.ts'

setFlagsFromString('--expose_gc')
const collect: () => void = runInNewContext('gc')

/** Takes a turn, and forgets what it gave. */
async function given(lane: SerialQueue): Promise<WeakRef<object>> {
  return new WeakRef(await lane.take(async () => ({ answer: 'large' })))
}

test('a long-lived lane does not hold its finished work in memory', async () => {
  const lane = new SerialQueue()
  const refs = [await given(lane), await given(lane), await given(lane)]
  await lane.take(async () => undefined)
  await tick()
  collect()
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined])
})

test('a lane does one thing after the other, in order', async () => {
  const lane = new SerialQueue()
  const log: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = lane.take(() => gate.promise.then(() => log.push('first')))
  const second = lane.take(async () => log.push('second'))
  await tick()
  expect(log).toEqual([])
  gate.resolve()
  await Promise.all([first, second])
  expect(log).toEqual(['first', 'second'])
})

test('a lane with a time limit does not wait for slow work', async () => {
  const lane = new SerialQueue({ ms: 10, sleep: (ms, signal) => wait(ms, undefined, { signal }) })
  const gate = Promise.withResolvers<string>()
  const slow = lane.take(() => gate.promise)
  expect(await lane.take(async () => 'on')).toBe('on')
  gate.resolve('late')
  expect(await slow).toBe('late')
})

test('a lane goes on after a failure and skips aborted work', async () => {
  const lane = new SerialQueue()
  const gate = Promise.withResolvers<never>()
  const failing = lane.take(() => gate.promise)
  const left = new AbortController()
  const skipped = vi.fn()
  const aborted = lane.take(skipped, left.signal)
  left.abort(new Error('left'))
  await expect(aborted).rejects.toThrow('left')
  gate.reject(new Error('no'))
  await expect(failing).rejects.toThrow('no')
  expect(await lane.take(async () => 'on')).toBe('on')
  expect(skipped).not.toHaveBeenCalled()
})
