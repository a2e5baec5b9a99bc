import { describe, expect, test, vi } from 'vitest'
import type { EpochRules } from '../../../host/config/epoch.ts'
import { limits } from '../../../host/limits.ts'
import type { TaskView } from '../../../host/mesh/view/view.ts'
import type { MeshEvent } from '../../../host/types/events.ts'
import type { Work } from '../../../host/work/work.ts'
import { forever } from '../../harness/forever.ts'
import type { World } from '../../harness/sim/world.ts'
import { pass, play, request, stage, start, without } from './stage.ts'

const KEY = 'a key for two epochs'
const rules: EpochRules = { length_ms: 100_000, kept: 3, max_action_seq: 5_000, archive_days: null }

async function poster(world: World) {
  const [first] = world.daemons
  if (!first) throw new RangeError('no machine')
  return play(world, first.up())
}

/** Lets time pass until so many milliseconds before the next epoch. */
async function untilBefore(world: World, ms: number): Promise<void> {
  const now = world.clock.now()
  const next = (Math.floor(now / rules.length_ms) + 1) * rules.length_ms
  await pass(world, next - now - ms)
}

function dnasOf(world: World): string[] {
  const tasks = [...world.network.chains().values()].flat().filter(({ entry }) => entry.type === 'Task')
  return tasks.map(({ entry }) => entry.dna_hash)
}

describe('a roll', () => {
  test.each([1, 30, 120, 400, 2_000])('a roll %i ms after the post loses no task', async (ms) => {
    const world = stage(3, { slow: 1 }, rules)
    const work = await poster(world)
    await untilBefore(world, ms)
    const { task } = await play(world, work.post(request({ lease_ms: 30_000 }), forever))
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
    const events = [...world.network.chains().values()].flat()
    expect(new Set(events.map(({ entry }) => entry.dna_hash)).size).toBe(1)
  })

  test('a key gives the same task after a roll and a restart', async () => {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    await untilBefore(world, 5_000)
    const { task } = await play(world, work.post(request({ key: KEY }), forever))
    await pass(world, 20_000)
    expect(await play(world, work.post(request({ key: KEY }), forever))).toMatchObject({ task })
    world.daemons[0]?.kill()
    const again = await poster(world)
    expect(await play(world, again.post(request({ key: KEY }), forever))).toMatchObject({ task })
    const other = play(world, again.post(request({ key: KEY, seed: 2 }), forever))
    await expect(other).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
    expect(dnasOf(world)).toHaveLength(1)
    const next = await play(world, again.post(request(), forever))
    expect(await play(world, again.wait(next.task, forever))).toMatchObject({ state: 'accepted' })
    expect(new Set(dnasOf(world)).size).toBe(2)
    expect((await again.newestClosed(9)).map((view) => view.task)).toEqual([next.task, task])
  })

  test('a roll loses no task of peers whose clocks are apart', async () => {
    const world = stage(4, { skewMaxMs: 20_000 }, rules)
    const work = await poster(world)
    for (let i = 0; i < 12; i++) {
      const { task } = await play(world, work.post(request({ seed: i }), forever))
      expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
      await pass(world, 25_000)
    }
    expect(new Set(dnasOf(world)).size).toBeGreaterThan(2)
  })

  test('a restart after a roll finds the open tasks of both epochs', async () => {
    const world = stage(1, {}, rules)
    const work = await poster(world)
    await untilBefore(world, 2_000)
    const old = await play(world, work.post(request({ key: KEY, force: true }), forever))
    await pass(world, 3_000)
    const next = await play(world, work.post(request({ force: true }), forever))
    world.daemons[0]?.kill()
    const again = await poster(world)
    expect(again.list().map((view) => view.task)).toEqual([old.task, next.task])
  })
})

describe('a left epoch', () => {
  test('a worker that was away learns how its task of a left epoch ended', async () => {
    const world = stage(2, { slow: 1 }, rules)
    const work = await poster(world)
    work.drain(true)
    const worker = world.daemons[1]
    if (!worker) throw new RangeError('no worker')
    const deadlines_ms = { queue: 60_000, run: 60_000, total: 90_000 }
    const { task } = await play(world, work.post(request({ deadlines_ms, max_attempts: 1 }), forever))
    await pass(world, 5_000)
    expect((await work.show(task)).state).toBe('running')
    world.wires.cut([worker.machine.agent])
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'failed' })
    const [dna = ''] = dnasOf(world)
    await play(world, work.leave(dna))
    await pass(world, 5 * rules.length_ms)
    expect(await worker.machine.journal.entries('outputs')).toHaveLength(1)
    world.wires.cut([])
    await pass(world, 120_000)
    expect(await worker.machine.journal.entries('outputs')).toEqual([])
  })

  test('a left epoch keeps the ends of its tasks and the use of their keys', async () => {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    const { task } = await play(world, work.post(request({ key: KEY }), forever))
    await play(world, work.wait(task, forever))
    const [dna = ''] = dnasOf(world)
    await untilBefore(world, -1_000)
    await play(world, work.leave(dna))
    expect(work.list()).toEqual([])
    for (const id of [task, KEY]) expect(await work.find(id)).toMatchObject({ task, state: 'accepted' })
    expect(await play(world, work.post(request({ key: KEY }), forever))).toMatchObject({ task })
    const other = play(world, work.post(request({ key: KEY, seed: 2 }), forever))
    await expect(other).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
    expect(dnasOf(world)).toHaveLength(1)
  })

  test('tasks of a left epoch are listed newest first and found by a prefix', async () => {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    const tasks: string[] = []
    for (const name of ['one', 'two', 'three']) {
      const { task } = await play(world, work.post(request({ key: `${name} of three keys` }), forever))
      await play(world, work.wait(task, forever))
      tasks.push(task)
    }
    const [dna = ''] = dnasOf(world)
    await untilBefore(world, -1_000)
    await play(world, work.leave(dna))
    const [one = '', two = '', three = ''] = tasks
    const listed = async (most: number) => (await work.newestClosed(most)).map(({ task }) => task)
    expect(await listed(9)).toEqual([three, two, one])
    expect(await listed(2)).toEqual([three, two])
    expect(await work.beginning('two of t')).toEqual([two])
    expect(await work.beginning(two.slice(0, 40))).toEqual([two])
    expect(await work.beginning('t')).toHaveLength(2)
    expect(await work.beginning('four of ')).toEqual([])
  })

  test("a left epoch's tasks in an older daemon's form are read", async () => {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    const { task } = await play(world, work.post(request({ key: KEY }), forever))
    await play(world, work.wait(task, forever))
    const [dna = ''] = dnasOf(world)
    const { machine } = world.daemons[0] ?? {}
    if (!machine) throw new RangeError('no machine')
    await play(world, work.leave(dna))
    // It wrote the whole under both, and died before the cell was gone.
    const kept = await machine.journal.get('past', task)
    await machine.journal.put('past', KEY, kept)
    world.daemons[0]?.leave(100)
    await pass(world, 1_000)
    const again = await poster(world)
    await play(world, again.leave(dna))
    for (const id of [task, KEY]) expect(await again.find(id)).toMatchObject({ task, state: 'accepted' })
    const other = play(world, again.post(request({ key: KEY, seed: 2 }), forever))
    await expect(other).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
  })

  test('a task can depend on an accepted task of a left epoch', async () => {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    const first = await play(world, work.post(request({ key: KEY }), forever))
    await play(world, work.wait(first.task, forever))
    const lost = await play(world, work.post(request({ key: 'a key that is cancelled' }), forever))
    await play(world, work.cancel(lost.task, forever))
    const before = request({ key: 'a key for a task after it', depends_on: [first.task] })
    const known = await play(world, work.post(before, forever))
    await play(world, work.wait(known.task, forever))
    const [dna = ''] = dnasOf(world)
    await untilBefore(world, -1_000)
    await play(world, work.leave(dna))
    const later = request({ key: 'a key for the next epoch', depends_on: [first.task] })
    const next = await play(world, work.post(later, forever))
    expect(next.depends_on).toEqual([])
    expect(await play(world, work.wait(next.task, forever))).toMatchObject({ state: 'accepted' })
    // The same request is still the same, whichever way it names the task, and another one is not.
    for (const depends_on of [[first.task], [KEY]])
      expect(await play(world, work.post({ ...later, depends_on }, forever))).toMatchObject({
        task: next.task,
      })
    expect(await play(world, work.post({ ...before, depends_on: [KEY] }, forever))).toMatchObject({
      task: known.task,
    })
    const other = play(world, work.post({ ...later, depends_on: [] }, forever))
    await expect(other).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
    const never = play(world, work.post(request({ depends_on: [lost.task] }), forever))
    await expect(never).rejects.toMatchObject({
      code: 'RIPPLE_TASK_NEVER_READY',
      facts: { outcome: 'cancelled' },
    })
  })

  test('an epoch with an open task is not left, and one with an awaited closed task is', async () => {
    const world = stage(2, { slow: 1 }, rules)
    const work = await poster(world)
    const first = await play(world, work.post(request(), forever))
    const [dna = ''] = dnasOf(world)
    await expect(play(world, work.leave(dna))).rejects.toMatchObject({ code: 'RIPPLE_EPOCH_IN_USE' })
    await play(world, work.wait(first.task, forever))
    await untilBefore(world, -1_000)
    const next = await play(world, work.post(request({ depends_on: [first.task] }), forever))
    expect(work.openIn(dna)).toEqual([])
    await play(world, work.leave(dna))
    expect(await play(world, work.wait(next.task, forever))).toMatchObject({ state: 'accepted' })
  })

  test("a stranger's word about a grant does not hold an epoch open", async () => {
    const world = stage(2, {}, rules)
    const [first, stranger] = world.daemons
    if (!first || !stranger) throw new RangeError('too few machines')
    const work = await play(world, first.up())
    const hash = (letter: string) => `uhCkk${letter.repeat(48)}`
    const lie = { type: 'granted', task: hash('a'), grant: hash('b'), attempt: 1 } as const
    await play(world, stranger.machine.messages.send(first.machine.agent, lie, forever))
    await pass(world, 1_000)
    expect(work.openIn('an epoch')).toEqual([])
  })

  test('a task that may outlive the epoch at its peers is refused', async () => {
    const world = stage(1, {}, rules)
    const work = await poster(world)
    const deadlines_ms = { queue: 1_000, run: 1_000, total: 300_001 }
    const long = play(world, work.post(request({ force: true, deadlines_ms }), forever))
    await expect(long).rejects.toMatchObject({ code: 'RIPPLE_TASK_TOO_LONG' })
  })
})

describe('the bound of an epoch', () => {
  const small = { ...rules, max_action_seq: 60 }

  test('a full epoch is reported in time, breaks no task, and ends with the epoch', async () => {
    const world = stage(2, { slow: 1 }, small)
    const work = await poster(world)
    await pass(world, 20_000)
    const tasks: string[] = []
    const more = async () => {
      for (;;) tasks.push((await work.post(request(), forever)).task)
    }
    const begins = new Date((Math.floor(start / 100_000) + 1) * 100_000).toISOString()
    await expect(play(world, more())).rejects.toMatchObject({
      code: 'RIPPLE_CHAIN_FULL',
      facts: { begins, retry_after_s: limits.busy_retry_after_s },
    })
    expect(tasks.length).toBeGreaterThan(3)
    const cancelled = tasks.pop() ?? ''
    expect(await play(world, work.cancel(cancelled, forever))).toMatchObject({ state: 'cancelled' })
    const ends = await play(world, Promise.all(tasks.map((task) => work.wait(task, forever))))
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(['accepted']))
    await untilBefore(world, -1_000)
    const { task } = await play(world, work.post(request(), forever))
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
  })
})

describe('a key with two tasks', () => {
  /** A task that was accepted, and its twin: a write whose answer was lost, which stands in the epoch of `laterMs`. */
  async function twins(laterMs: number) {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    await untilBefore(world, 90_000)
    const older = await play(world, work.post(request({ key: KEY }), forever))
    await play(world, work.wait(older.task, forever))
    await pass(world, laterMs)
    const [first] = world.daemons
    if (!first) throw new RangeError('no machine')
    const { dht } = first.machine
    const { entry } = (await play(world, dht.get(older.task, forever))) ?? {}
    if (entry?.type !== 'Task') throw new TypeError('no task')
    const twin = { ...entry, dna_hash: dht.dnaHash, created_at: world.clock.now() }
    const younger = await play(world, dht.commit(twin, forever))
    first.leave(100)
    await pass(world, 1_000)
    const again = await poster(world)
    expect(await play(world, again.wait(younger.hash, forever))).toMatchObject({ state: 'cancelled' })
    await pass(world, 100_000)
    return { world, work: again, first, older, younger, dnas: [entry.dna_hash, twin.dna_hash] as const }
  }

  async function expectOlder(world: World, work: Work, older: TaskView, younger: MeshEvent) {
    expect(await work.find(KEY)).toMatchObject({ task: older.task, state: 'accepted' })
    expect(await work.find(older.task)).toMatchObject({ task: older.task })
    expect(await work.find(younger.hash)).toMatchObject({ task: younger.hash, state: 'cancelled' })
    expect(await play(world, work.post(request({ key: KEY }), forever))).toMatchObject({ task: older.task })
    const other = play(world, work.post(request({ key: KEY, seed: 2 }), forever))
    await expect(other).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
  }

  test('a key with two tasks in one epoch belongs to the older', async () => {
    const { world, work, older, younger, dnas } = await twins(5_000)
    expect(dnas[0]).toBe(dnas[1])
    await play(world, work.leave(dnas[0]))
    await expectOlder(world, work, older, younger)
  })

  test('a key with two tasks belongs to the older when its epoch is left first', async () => {
    const { world, work, first, older, younger, dnas } = await twins(100_000)
    await play(world, work.leave(dnas[0]))
    without(first.machine, dnas[0])
    first.leave(100)
    await pass(world, 1_000)
    const again = await poster(world)
    expect((await again.show(younger.hash)).ended).toEqual({ why: 'twin', ms: null, task: older.task })
    await play(world, again.leave(dnas[1]))
    await expectOlder(world, again, older, younger)
  })

  test('a key with two tasks belongs to the older when its epoch is left last', async () => {
    const { world, work, older, younger, dnas } = await twins(100_000)
    await play(world, work.leave(dnas[1]))
    expect((await work.show(KEY)).task).toBe(older.task)
    expect((await play(world, work.secrets(KEY, forever)))?.payload.length).toBeGreaterThan(0)
    await play(world, work.leave(dnas[0]))
    await expectOlder(world, work, older, younger)
  })
})

describe("a task that is written while its dependency's epoch is left", () => {
  /** A post whose write goes on for ten seconds, after which it is `written`. */
  async function postLate(world: World, depends_on: string[], written: () => void = () => undefined) {
    const [first] = world.daemons
    if (!first?.work) throw new RangeError('no machine')
    const { dht } = first.machine
    const commit = dht.commit.bind(dht)
    const late = vi.spyOn(dht, 'commit').mockImplementation(async (entry, signal) => {
      if (entry.type !== 'Task') return commit(entry, signal)
      late.mockRestore()
      await world.clock.sleep(10_000, forever)
      const event = await commit(entry, signal)
      written()
      return event
    })
    const posting = first.work.post(request({ depends_on }), forever)
    await pass(world, 1_000)
    return { posting, machine: first.machine, kill: () => first.leave(100) }
  }

  /** A task that was accepted in an epoch that has just ended. */
  async function acceptedBefore() {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    const { task } = await play(world, work.post(request(), forever))
    await play(world, work.wait(task, forever))
    const [dna = ''] = dnasOf(world)
    await untilBefore(world, -1_000)
    return { world, work, task, dna }
  }

  test("a task starts though its dependency's epoch is left while it is written", async () => {
    const { world, work, task, dna } = await acceptedBefore()
    const { posting } = await postLate(world, [task])
    await play(world, work.leave(dna))
    const next = await play(world, posting)
    expect(next.depends_on).toEqual([task])
    expect(await play(world, work.wait(next.task, forever))).toMatchObject({ state: 'accepted' })
  })

  test('a task is cancelled if its dependency was cancelled and left while it is written', async () => {
    const world = stage(2, {}, rules)
    const work = await poster(world)
    await untilBefore(world, 2_000)
    const requirements = { ...request().requirements, tags: ['nobody has this'] }
    const { task } = await play(world, work.post(request({ requirements, force: true }), forever))
    const [dna = ''] = dnasOf(world)
    await untilBefore(world, -1_000)
    // Its Close is being written as the other is posted.
    const cancelled = work.cancel(task, forever)
    const { posting } = await postLate(world, [task])
    expect(await cancelled).toMatchObject({ state: 'cancelled' })
    await play(world, work.leave(dna))
    const next = await play(world, posting)
    const ended = { why: 'dependency', ms: null, task }
    expect(await play(world, work.wait(next.task, forever))).toMatchObject({ state: 'cancelled', ended })
  })

  test("a task starts after a restart though its dependency's epoch was left", async () => {
    const { world, work, task, dna } = await acceptedBefore()
    const { machine, kill } = await postLate(world, [task], () => kill())
    await play(world, work.leave(dna))
    without(machine, dna)
    await pass(world, 15_000)
    const again = await poster(world)
    expect(await again.newestClosed(1)).toMatchObject([{ depends_on: [task], state: 'accepted' }])
  })
})

describe('leaving an epoch of many tasks', () => {
  const seeds = Array.from({ length: 40 }, (_, i) => i + 1)
  const keyed = (seed: number) => request({ key: `the key of task ${seed}`, seed })

  /** A machine that has had some forty tasks accepted in an epoch that is over. */
  async function busy() {
    const world = stage(3, {}, rules)
    const work = await poster(world)
    await untilBefore(world, 90_000)
    const posts = await play(world, Promise.all(seeds.map((seed) => work.post(keyed(seed), forever))))
    const ends = await play(world, Promise.all(posts.map(({ task }) => work.wait(task, forever))))
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(['accepted']))
    const [dna = '', ...others] = new Set(dnasOf(world))
    expect(others).toEqual([])
    await untilBefore(world, -1_000)
    const [first] = world.daemons
    if (!first) throw new RangeError('no machine')
    return { world, work, ends, dna, first }
  }

  test('leaving an epoch lets everything else go on between a few writes', async () => {
    const { world, work, dna, first } = await busy()
    const { journal } = first.machine
    const did: string[] = []
    for (const name of ['put', 'delete', 'batch'] as const) {
      const real = journal[name].bind(journal) as (...args: unknown[]) => Promise<void>
      vi.spyOn(journal, name).mockImplementation((...args: unknown[]) => {
        did.push(name)
        return real(...args)
      })
    }
    const tick = () => {
      did.push('tick')
      world.clock.after(1, tick)
    }
    tick()
    await play(world, work.leave(dna))
    const writes = did.slice(did.indexOf('batch'), did.lastIndexOf('batch') + 1)
    expect(writes.filter((one) => one !== 'tick')).toEqual(['batch', 'batch'])
    expect(writes).toContain('tick')
  })

  test('leaving an epoch continues after a break and loses nothing', async () => {
    const { world, work, ends, dna, first } = await busy()
    const { journal } = first.machine
    const batch = journal.batch.bind(journal)
    let batches = 0
    const dies = vi.spyOn(journal, 'batch').mockImplementation(async (changes) => {
      batches += 1
      if (batches < 2) return batch(changes)
      first.kill()
    })
    void work.leave(dna)
    await pass(world, 100)
    expect([batches, first.work]).toEqual([2, null])
    dies.mockRestore()
    const again = await poster(world)
    await play(world, again.leave(dna))
    for (const end of ends)
      expect(await again.find(end.task)).toMatchObject({ id: end.id, state: 'accepted', output: end.output })
    for (const seed of seeds)
      await expect(
        play(world, again.post({ ...keyed(seed), payload: request({ seed: seed + 100 }).payload }, forever)),
      ).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
    expect(await journal.entries('payloads')).toEqual([])
    expect(await journal.entries('secrets')).toEqual([])
    expect(await journal.entries('reveals')).toEqual([])
  })
})
