import { expect, test } from 'vitest'
import { isClose } from '../../host/mesh/state/chain.ts'
import { forever } from '../harness/forever.ts'
import { pass, play, request, stage } from '../unit/work/stage.ts'

/** A task without trouble takes some 600 ms: one cancel for each of its milliseconds, but for the first hundred. */
const moments = { from: 100, to: 600 }

test('a cancel at any moment of a task ends it in one way', async () => {
  const ends = new Set<string>()
  for (let afterMs = moments.from; afterMs < moments.to; afterMs++) {
    const world = stage(2)
    const [poster, worker] = world.daemons
    if (!poster || !worker) throw new RangeError('the stage is empty')
    const work = await play(world, poster.up())
    const { task } = await play(world, work.post(request(), forever))
    await pass(world, afterMs)
    const end = await play(world, work.cancel(task, forever))
    await pass(world, 30_000)
    const closes = [...world.network.chains().values()].flat().filter(isClose)
    expect(closes.map(({ entry }) => entry.outcome)).toEqual([end.state])
    expect(worker.work?.heldGrants()).toBe(0)
    ends.add(end.state)
  }
  expect([...ends].sort()).toEqual(['accepted', 'cancelled'])
})
