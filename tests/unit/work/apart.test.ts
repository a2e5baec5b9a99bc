import { describe, expect, test, vi } from 'vitest'
import { forever } from '../../harness/forever.ts'
import type { Daemon } from '../../harness/sim/daemon.ts'
import type { World } from '../../harness/sim/world.ts'
import { listed, pass, play, request, stage } from './stage.ts'

const lease_ms = 60_000

/** Machines between whose conductors nothing passes, or nothing to some of them, until that is restored. */
function apart(size: number, to: (world: World) => readonly Daemon[] = ({ daemons }) => daemons) {
  const world = stage(size)
  const deaf = new Set(to(world).map(({ machine }) => machine.agent))
  const arrival = world.wires.arrivalMs.bind(world.wires)
  const cut = vi
    .spyOn(world.wires, 'arrivalMs')
    .mockImplementation((from, agent) => (deaf.has(agent) ? null : arrival(from, agent)))
  return { world, join: () => cut.mockRestore() }
}

async function posterOf(world: World) {
  const [daemon] = world.daemons
  if (!daemon) throw new RangeError('the stage is empty')
  return play(world, daemon.up())
}

function said(world: World, type: string) {
  return world.logs.filter((line) => line.type === type)
}

describe('two machines without the DHT', () => {
  test('a task is claimed, granted and run without the DHT, and accepted when it is back', async () => {
    const { world, join } = apart(2)
    const work = await posterOf(world)
    const { task } = await play(world, work.post(request({ lease_ms }), forever))
    await pass(world, 3_000)
    expect(said(world, 'refused')).toEqual([])
    expect(said(world, 'run_ended')).toMatchObject([{ status: 'ok', agent: world.daemons[1]?.machine.agent }])
    expect(world.network.chains().get(world.daemons[1]?.machine.agent ?? '')).toEqual([])
    join()
    const done = await play(world, work.wait(task, forever))
    expect(done).toMatchObject({ state: 'accepted', attempts: [{ reason: 'none' }] })
  })

  test('a public task opens its payload under a grant that came by message', async () => {
    const { world } = apart(2)
    const work = await posterOf(world)
    const fallback = { after_ms: 60_000, allow: 'any', named: false } as const
    await play(world, work.post(request({ lease_ms, sensitivity: 'public', fallback }), forever))
    await pass(world, 3_000)
    expect(said(world, 'run_ended')).toMatchObject([{ status: 'ok' }])
  })

  test('a later grant is judged by earlier ones, which the worker asks for', async () => {
    const { world } = apart(3)
    const work = await posterOf(world)
    const { task } = await play(world, work.post(request({ lease_ms, max_attempts: 4 }), forever))
    const worker = () => world.daemons.find(({ machine }) => machine.agent === listed(work, task)?.worker)
    const first = await play(world, until(world, worker))
    first.leave(600_000)
    await pass(world, 70_000)
    expect((await work.show(task)).attempts.length).toBeGreaterThan(1)
    const other = world.daemons.find((one) => one !== first && one !== world.daemons[0])
    expect(said(world, 'run_ended')).toContainEqual(
      expect.objectContaining({ status: 'ok', agent: other?.machine.agent }),
    )
  })
})

describe('a result that came by message', () => {
  const deafPoster = ({ daemons }: World) => daemons.slice(0, 1)

  test('a result that came by message is checked, and accepted when the DHT has it', async () => {
    const { world, join } = apart(2, deafPoster)
    const work = await posterOf(world)
    const { task } = await play(world, work.post(request({ lease_ms }), forever))
    await pass(world, 5_000)
    expect(await work.show(task)).toMatchObject({
      state: 'delivered',
      close: null,
      attempts: [{ verdict: 'ok' }],
    })
    expect(said(world, 'retried')).toEqual([])
    join()
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
  })

  test('a result that came by message holds the task no longer than its lease', async () => {
    const { world } = apart(3, deafPoster)
    const work = await posterOf(world)
    const { task } = await play(world, work.post(request({ lease_ms: 5_000 }), forever))
    await pass(world, 3_000)
    expect(await work.show(task)).toMatchObject({ state: 'delivered', attempts: [{ verdict: 'ok' }] })
    const worker = world.daemons.find(({ machine }) => machine.agent === listed(work, task)?.worker)
    worker?.leave(600_000)
    await pass(world, 12_000)
    expect((await work.show(task)).attempts.length).toBe(2)
  })
})

/** Resolves with what is there at last. */
async function until<T>(world: World, look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await world.clock.sleep(1, forever)
  }
}
