import { expect, test } from 'vitest'
import type { Work } from '../../../host/work/work.ts'
import { checkHistory } from '../../harness/checker/check.ts'
import { client, withdraw } from '../../harness/sim/client.ts'
import { historyOf } from '../../harness/sim/history.ts'
import type { World } from '../../harness/sim/world.ts'
import { pass, play, request, stage } from '../work/stage.ts'

/** A world of two in which one daemon is not quite right, and its work. */
async function amiss(): Promise<{ world: World; work: Work }> {
  const world = stage(2)
  const [daemon] = world.daemons
  if (!daemon) throw new RangeError('the stage is empty')
  return { world, work: await play(world, daemon.up()) }
}

/** Lists the reports about what waits for ever. */
async function waits(world: World): Promise<string[]> {
  const { waiting } = await historyOf(world)
  expect(checkHistory(await historyOf(world)).map(({ rule }) => rule)).toEqual(
    waiting.map(() => 'nothing_waits'),
  )
  return waiting.map(({ what }) => what)
}

const never = () => new Promise<never>(() => undefined)

test('a post or cancel without an answer is found, and an answered one is not', async () => {
  const { world, work } = await amiss()
  const [poster] = world.daemons
  if (!poster) throw new RangeError('the stage is empty')
  const task = await play(world, client(world, poster, request()))
  await pass(world, 30_000)
  await play(world, withdraw(world, poster, task, 1))
  expect(await waits(world)).toEqual([])
  work.cancel = never
  void withdraw(world, poster, task, 1)
  work.post = never
  void client(world, poster, request())
  await pass(world, 60_000)
  expect(await waits(world)).toEqual(['a post has no answer', 'a cancel has no answer'])
})

test('a grant that is held for ever is found', async () => {
  const { world, work } = await amiss()
  work.heldGrants = () => 2
  expect(await waits(world)).toEqual(['its daemon holds 2 grants'])
})

test('a daemon that does not come up is found', async () => {
  const { world } = await amiss()
  world.daemons[0]?.leave(3_600_000)
  await pass(world, 60_000)
  expect(await waits(world)).toEqual(['its daemon is not up'])
})
