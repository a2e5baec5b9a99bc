import { expect, test } from 'vitest'
import type { RunJob } from '../../../../host/engine/port.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { isGrant } from '../../../../host/mesh/state/chain.ts'
import type { WorkEvent } from '../../../../host/work/context/watchers.ts'
import { forever } from '../../../harness/forever.ts'
import { pass, play, request, stage } from '../stage.ts'

const nearest = { prefer: 'nearest', strategy: 'locality_aware_binpack' } as const

/** A machine alone or with another one, and what its engine was asked for. */
async function machines(size: number) {
  const world = stage(size)
  const [here, other] = world.daemons
  if (!here) throw new RangeError('the stage is empty')
  const work = await play(world, here.up())
  if (other) await play(world, other.up())
  const { engine } = here.machine
  const runs: { job: RunJob; grants: number; signal: AbortSignal }[] = []
  const run = engine.run.bind(engine)
  const grants = () => [...world.network.chains().values()].flat().filter(isGrant).length
  Object.assign(engine, {
    run: (job: RunJob, signal: AbortSignal) => {
      runs.push({ job, grants: grants(), signal })
      return run(job, signal)
    },
  })
  return { world, here, other, work, runs, grants }
}

test('a task that this machine runs itself starts before its grant, and once', async () => {
  const { world, work, runs, grants } = await machines(2)
  const told: (WorkEvent & { type: 'text' })[] = []
  let grantsAtText = Number.NaN
  work.events((event) => {
    if (event.type !== 'text') return
    if (told.length === 0) grantsAtText = grants()
    told.push(event)
  })
  const { task } = await play(world, work.post(request({ placement: nearest }), forever))
  expect(runs.map((one) => one.grants)).toEqual([0])
  const closed = await play(world, work.wait(task, forever))
  expect(closed.state).toBe('accepted')
  expect(runs).toHaveLength(1)
  expect(grantsAtText).toBe(0)
  const output = (await play(world, work.secrets(task, forever)))?.output
  // Each piece is told once, though it comes by the head start and by the run.
  expect(told.map(({ text }) => text).join('')).toBe(new TextDecoder().decode(output ?? new Uint8Array()))
  expect(told.map(({ offset }) => offset)).toEqual(
    told.map(
      (_, i) =>
        told
          .slice(0, i)
          .map(({ text }) => text)
          .join('').length,
    ),
  )
})

test("a head start's text is not repeated when its grant is written twice", async () => {
  const { world, here, work } = await machines(1)
  const { dht } = here.machine
  const commit = dht.commit.bind(dht)
  let fails = 2
  Object.assign(dht, {
    commit: async (...given: Parameters<typeof commit>) => {
      if (given[0].type !== 'Grant') return commit(...given)
      // By then the head start has given some of its pieces, and others come before the next try.
      await world.clock.sleep(60, forever)
      fails -= 1
      if (fails >= 0) throw new RippleError('RIPPLE_DHT_REFUSED', { reason: 'the test' })
      return commit(...given)
    },
  })
  const told: (WorkEvent & { type: 'text' })[] = []
  work.events((event) => {
    if (event.type === 'text') told.push(event)
  })
  const { task } = await play(world, work.post(request({ placement: nearest, max_tokens: 16 }), forever))
  expect((await play(world, work.wait(task, forever))).state).toBe('accepted')
  expect(fails).toBeLessThan(0)
  const before = (at: number) => told.slice(0, at).reduce((length, { text }) => length + text.length, 0)
  expect(told.map(({ offset }) => offset)).toEqual(told.map((_, at) => before(at)))
})

test('a head start ends with its cancelled task', async () => {
  const { world, work, runs } = await machines(1)
  const { task } = await play(world, work.post(request({ placement: nearest, max_tokens: 16 }), forever))
  await play(world, work.cancel(task, forever))
  await pass(world, 1_000)
  expect(runs.map(({ signal }) => signal.aborted)).toEqual([true])
  const again = await play(world, work.post(request({ placement: nearest }), forever))
  expect(runs.length).toBe(2)
  expect((await play(world, work.wait(again.task, forever))).state).toBe('accepted')
})

test.each([
  [
    'another machine is to run',
    2,
    (other: string | undefined) => ({ placement: nearest, only: other ?? null }),
  ],
  ['any machine may run', 2, () => ({})],
])('a head start is not made for a task that %s', async (_, size, wanted) => {
  const { world, other, work, runs } = await machines(size)
  const { task } = await play(world, work.post(request(wanted(other?.machine.agent)), forever))
  expect(runs).toEqual([])
  expect((await play(world, work.wait(task, forever))).worker).toBe(other?.machine.agent)
})

test('a head start is not made against the policy or during another run', async () => {
  const { world, here, work, runs } = await machines(1)
  const { gate } = here.machine
  const decide = gate.decide.bind(gate)
  let denies = true
  Object.assign(gate, {
    decide: async (...asked: Parameters<typeof decide>) => {
      const decision = await decide(...asked)
      return denies && asked[0] === 'run' ? { ...decision, allow: false } : decision
    },
  })
  await play(world, work.post(request({ placement: nearest }), forever))
  expect(runs).toEqual([])
  denies = false
  await play(world, work.post(request({ placement: nearest, prompt: 'One.' }), forever))
  await play(world, work.post(request({ placement: nearest, prompt: 'Two.' }), forever))
  expect(runs).toHaveLength(1)
})

test('a head start that fails before its grant does not count as an attempt', async () => {
  const { world, here, work, runs } = await machines(1)
  const { engine } = here.machine
  const run = engine.run.bind(engine)
  Object.assign(engine, {
    run: async (job: RunJob, signal: AbortSignal) => {
      const outcome = await run(job, signal)
      if (runs.length === 1) throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'before its Grant' })
      return outcome
    },
  })
  // A write that takes its time, so that the crash is over by then.
  const { dht } = here.machine
  const commit = dht.commit.bind(dht)
  Object.assign(dht, {
    commit: async (...given: Parameters<typeof commit>) => {
      await world.clock.sleep(5_000, forever)
      return commit(...given)
    },
  })
  const { task } = await play(world, work.post(request({ placement: nearest, lease_ms: 60_000 }), forever))
  const closed = await play(world, work.wait(task, forever))
  expect([closed.state, closed.attempts.length, runs.length]).toEqual(['accepted', 1, 2])
})
