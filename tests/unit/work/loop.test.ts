import { expect, test } from 'vitest'
import { meshCore } from '../../../host/mesh/core.ts'
import { emptyState } from '../../../host/mesh/state.ts'
import { defaultWorkConfig } from '../../../host/work/config.ts'
import { Loop } from '../../../host/work/loop.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'
import { committed, now, peer, self, taskEvent } from '../mesh/fixtures.ts'

test('a loop that was stopped and started again still wakes by itself', async () => {
  const clock = new VirtualClock(now)
  const done: string[] = []
  const loop = new Loop(emptyState(self, { ...defaultWorkConfig, self: 'never' }), {
    core: meshCore,
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
