import { expect, test } from 'vitest'
import type { RippleError } from '../../../../host/errors/ripple-error.ts'
import { unlessStalled } from '../../../../host/work/worker/stall.ts'
import { forever } from '../../../harness/forever.ts'
import { VirtualClock } from '../../../harness/sim/clock.ts'

/** Steps at these times, in milliseconds, then goes on to the end unless it is stopped; gives when and how it ended. */
async function run(steps: readonly number[], end: number): Promise<string> {
  const clock = new VirtualClock(0)
  const work = unlessStalled(clock, 5_000, forever, async (step, signal) => {
    for (const at of [...steps, end]) {
      await clock.sleep(at - clock.now(), signal)
      if (at !== end) step()
    }
  })
  const ended = work.then(
    () => `done at ${clock.now()}`,
    (error: RippleError) => `${error.code} at ${clock.now()}`,
  )
  await clock.run(1_000_000, () => false)
  return ended
}

test('a run that makes progress may take any time', async () => {
  expect(await run([1_000, 5_999, 10_998], 15_997)).toBe('done at 15997')
})

test('a run that has not begun is waited for', async () => {
  expect(await run([], 60_000)).toBe('done at 60000')
  expect(await run([60_000], 61_000)).toBe('done at 61000')
})

test('a run that stops making progress is stopped', async () => {
  expect(await run([1_000, 2_500], 60_000)).toBe('RIPPLE_ENGINE_STALLED at 7500')
})

test('a caller that aborts does not wait', async () => {
  const clock = new VirtualClock(0)
  const caller = new AbortController()
  const work = unlessStalled(clock, 5_000, caller.signal, (_step, signal) => clock.sleep(60_000, signal))
  caller.abort('enough')
  await expect(work).rejects.toBe('enough')
})
