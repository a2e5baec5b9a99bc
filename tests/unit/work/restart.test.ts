import { describe, expect, test, vi } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { isClose, isFallbackClaim } from '../../../host/mesh/state/chain.ts'
import { checkHistory } from '../../harness/checker/check.ts'
import { forever } from '../../harness/forever.ts'
import { historyOf } from '../../harness/sim/history.ts'
import { awayMs } from '../../harness/sim/presence.ts'
import { Prng } from '../../harness/sim/random.ts'
import { isQuiet } from '../../harness/sim/simulate.ts'
import type { World } from '../../harness/sim/world.ts'
import { conductorStays, listed, pass, play, request, stage } from './stage.ts'

/** Kills of a machine after so many milliseconds from the post: before, during and after each step of a slow task. */
const moments = [1, 50, 200, 400, 1_000, 8_000, 24_000, 25_000, 25_500]

/** Seeds of kills of all machines at once, and how long after the posts they may come: about when all have ended. */
const rounds = Array.from({ length: 20 }, (_, index) => index + 1)
const LONGEST_MS = 30_000

function daemon(world: World, index: number) {
  const one = world.daemons[index]
  if (!one) throw new RangeError('no such machine')
  return one
}

async function closedAfterKill(victim: number, afterMs: number) {
  const world = stage(2, { slow: 1 })
  const first = await play(world, daemon(world, 0).up())
  const { task } = await play(
    world,
    first.post(
      request({ lease_ms: 30_000, deadlines_ms: { queue: 300_000, run: 300_000, total: 550_000 } }),
      forever,
    ),
  )
  await pass(world, afterMs)
  daemon(world, victim).kill()
  const done = await play(
    world,
    daemon(world, 0)
      .up()
      .then((work) => work.wait(task, forever)),
  )
  await pass(world, 60_000)
  const closes = [...world.network.chains().values()].flat().filter((event) => event.entry.type === 'Close')
  return { world, done, closes }
}

describe('a kill', () => {
  test.each(moments)(
    'a kill of the poster %i ms after the post ends in one accepted Close',
    async (afterMs) => {
      const { done, closes } = await closedAfterKill(0, afterMs)
      expect(done).toMatchObject({ state: 'accepted' })
      expect(closes.length).toBe(1)
    },
  )

  test.each(moments)(
    'a kill of the worker %i ms after the post ends in one accepted Close',
    async (afterMs) => {
      const { world, done, closes } = await closedAfterKill(1, afterMs)
      expect(done).toMatchObject({ state: 'accepted' })
      expect(closes.length).toBe(1)
      expect(daemon(world, 1).work?.heldGrants()).toBe(0)
    },
  )

  test.each(rounds)(
    'a kill of all machines at a random moment leaves nothing behind (seed %i)',
    async (seed) => {
      const random = new Prng(seed)
      const world = stage(3, { slow: 1 })
      const posts = world.daemons.map(async (one, index) => {
        const work = await one.up()
        await work.post(request({ seed: index, key: `the key of machine ${index}` }), forever)
      })
      await play(world, Promise.all(posts))
      await pass(world, random.int(1, LONGEST_MS))
      for (const one of world.daemons) one.kill()
      await world.clock.run(world.clock.now() + 600_000, () => isQuiet(world))
      expect(isQuiet(world)).toBe(true)
      const history = await historyOf(world)
      expect(checkHistory(history)).toEqual([])
      expect(history.logs.filter(({ type }) => type === 'fault')).toHaveLength(3)
      const ends = [...history.chains.values()].flat().filter(isClose)
      expect(ends.map(({ entry }) => entry.outcome)).toEqual(['accepted', 'accepted', 'accepted'])
    },
  )
})

test('a closed task looks the same after a restart', async () => {
  const world = stage(2)
  const work = await play(world, daemon(world, 0).up())
  const { task } = await play(world, work.post(request(), forever))
  const before = await play(world, work.wait(task, forever))
  daemon(world, 0).kill()
  expect(await (await play(world, daemon(world, 0).up())).show(task)).toEqual(before)
})

test('a task whose daemon died between its Close and its record is recorded at the next start', async () => {
  const world = stage(2)
  const poster = daemon(world, 0)
  const work = await play(world, poster.up())
  const { task } = await play(world, work.post(request(), forever))
  const dies = vi.spyOn(poster.machine.journal, 'batch').mockImplementation(async () => poster.kill())
  await pass(world, 10_000)
  expect(await poster.machine.journal.get('past', task)).toBeNull()
  dies.mockRestore()
  const back = await play(world, poster.up())
  expect(back.list()).toEqual([])
  expect(await back.newestClosed(1)).toMatchObject([{ task, state: 'accepted' }])
  expect((await play(world, back.secrets(task, forever)))?.output?.length).toBeGreaterThan(0)
})

test('a task that is just being recorded is listed and found once', async () => {
  const world = stage(2)
  const poster = daemon(world, 0)
  const work = await play(world, poster.up())
  const { task } = await play(world, work.post(request(), forever))
  const { journal } = poster.machine
  const write = journal.batch.bind(journal)
  const written = vi.spyOn(journal, 'batch').mockImplementation(async (changes) => {
    await write(changes)
    await new Promise(() => {})
  })
  await pass(world, 10_000)
  expect(await journal.get('past', task)).not.toBeNull()
  expect(work.list().map((view) => view.task)).toEqual([task])
  expect((await work.newest(9)).map((view) => view.task)).toEqual([task])
  expect(await work.beginning(task.slice(0, 20))).toEqual([task])
  written.mockRestore()
})

test('a daemon that stops gives back the grants that it has not run', async () => {
  const world = stage(3, { slow: 1 })
  const work = await play(world, daemon(world, 0).up())
  const { task } = await play(
    world,
    work.post(
      request({ lease_ms: 60_000, deadlines_ms: { queue: 60_000, run: 120_000, total: 300_000 } }),
      forever,
    ),
  )
  await pass(world, 2_000)
  const worker = world.daemons.find((one) => one.machine.agent === listed(work, task)?.worker)
  const stopped = worker?.work?.[Symbol.asyncDispose]()
  await play(world, Promise.resolve(stopped))
  await pass(world, 5_000)
  expect((await work.show(task)).attempts.map((attempt) => attempt.reason)).toEqual(['none', 'released'])
})

test("a daemon that stops keeps a task's last attempt for a quick start", async () => {
  const world = stage(2, { slow: 1 })
  const work = await play(world, daemon(world, 0).up())
  work.drain(true)
  const deadlines_ms = { queue: 60_000, run: 120_000, total: 300_000 }
  const asked = (seed: number) =>
    work.post(request({ seed, max_attempts: 1, lease_ms: 60_000, deadlines_ms }), forever)
  const posts = await play(world, Promise.all([1, 2].map(asked)))
  await pass(world, 2_000)
  const waiting = posts.map(({ task }) => task).filter((task) => listed(work, task)?.state === 'granted')
  expect(waiting).toHaveLength(1)
  const worker = daemon(world, 1)
  await play(world, Promise.resolve(worker.work?.[Symbol.asyncDispose]()))
  worker.leave(5_000)
  const ends = await play(world, Promise.all(waiting.map((task) => work.wait(task, forever))))
  expect(ends).toMatchObject([{ state: 'accepted', attempts: [{ attempt: 1 }] }])
})

test('a worker that is soon back keeps grants that have waited for long', async () => {
  const world = stage(2, { slow: 1 })
  const work = await play(world, daemon(world, 0).up())
  const deadlines_ms = { queue: 300_000, run: 300_000, total: 590_000 }
  const asked = (seed: number) => work.post(request({ seed, lease_ms: 60_000, deadlines_ms }), forever)
  const posts = await play(world, Promise.all([1, 2, 3].map(asked)))
  // A run takes some 25 s, and whoever is not heard of for 30 s counts as away.
  await pass(world, 40_000)
  const waiting = posts.map(({ task }) => task).filter((task) => listed(work, task)?.state === 'granted')
  expect(waiting.length).toBeGreaterThan(0)
  daemon(world, 1).leave(1_000)
  const ends = await play(world, Promise.all(waiting.map((task) => work.wait(task, forever))))
  for (const end of ends) expect(end).toMatchObject({ state: 'accepted', attempts: [{ attempt: 1 }] })
})

test('a worker whose store lost the output stores it again from its journal', async () => {
  const world = stage(2)
  const [poster, worker] = [daemon(world, 0).machine, daemon(world, 1).machine]
  const work = await play(world, daemon(world, 0).up())
  const away = vi.spyOn(poster.artifacts, 'get').mockImplementation(async (cid) => {
    throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid })
  })
  const { task } = await play(world, work.post(request({ lease_ms: 30_000 }), forever))
  await pass(world, 3_000)
  expect((await work.show(task)).state).toBe('delivered')
  for (const { cid } of await worker.artifacts.ls(forever)) await worker.artifacts.unpin(cid, forever)
  daemon(world, 1).leave(2_000)
  away.mockRestore()
  const done = await play(world, work.wait(task, forever))
  expect(done).toMatchObject({ state: 'accepted', attempts: [{ attempt: 1 }] })
})

test('a daemon that stops gives back its grants though one poster is unreachable', async () => {
  const world = stage(3, { slow: 1 })
  const posters = [daemon(world, 0), daemon(world, 1)]
  const worker = daemon(world, 2)
  for (const poster of posters) {
    const work = await play(world, poster.up())
    work.drain(true)
    await play(world, work.post(request({ lease_ms: 60_000 }), forever))
  }
  await pass(world, 2_000)
  const { messages } = worker.machine
  const { send } = messages
  const told: string[] = []
  vi.spyOn(messages, 'send').mockImplementation((to, message, signal) => {
    if (message.type !== 'released') return send.call(messages, to, message, signal)
    told.push(to)
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  await play(world, Promise.resolve(worker.work?.[Symbol.asyncDispose]()))
  expect(new Set(told)).toEqual(new Set(posters.map((poster) => poster.machine.agent)))
})

test('a worker that was off for hours delivers what it ran', async () => {
  const world = stage(2, { slow: 1 })
  const [poster, worker] = [daemon(world, 0), daemon(world, 1)]
  const day = 86_400_000
  const work = await play(world, poster.up())
  // A poster that drains does not run its own task, so nobody has it while the worker is off.
  work.drain(true)
  const deadlines_ms = { queue: day, run: 60_000, total: day }
  const { task } = await play(world, work.post(request({ deadlines_ms }), forever))
  await pass(world, 5_000)
  expect((await work.show(task)).state).toBe('running')
  world.wires.cut([worker.machine.agent])
  await pass(world, 30_000)
  worker.leave(day / 2)
  world.wires.cut([])
  await pass(world, day / 2 + 60_000)
  expect(await work.show(task)).toMatchObject({
    state: 'accepted',
    attempts: [{ attempt: 1, verdict: 'ok' }],
  })
  expect(worker.work?.heldGrants()).toBe(0)
})

test.each([110_000, 5 * 86_400_000])(
  'a poster that was off for %i ms past the deadline accepts what was done',
  async (off) => {
    const world = stage(2, { slow: 1 })
    const [poster, worker] = [daemon(world, 0), daemon(world, 1)]
    const work = await play(world, poster.up())
    const deadlines_ms = { queue: 60_000, run: 60_000, total: 120_000 }
    const { task } = await play(world, work.post(request({ deadlines_ms }), forever))
    await pass(world, 5_000)
    poster.leave(off)
    await pass(world, off + 70_000)
    expect(await poster.work?.show(task)).toMatchObject({ state: 'accepted', worker: worker.machine.agent })
  },
)

test.each([
  [1, 40_000],
  [3, 40_000],
  [1, 3_600_000],
  [3, 3_600_000],
])('a poster that slept, with %i attempts and for %i ms, accepts what was done', async (max_attempts, ms) => {
  const world = stage(2, { slow: 1 })
  const [poster, worker] = [daemon(world, 0), daemon(world, 1)]
  const work = await play(world, poster.up())
  const { task } = await play(world, work.post(request({ max_attempts }), forever))
  await pass(world, 5_000)
  expect((await work.show(task)).state).toBe('running')
  expect(poster.doze(ms)).toBe(true)
  await pass(world, ms + 60_000)
  const [attempt, ...others] = (await work.show(task)).attempts
  expect(await work.show(task)).toMatchObject({ state: 'accepted', worker: worker.machine.agent })
  expect([attempt?.verdict, others]).toEqual(['ok', []])
})

test('a worker that was off for three days delivers to a poster off for four', async () => {
  const world = stage(2, { slow: 1 })
  const [poster, worker] = [daemon(world, 0), daemon(world, 1)]
  const day = 86_400_000
  const work = await play(world, poster.up())
  work.drain(true)
  const { task } = await play(world, work.post(request({ max_attempts: 1 }), forever))
  await pass(world, 5_000)
  expect((await work.show(task)).state).toBe('running')
  world.wires.cut([worker.machine.agent])
  poster.leave(4 * day)
  await pass(world, 30_000)
  expect(await worker.machine.journal.entries('outputs')).toHaveLength(1)
  worker.leave(3 * day)
  world.wires.cut([])
  await pass(world, 4 * day + 70_000)
  expect(await poster.work?.show(task)).toMatchObject({ state: 'accepted', worker: worker.machine.agent })
})

test.each([61_000, 67_000])(
  'a poster that was off for %i ms leaves the task to its stand-in',
  async (away) => {
    const world = stage(3, { slow: 1 })
    const poster = daemon(world, 0)
    const work = await play(world, poster.up())
    const fallback = { after_ms: 1_000, allow: 'any', named: false } as const
    const { task } = await play(world, work.post(request({ sensitivity: 'public', fallback }), forever))
    poster.leave(away)
    conductorStays(world, poster)
    await pass(world, away - 1_000)
    expect(world.logs.filter(({ type }) => type === 'run_ended')).toEqual([])
    const back = await play(world, poster.up())
    expect(await play(world, back.wait(task, forever))).toMatchObject({ state: 'accepted', attempts: [] })
  },
)

test.each([
  ['has run', 100_000],
  ['runs', 75_000],
])('a poster that was off does not repeat its own run of a task that a stand-in %s', async (_, away) => {
  const world = stage(2, { slow: 1 })
  const [poster, other] = [daemon(world, 0), daemon(world, 1)]
  const work = await play(world, poster.up())
  other.leave(60_000)
  await pass(world, awayMs)
  const fallback = { after_ms: 1_000, allow: 'any', named: false } as const
  const wanted = request({ sensitivity: 'public', fallback, lease_ms: 30_000 })
  const { task } = await play(world, work.post(wanted, forever))
  await pass(world, 9_000)
  const started = () => world.logs.flatMap((line) => (line.type === 'run_started' ? [line.agent] : []))
  expect(started()).toEqual([poster.machine.agent])
  poster.leave(away)
  conductorStays(world, poster)
  await pass(world, away - 1_000)
  const both = [poster.machine.agent, other.machine.agent]
  expect(started()).toEqual(both)
  const back = await play(world, poster.up())
  expect(await play(world, back.wait(task, forever))).toMatchObject({ state: 'accepted' })
  expect(started()).toEqual(both)
})

test.each([
  ['in time', 20_000, 'accepted'],
  ['too late', 60_000, 'expired'],
])("a poster closes after a stand-in's claim that comes %s, after %i ms: %s", async (_, afterMs, state) => {
  const world = stage(2, { slow: 1 })
  const poster = daemon(world, 0)
  const work = await play(world, poster.up())
  const fallback = { after_ms: 1_000, allow: 'any', named: false } as const
  const { task } = await play(world, work.post(request({ sensitivity: 'public', fallback }), forever))
  poster.leave(61_000)
  conductorStays(world, poster)
  await pass(world, 60_000)
  const { dht } = poster.machine
  const get = dht.get.bind(dht)
  const claims = () => [...world.network.chains().values()].flat().filter(isFallbackClaim)
  const withheld = vi
    .spyOn(dht, 'get')
    .mockImplementation(async (hash, signal) =>
      claims().some((claim) => claim.hash === hash) ? null : get(hash, signal),
    )
  const back = await play(world, poster.up())
  await pass(world, afterMs)
  expect(claims()).toHaveLength(1)
  expect(listed(back, task)?.state).not.toBe('accepted')
  withheld.mockRestore()
  expect(await play(world, back.wait(task, forever))).toMatchObject({ state, attempts: [] })
})

test('a task that was worked on does not expire while the DHT is down', async () => {
  const world = stage(2, { slow: 1 })
  const [poster, worker] = [daemon(world, 0), daemon(world, 1)]
  const work = await play(world, poster.up())
  const deadlines_ms = { queue: 60_000, run: 60_000, total: 120_000 }
  const { task } = await play(world, work.post(request({ deadlines_ms }), forever))
  await pass(world, 5_000)
  worker.leave(3_600_000)
  poster.leave(117_000)
  await pass(world, 116_000)
  const fault = new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'not yet' })
  const look = vi.spyOn(poster.machine.dht, 'results').mockRejectedValue(fault)
  const back = await play(world, poster.up())
  await pass(world, 300_000)
  expect(listed(back, task)?.close).toBeNull()
  look.mockRestore()
  expect(await play(world, back.wait(task, forever))).toMatchObject({ state: 'expired' })
})
