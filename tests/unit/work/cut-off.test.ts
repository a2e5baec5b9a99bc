import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { isClose } from '../../../host/mesh/state/chain.ts'
import { forever } from '../../harness/forever.ts'
import type { World } from '../../harness/sim/world.ts'
import { listed, pass, play, request, stage } from './stage.ts'

const lease_ms = 30_000
const deadlines_ms = { queue: 100_000, run: 100_000, total: 200_000 }

/** The run's 24 s and a little, within the lease and the 30 s for which a peer counts as there, in milliseconds. */
const longerThanTheRunMs = 26_000

/** A slow task that has begun somewhere, its poster the first machine. */
async function begun(size: number) {
  const world = stage(size, { slow: 1 })
  const work = await play(world, machine(world, 0).up())
  const { task } = await play(world, work.post(request({ lease_ms, deadlines_ms }), forever))
  await pass(world, 3_000)
  const index = world.daemons.findIndex(({ machine }) => machine.agent === listed(work, task)?.worker)
  expect((await work.show(task)).state).toBe('running')
  return { world, work, task, worker: machine(world, index) }
}

function machine(world: World, index: number) {
  const one = world.daemons[index]
  if (!one) throw new RangeError('no such machine')
  return one
}

function closesOf(world: World) {
  return [...world.network.chains().values()].flat().filter(isClose)
}

/** How long a busy machine may take to let ten simulated days pass, in milliseconds. */
const TEN_DAYS_MS = 60_000

describe('a poster that is cut off', () => {
  test('a poster that was cut off gets the result without another run', async () => {
    const { world, work, task } = await begun(3)
    world.wires.cut([machine(world, 0).machine.agent])
    await pass(world, longerThanTheRunMs)
    expect(world.logs.filter(({ type }) => type === 'run_ended')).toHaveLength(1)
    expect(await work.show(task)).toMatchObject({ close: null, attempts: [{ ended: { why: 'silent' } }] })
    world.wires.cut([])
    const done = await play(world, work.wait(task, forever))
    expect(done).toMatchObject({
      state: 'accepted',
      attempts: [{ attempt: 1, reason: 'none', verdict: 'ok' }],
    })
    expect(world.logs.filter(({ type }) => type === 'run_started')).toHaveLength(1)
    expect(closesOf(world)).toHaveLength(1)
  })

  test(
    'a poster that is cut off for good is given up, with its grant and output',
    async () => {
      const { world, worker } = await begun(2)
      world.wires.cut([worker.machine.agent])
      await pass(world, deadlines_ms.total + lease_ms)
      expect(await worker.machine.artifacts.ls(forever)).toHaveLength(1)
      await pass(world, limits.answer_life_ms)
      expect(worker.work?.heldGrants()).toBe(0)
      expect(await worker.machine.artifacts.ls(forever)).toEqual([])
      expect(await worker.machine.journal.entries('outputs')).toEqual([])
    },
    TEN_DAYS_MS,
  )
})

test('a poster that left before it sent the payload loses nothing by a long absence', async () => {
  const world = stage(2)
  const poster = machine(world, 0)
  const work = await play(world, poster.up())
  const { messages } = poster.machine
  const send = messages.send.bind(messages)
  const spy = vi.spyOn(messages, 'send').mockImplementation(async (to, message, signal) => {
    if (message.type !== 'payload') await send(to, message, signal)
  })
  const wide = { queue: 500_000, run: 100_000, total: 590_000 }
  const asked = request({ lease_ms, deadlines_ms: wide, max_attempts: 1 })
  const { task } = await play(world, work.post(asked, forever))
  await pass(world, 3_000)
  expect((await work.show(task)).state).toBe('granted')
  poster.leave(200_000)
  spy.mockRestore()
  await pass(world, 100_000)
  expect(machine(world, 1).work?.heldGrants()).toBe(0)
  const back = await play(world, poster.up())
  expect(await play(world, back.wait(task, forever))).toMatchObject({ state: 'accepted' })
})

describe('a worker that is cut off', () => {
  test('a worker that is cut off is shown as lost once its time is over', async () => {
    const { world, work, task, worker } = await begun(2)
    const told: string[] = []
    work.events((event) => event.type === 'task' && told.push(`${event.view.state} ${event.view.worker}`))
    world.wires.cut([worker.machine.agent])
    await pass(world, 6_000)
    expect(told.at(-1)).toMatch(/^(posted|offered) null$/)
    expect(await work.why(task)).toMatchObject({ attempts: [{ ended: { why: 'silent' } }] })
  })

  test("a worker that is cut off lets go when it is back, and another's result counts", async () => {
    const { world, work, task, worker } = await begun(3)
    world.wires.cut([worker.machine.agent])
    const done = await play(world, work.wait(task, forever))
    expect(done).toMatchObject({ state: 'accepted', attempts: [{ reason: 'none' }, { reason: 'silent' }] })
    expect(done.worker).not.toBe(worker.machine.agent)
    world.wires.cut([])
    await pass(world, 120_000)
    expect(closesOf(world)).toHaveLength(1)
    expect(worker.work?.heldGrants()).toBe(0)
    expect(await worker.machine.artifacts.ls(forever)).toEqual([])
  })
})
