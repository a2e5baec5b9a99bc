import { describe, expect, test } from 'vitest'
import type { RunJob } from '../../../host/engine/port.ts'
import { limits } from '../../../host/limits.ts'
import type { Work } from '../../../host/work/work.ts'
import { forever } from '../../harness/forever.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'
import { standInGate } from '../../harness/sim/gate.ts'
import { play } from '../work/stage.ts'
import { asking, openPlane, type Plane, untilAborted } from './plane.ts'
import { asked, plane, quickEngine } from './stage.ts'

/** Lets the clock run until the promise has settled, for so long at most; gives what became of it and after how many milliseconds. */
async function settledWithin<T>(clock: VirtualClock, ms: number, promise: Promise<T>) {
  const begun = clock.now()
  let settled: unknown = 'nothing'
  promise.then(
    (value) => {
      settled = value
    },
    (thrown) => {
      settled = thrown
    },
  )
  await clock.run(begun + ms, () => settled !== 'nothing')
  return { settled, ms: clock.now() - begun }
}

describe('an ask that runs here without a task', () => {
  /** Asks an engine that does so. */
  async function askOf(run: (job: RunJob, clock: VirtualClock, signal: AbortSignal) => Promise<never>) {
    const clock = new VirtualClock(0)
    let stopped: unknown = null
    const engine = {
      ...quickEngine(),
      run: (job: RunJob, signal: AbortSignal) => {
        signal.addEventListener('abort', () => {
          stopped = signal.reason
        })
        return run(job, clock, signal)
      },
    }
    const work = { heldGrants: () => 0 } as unknown as Work
    const gate = standInGate(clock, 'one seed')
    const inference = plane({ work, gate, self: 'self', engine, clock, post: false })
    const { end } = await inference.ask(asked, forever)
    const { settled, ms } = await settledWithin(clock, 2 * limits.ask_deadlines_ms.run, end)
    return { settled, stopped, ms }
  }

  test('an ask that runs here without a task ends if the engine hangs in mid-answer', async () => {
    const { settled, stopped, ms } = await askOf((job, _clock, signal) => {
      job.onText('some', 1)
      return untilAborted(signal)
    })
    expect(settled).toMatchObject({ code: 'RIPPLE_ENGINE_STALLED' })
    expect([stopped, ms]).toEqual([settled, limits.engine_stall_ms])
  })

  test('an ask that runs here ends at the run deadline if words never end or come', async () => {
    const late = { code: 'RIPPLE_TIMEOUT', facts: { what: 'the run', ms: limits.ask_deadlines_ms.run } }
    const silent = await askOf((_job, _clock, signal) => untilAborted(signal))
    expect(silent).toMatchObject({ settled: late, stopped: late, ms: limits.ask_deadlines_ms.run })
    const endless = await askOf(async (job, clock, signal) => {
      for (;;) {
        await clock.sleep(1_000, signal)
        job.onText('more ', 1)
      }
    })
    expect(endless).toMatchObject({ settled: late, ms: limits.ask_deadlines_ms.run })
  })
})

/** Has the poster's conductor hang when a task is to be closed. */
function hangAtClose({ poster }: Plane): void {
  const { dht } = poster.machine
  const commit = dht.commit.bind(dht)
  Object.assign(dht, {
    commit: (...given: Parameters<typeof commit>) =>
      given[0].type === 'Close' ? new Promise<never>(() => {}) : commit(...given),
  })
}

test('an answer whose task is never closed ends some time after its deadline', async () => {
  const plane = await openPlane(1)
  hangAtClose(plane)
  const answer = await play(plane.world, plane.inference.ask(asking(), forever))
  const most = limits.ask_deadlines_ms.total + limits.lease_ms + limits.task_close_ms
  const { settled } = await settledWithin(plane.world.clock, most + 1, answer.end)
  expect(plane.honest).toHaveLength(1)
  expect(settled).toMatchObject({ code: 'RIPPLE_TIMEOUT', http: 504, facts: { what: 'the task', ms: most } })
})

test('a post that takes too long is reported as such', async () => {
  const clock = new VirtualClock(0)
  const work = { post: () => new Promise<never>(() => {}) } as unknown as Work
  const gate = standInGate(clock, 'one seed')
  const asking = plane({ work, gate, self: 'self', clock }).ask({ ...asked, seed: null }, forever)
  const { settled, ms } = await settledWithin(clock, 2 * limits.task_close_ms, asking)
  expect(settled).toMatchObject({ code: 'RIPPLE_TIMEOUT', http: 504, facts: { what: 'the post' } })
  expect(ms).toBe(limits.task_close_ms)
})
