import { expect, test } from 'vitest'
import { forever } from '../../harness/forever.ts'
import type { World } from '../../harness/sim/world.ts'
import { pass, play, request, stage } from './stage.ts'

function machine(world: World, index: number) {
  const one = world.daemons[index]
  if (!one) throw new RangeError('no such machine')
  return one
}

test('a paused machine refuses with that reason, and its own tasks run elsewhere', async () => {
  const world = stage(2)
  const poster = await play(world, machine(world, 0).up())
  const other = await play(world, machine(world, 1).up())
  other.pauseForOthers(true)
  const { task } = await play(world, poster.post(request(), forever))
  await pass(world, 10_000)
  const { agent } = machine(world, 1).machine
  const answers = (await poster.why(task)).peers.filter((peer) => peer.agent === agent)
  expect(answers.map(({ answered }) => answered?.code)).toEqual(['owner_paused'])
  const own = await play(world, other.post(request(), forever))
  expect(await play(world, other.wait(own.task, forever))).toMatchObject({
    state: 'accepted',
    worker: machine(world, 0).machine.agent,
  })
})

test("a refused task is taken once the owner's pause ends", async () => {
  const world = stage(2)
  const poster = await play(world, machine(world, 0).up())
  const other = await play(world, machine(world, 1).up())
  other.pauseForOthers(true)
  const deadlines_ms = { queue: 300_000, run: 60_000, total: 600_000 }
  const { task } = await play(world, poster.post(request({ deadlines_ms }), forever))
  await pass(world, 5_000)
  other.pauseForOthers(false)
  const done = await play(world, poster.wait(task, forever))
  expect(done).toMatchObject({ state: 'accepted', worker: machine(world, 1).machine.agent })
})
