import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveEpoch, receiptFromArchive } from '../../../host/daemon/receipts/archive-epoch.ts'
import { readArchive } from '../../../host/receipt/archive.ts'
import { verifyReceipt } from '../../../host/receipt/verify.ts'
import { openRules } from '../../../host/rules/rules.ts'
import { forever } from '../../harness/forever.ts'
import { conductorStays, pass, play, request, stage } from '../work/stage.ts'

const rules = await openRules()
const epoch = { length_ms: 1_000, kept: 1, max_action_seq: 5_000, archive_days: null }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-archive-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A task that one machine posted and another one did, and the views of both. */
async function done() {
  const world = stage(2)
  const [poster, worker] = world.daemons.map(({ machine }) => ({ epoch: 7, dht: machine.dht }))
  const work = await play(world, world.daemons[0]?.up() ?? Promise.reject(new RangeError('no machine')))
  const { task } = await play(world, work.post(request(), forever))
  await play(world, work.wait(task, forever))
  // The Close has arrived at the worker too.
  await pass(world, 5_000)
  if (!poster || !worker) throw new RangeError('no machines')
  return { poster, worker, task }
}

test.each(['poster', 'worker'] as const)("the %s's archive gives a valid receipt", async (who) => {
  const { task, ...views } = await done()
  const place = { folder, seed: 'seed', rules: epoch }
  const file = await archiveEpoch(place, views[who], forever)
  const receipt = await receiptFromArchive(file, views[who].dht.agent, task, forever)
  const { summary, one_sided } = verifyReceipt(receipt, rules)
  expect(summary).toMatchObject({ task, dna: views.poster.dht.dnaHash, prompt: null, answer: null })
  expect({ one_sided, poster: summary.poster, worker: summary.worker }).toEqual({
    one_sided: false,
    poster: views.poster.dht.agent,
    worker: views.worker.dht.agent,
  })
})

test("the poster's archive gives the receipt of a task that a stand-in did", async () => {
  const world = stage(2)
  const [first, second] = world.daemons
  if (!first || !second) throw new RangeError('no machines')
  const work = await play(world, first.up())
  const fallback = { after_ms: 1_000, allow: 'any', named: false } as const
  // The poster is gone before it could grant the task.
  const { task } = await play(world, work.post(request({ sensitivity: 'public', fallback }), forever))
  first.leave(61_000)
  conductorStays(world, first)
  await pass(world, 60_000)
  const back = await play(world, first.up())
  expect(await play(world, back.wait(task, forever))).toMatchObject({ state: 'accepted', attempts: [] })
  const view = { epoch: 7, dht: first.machine.dht }
  const file = await archiveEpoch({ folder, seed: 'seed', rules: epoch }, view, forever)
  const events = readArchive(await readFile(file, 'utf8'))
  expect(events.map(({ type }) => type).sort()).toEqual(['Close', 'FallbackClaim', 'Result', 'Task'])
  const receipt = await receiptFromArchive(file, view.dht.agent, task, forever)
  const { summary } = verifyReceipt(receipt, rules)
  expect(summary).toMatchObject({ task, worker: second.machine.agent })
})

test('an archive takes each event once, also after a torn line', async () => {
  const { poster } = await done()
  const place = { folder, seed: 'seed', rules: epoch }
  const file = await archiveEpoch(place, poster, forever)
  const whole = await readFile(file, 'utf8')
  const events = readArchive(whole)
  expect(events.map(({ type }) => type).sort()).toEqual(['Close', 'Grant', 'Result', 'Task'])
  await archiveEpoch(place, poster, forever)
  expect(await readFile(file, 'utf8')).toBe(whole)
  await appendFile(file, '{"hash":"uhCkk')
  await archiveEpoch(place, poster, forever)
  expect(readArchive(await readFile(file, 'utf8'))).toEqual(events)
})
