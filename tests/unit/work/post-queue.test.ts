import { describe, expect, test } from 'vitest'
import type { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import { refuseTooMany } from '../../../host/work/refuse.ts'
import { committed, stateAfter, taskEvent } from '../mesh/fixtures.ts'
import { forever, play, request, stage } from './stage.ts'

/** Posts that one client sends without waiting, far more than are taken. */
const FLOOD = 20_000

/** Whether a client is told that there is no room, and when to come again. */
function isBusy({ code, facts }: RippleError): boolean {
  return code === 'RIPPLE_BUSY' && facts.retry_after_s === limits.busy_retry_after_s
}

describe('a flood of posts', () => {
  test('is refused beyond what waits, at once, and those that wait are posted', async () => {
    const world = stage(1)
    const [daemon] = world.daemons
    if (!daemon) throw new Error('no daemon')
    const work = await play(world, daemon.up())
    const before = process.memoryUsage().heapUsed
    const taken: Promise<unknown>[] = []
    let refused = 0
    for (let i = 0; i < FLOOD; i++) {
      const asked = work.post(request({ key: `one of a flood of posts ${i}` }), forever)
      if (i < limits.posts_waiting_max) taken.push(asked)
      else await asked.catch((error) => (refused += isBusy(error) ? 1 : 0))
    }
    expect(refused).toBe(FLOOD - limits.posts_waiting_max)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(256 * 1024 * 1024)
    await play(world, Promise.all(taken.slice(0, 3)))
    expect(work.list().length).toBeGreaterThanOrEqual(3)
  })

  test('leaves no more tasks open than the queue takes', () => {
    const tasks = (count: number) =>
      stateAfter(
        Array.from({ length: count }, (_, i) => committed(taskEvent({ id: `key ${i}` }, `task ${i}`))),
      )
    expect(() => refuseTooMany(tasks(3))).not.toThrow()
    const full = tasks(limits.open_tasks_max)
    expect(() => refuseTooMany(full)).toThrow(expect.toSatisfy(isBusy))
  })
})
