import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import type { Held, RunRecord } from '../../../host/mesh/state/held.ts'
import { undrainedGrants } from '../../../host/mesh/state/undrained-grants.ts'
import type { EventOf } from '../../../host/types/events.ts'
import { forever } from '../../harness/forever.ts'
import type { World } from '../../harness/sim/world.ts'
import { grantEvent, heldOf, now, peer, stateAfter, taskEvent } from '../mesh/fixtures.ts'
import { pass, play, request, stage } from './stage.ts'

const lease_ms = 30_000
const deadlines_ms = { queue: 60_000, run: 60_000, total: 300_000 }

/** A slow task that the second machine has begun, its poster the first one. */
async function begun() {
  const world = stage(2, { slow: 1 })
  const work = await play(world, machine(world, 0).up())
  const { task } = await play(world, work.post(request({ lease_ms, deadlines_ms }), forever))
  await pass(world, 3_000)
  expect(await work.show(task)).toMatchObject({ state: 'running', worker: machine(world, 1).machine.agent })
  return { world, work, task, worker: await play(world, machine(world, 1).up()) }
}

function machine(world: World, index: number) {
  const one = world.daemons[index]
  if (!one) throw new RangeError('no such machine')
  return one
}

function results(world: World) {
  return [...world.network.chains().values()].flat().filter(({ entry }) => entry.type === 'Result')
}

describe('the wait for a drain', () => {
  test("a drain ends when the run's result is accepted", async () => {
    const { world, work, task, worker } = await begun()
    worker.drain(true)
    await world.clock.run(world.clock.now() + 60_000, () =>
      world.logs.some(({ type }) => type === 'run_ended'),
    )
    await pass(world, 0)
    expect([worker.heldGrants(), worker.undrainedCount()]).toEqual([0, 1])
    await play(world, worker.waitDrained(forever))
    expect(worker.undrainedCount()).toBe(0)
    expect(results(world)).toHaveLength(1)
    expect(await work.show(task)).toMatchObject({ state: 'accepted', attempts: [{ reason: 'none' }] })
  })

  test('a drain ends when the result is written and its poster is away', async () => {
    const { world, worker } = await begun()
    machine(world, 0).leave(400_000)
    worker.drain(true)
    const began = world.clock.now()
    await play(world, worker.waitDrained(forever))
    expect(results(world)).toHaveLength(1)
    expect(world.clock.now() - began).toBeLessThan(limits.drain_handover_ms)
    await play(world, Promise.resolve(worker[Symbol.asyncDispose]()))
    expect(await machine(world, 1).machine.journal.entries('outputs')).toHaveLength(1)
  })

  test('the wait for a drain ends with its signal', async () => {
    const { worker } = await begun()
    worker.drain(true)
    const ending = new AbortController()
    const waited = worker.waitDrained(ending.signal)
    ending.abort(new Error('gone'))
    await expect(waited).rejects.toThrow('gone')
  })
})

describe('grants in hand', () => {
  const held = heldOf(grantEvent(1, 'worker'), taskEvent(), 'asker')
  const run = { failed: null } as RunRecord
  const result = {} as EventOf<'Result'>
  const done: Held = { ...held, run, ranAt: now, result }
  const inHandAt = (one: Held, at = now, seenAt = now) =>
    undrainedGrants(
      { ...stateAfter([], [{ ...peer('asker'), seenAt }]), held: new Map([[one.grant, one]]) },
      at,
    )

  test("a grant is in hand for its run, its result and the poster's fetch", () => {
    expect(inHandAt(held)).toHaveLength(1)
    expect(inHandAt({ ...done, result: null })).toHaveLength(1)
    expect(inHandAt(done)).toHaveLength(1)
  })

  test('a grant is not in hand once its task closed or failed or its poster left', () => {
    expect(inHandAt({ ...done, ended: { why: 'closed', close: null } })).toEqual([])
    expect(inHandAt({ ...done, run: { ...run, failed: 'timeout' } })).toEqual([])
    expect(inHandAt(done, now, 0)).toEqual([])
  })

  test('a grant that is only known by word is not in hand', () => {
    expect(inHandAt({ ...held, claimed: false })).toEqual([])
  })

  test('a grant is not in hand beyond the bound, though its poster closes nothing', () => {
    const late = now + limits.drain_handover_ms
    expect(inHandAt(done, late - 1, late)).toHaveLength(1)
    expect(inHandAt(done, late, late)).toEqual([])
  })
})

test('a stopped worker keeps what it ran and delivers it after the next start', async () => {
  const { world, work, task, worker } = await begun()
  work.drain(true)
  await world.clock.run(world.clock.now() + 60_000, () => world.logs.some(({ type }) => type === 'run_ended'))
  await play(world, Promise.resolve(worker[Symbol.asyncDispose]()))
  expect(results(world)).toEqual([])
  machine(world, 1).leave(10_000)
  const done = await play(world, work.wait(task, forever))
  expect(done).toMatchObject({ state: 'accepted', attempts: [{ reason: 'none' }] })
  expect(world.logs.filter(({ type }) => type === 'run_started')).toHaveLength(1)
})
