import { expect, test } from 'vitest'
import type { EpochRules } from '../../host/config/epoch.ts'
import { toRippleError } from '../../host/errors/ripple-error.ts'
import { meshCore } from '../../host/mesh/core.ts'
import { openRules } from '../../host/rules/rules.ts'
import { sealReady } from '../../host/work/context/seal.ts'
import type { TaskSpec } from '../../host/work/poster/task-spec.ts'
import type { Work } from '../../host/work/work.ts'
import { forever } from '../harness/forever.ts'
import type { Daemon } from '../harness/sim/daemon.ts'
import { calm } from '../harness/sim/faults.ts'
import { Prng } from '../harness/sim/random.ts'
import { simulate } from '../harness/sim/simulate.ts'
import { World } from '../harness/sim/world.ts'
import { slow } from '../harness/slow.ts'
import { pass, play, request, without } from '../unit/work/stage.ts'

const rules = await openRules()
const seeds = slow ? 100 : 30
/** Simulations of a chain that becomes full. */
const rushes = slow ? 25 : 15
/** Short enough that tasks are posted, granted, run and closed on both sides of a roll. */
const epochs: EpochRules = { length_ms: 5_000, kept: 1_000, max_action_seq: 5_000, archive_days: null }

test(`no promise is broken in ${seeds} simulations whose epochs roll`, { timeout: 300_000 }, async () => {
  const lengths: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations, history } = await simulate(seed, rules, { epochs })
    expect(violations, `of seed ${seed}`).toEqual([])
    const events = [...history.chains.values()].flat()
    lengths.push(new Set(events.map(({ entry }) => entry.dna_hash)).size)
  }
  expect(lengths.filter((length) => length > 1).length).toBeGreaterThan(seeds / 4)
})

/** So little room that a machine to which many come at once posts for several epochs. */
const tight: EpochRules = { length_ms: 30_000, kept: 1_000, max_action_seq: 60, archive_days: null }
const rush = { hosts: 4, clients: 40, rush: true }

test('a chain that becomes full turns clients away in time and breaks no task', {
  timeout: 300_000,
}, async () => {
  let away = 0
  for (let seed = 1; seed <= rushes; seed++) {
    const { violations, sent_away, history } = await simulate(seed, rules, { epochs: tight, scene: rush })
    expect(violations, `of seed ${seed}`).toEqual([])
    away += sent_away
    const tasks = [...history.chains.values()].flat().filter(({ entry }) => entry.type === 'Task')
    expect(tasks.length, `of seed ${seed}`).toBeGreaterThanOrEqual(rush.clients)
  }
  expect(away).toBeGreaterThan(0)
})

/** Epochs that are left soon, each with some tasks. */
const brief: EpochRules = { length_ms: 30_000, kept: 1, max_action_seq: 5_000, archive_days: null }
const deadlines_ms = { queue: 30_000, run: 30_000, total: 30_000 }
const turns = 40

test('epochs that are left under kills lose neither a key nor what a task waits for', async () => {
  await sealReady()
  let left = 0
  for (let seed = 1; seed <= 25; seed++) left += await leaveUnderKills(seed)
  expect(left).toBeGreaterThan(50)
})

/** Lets a machine post, post again, leave epochs and be killed, as a seed has it. Resolves to how many it left. */
async function leaveUnderKills(seed: number): Promise<number> {
  const random = new Prng(seed)
  const faults = { ...calm, dhtSilent: random.pick([0, 0.05]) }
  const world = new World(random.fork(), faults, rules, meshCore, 3, brief)
  world.start()
  const [poster] = world.daemons
  if (!poster) throw new RangeError('no machine')
  killInBatches(poster, random.fork())
  const client = new Client(random.fork())
  const failed: unknown[] = []
  const unlessInUse = (thrown: unknown) =>
    void (toRippleError(thrown).code === 'RIPPLE_EPOCH_IN_USE' || failed.push(thrown))
  let left = 0
  for (let turn = 0; turn < turns; turn++) {
    if (poster.work) void client.post(poster.work).catch((thrown) => failed.push(thrown))
    const leaving = leavePast(poster).then((many) => {
      left += many
    })
    void leaving.catch(unlessInUse)
    if (random.chance(0.3)) world.clock.after(random.int(1, 500), () => poster.leave(random.int(50, 2_000)))
    await pass(world, random.int(1_000, 8_000))
  }
  await pass(world, 60_000)
  await play(world, client.postAll(await play(world, poster.up())))
  expect(failed, `of seed ${seed}`).toEqual([])
  return left
}

/** Has a machine die before or after some of what it writes as it leaves an epoch. */
function killInBatches(poster: Daemon, random: Prng): void {
  const { journal } = poster.machine
  const batch = journal.batch.bind(journal)
  journal.batch = async (changes) => {
    if (random.chance(0.2)) poster.leave(random.int(50, 2_000))
    else await batch(changes)
    if (random.chance(0.2)) poster.leave(random.int(50, 2_000))
  }
}

/** Leaves what is past and not in use; a kill ends it anywhere. */
async function leavePast({ machine, work }: Daemon): Promise<number> {
  let left = 0
  for (const dna of machine.dht.dnaHashes.slice(0, -3)) {
    if (!work || work.openIn(dna).length > 0) continue
    await work.leave(dna)
    without(machine, dna)
    left += 1
  }
  return left
}

/** Posts tasks, of which some wait for others, and some again: each key is to give the same task for ever. */
class Client {
  readonly #random: Prng
  readonly #asked = new Map<string, TaskSpec>()
  readonly #known = new Map<string, string>()

  constructor(random: Prng) {
    this.#random = random
  }

  async post(work: Work): Promise<void> {
    const before = this.#random.chance(0.3) ? this.#random.pick([...this.#asked.values(), null]) : null
    const known = [...this.#known.values()]
    const depends_on = this.#random.chance(0.7) && known.length > 0 ? [this.#random.pick(known)] : []
    const key = `the key of task ${this.#asked.size}`
    const asked = before ?? request({ key, depends_on, deadlines_ms })
    this.#asked.set(asked.key ?? key, asked)
    const { id, task } = await work.post(asked, forever)
    expect(task).toBe(this.#known.get(id) ?? task)
    this.#known.set(id, task)
  }

  /** Posts all of them once more, and expects each to be what it was, accepted, and of no other content. */
  async postAll(work: Work): Promise<void> {
    for (const [key, task] of this.#known) {
      const asked = this.#asked.get(key) ?? request()
      const done = { task, state: 'accepted', output: { encrypted: true } }
      expect(await work.post(asked, forever), key).toMatchObject(done)
      const other = work.post(
        { ...asked, payload: { ...asked.payload, seed: asked.payload.seed + 1 } },
        forever,
      )
      await expect(other, key).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
    }
  }
}
