import { setImmediate as tick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { meshCore } from '../../../host/mesh/core.ts'
import { emptyState } from '../../../host/mesh/state/state.ts'
import { Loop } from '../../../host/planning/loop.ts'
import type { AlarmClock } from '../../../host/types/clock.ts'
import { defaultWorkConfig } from '../../../host/work/context/config.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'
import { committed, now, peer, self, taskEvent } from '../mesh/fixtures.ts'

test('a loop that was stopped and restarted still wakes by itself', async () => {
  const clock = new VirtualClock(now)
  const done: string[] = []
  const loop = new Loop(emptyState(self, { ...defaultWorkConfig, self: 'never' }), {
    planner: meshCore,
    clock,
    signal: new AbortController().signal,
    act: async ({ type }) => void done.push(type),
    changed: () => {},
    planned: () => {},
    failed: () => {},
  })
  loop.dispatch({ type: 'peers_seen', peers: [peer(self)], at: now })
  loop.dispatch(committed(taskEvent()))
  loop.start()
  await clock.run(now + 1_000, () => false)
  loop.stop()
  loop.start()
  done.length = 0
  await clock.run(now + 60_000, () => false)
  // Nobody can run the task, so nothing happens but what time alone brings: that it expires in the queue.
  expect(done).toContain('commit')
})

/** A clock that is set by hand, with the alarm that is to ring. */
function byHand() {
  const held: { now: number; ring: (() => void) | null } = { now, ring: null }
  const clock: AlarmClock = {
    now: () => held.now,
    sleep: () => new Promise(() => {}),
    after: (_, ring) => {
      held.ring = ring
      return () => {
        if (held.ring === ring) held.ring = null
      }
    },
  }
  return { held, clock }
}

test.each(['the alarm', 'a message'])(
  'a machine notices its sleep once, when %s comes first',
  async (first) => {
    const { held, clock } = byHand()
    const seen: string[] = []
    const loop = new Loop(emptyState(self, { ...defaultWorkConfig, self: 'never' }), {
      planner: meshCore,
      clock,
      signal: new AbortController().signal,
      act: async () => {},
      changed: (_before, _after, { type }) => void seen.push(type),
      planned: () => {},
      failed: () => {},
    })
    loop.dispatch(committed(taskEvent()))
    loop.start()
    await tick()
    expect(held.ring).not.toBeNull()
    held.now += 3_600_000
    if (first === 'a message') loop.dispatch({ type: 'draining', on: false })
    else held.ring?.()
    await tick()
    loop.dispatch({ type: 'draining', on: false })
    await tick()
    expect(seen.filter((type) => type === 'resumed')).toHaveLength(1)
  },
)
