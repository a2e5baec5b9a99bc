import { expect, test } from 'vitest'
import { isClose, isTask } from '../../../host/mesh/state/chain.ts'
import { failpoints } from '../../../host/work/context/failpoints.ts'
import { checkHistory } from '../../harness/checker/check.ts'
import { client } from '../../harness/sim/client.ts'
import { historyOf } from '../../harness/sim/history.ts'
import { pass, play, request, stage } from './stage.ts'

/** Every place, passed for the first time and, where a task passes it again, for a later time. */
const places = failpoints.flatMap((point) =>
  point === 'run.mid' ? [`${point}@1`, `${point}@5`] : [`${point}@1`],
)

/** Long enough for a daemon to come up again, and for every lease and reservation to end, in milliseconds. */
const AFTER_MS = 120_000

test.each(places)('a kill at %s leaves one task of its key and one accepted result', async (place) => {
  const world = stage(3)
  const [poster] = world.daemons
  if (!poster) throw new RangeError('the stage is empty')
  await play(world, poster.up())
  // The machine that passes it dies: a task has one poster, and any other machine may be its worker.
  for (const daemon of world.daemons) daemon.arm(`${place}:kill9`)
  const asked = request({ key: 'a key of sixteen bytes', max_attempts: 8 })
  await play(world, client(world, poster, asked))
  await pass(world, AFTER_MS)
  const kills = world.logs.filter((line) => line.type === 'fault')
  expect(kills.length).toBeGreaterThan(0)
  const chains = world.network.chains()
  const events = [...chains.values()].flat()
  expect(events.filter(isTask).map(({ entry }) => entry.id)).toEqual(['a key of sixteen bytes'])
  expect(events.filter(isClose).map(({ entry }) => entry.outcome)).toEqual(['accepted'])
  expect(checkHistory(await historyOf(world))).toEqual([])
})
