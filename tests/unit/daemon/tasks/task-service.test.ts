import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { epochAt } from '../../../../host/config/epoch.ts'
import { archiveEpoch } from '../../../../host/daemon/receipts/archive-epoch.ts'
import { type AnswerNeeds, readAnswer } from '../../../../host/daemon/receipts/past-answer.ts'
import { openReceipts } from '../../../../host/daemon/receipts/receipts.ts'
import { remakeReceipt } from '../../../../host/daemon/receipts/remake-receipt.ts'
import { requestView } from '../../../../host/daemon/tasks/task-request.ts'
import { type TaskServiceNeeds, taskService } from '../../../../host/daemon/tasks/task-service.ts'
import { forever } from '../../../harness/forever.ts'
import { play, request, stage } from '../../work/stage.ts'

const rules = { length_ms: 100_000, kept: 3, max_action_seq: 5_000, archive_days: null }
const KEY = 'a key for two epochs'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-book-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A poster's tasks as the operations see them, after one was accepted and its epoch was left; its receipt is gone. */
async function left() {
  const world = stage(2, {}, rules)
  const [first] = world.daemons
  if (!first) throw new RangeError('no machine')
  const work = await play(world, first.up())
  const { task } = await play(world, work.post(request({ key: KEY }), forever))
  const { times } = await play(world, work.wait(task, forever))
  const { dht } = first.machine
  const place = { folder, seed: 'seed', rules }
  await archiveEpoch(place, { epoch: epochAt(times.posted_at, rules), dht }, forever)
  await play(world, work.leave(dht.dnaHash))
  const make = () => Promise.reject(new RangeError('its epoch was left'))
  const receipts = openReceipts({ folder, make, emit: () => {} })
  const { agent } = dht
  const remake: AnswerNeeds['remake'] = (view, signal) =>
    remakeReceipt({ view, agent, file: receipts.fileOf(view.task) }, place, signal)
  const answerOf: TaskServiceNeeds['answerOf'] = (view, signal) =>
    readAnswer(view, { work, receipts, remake }, signal)
  const guard = { refusal: () => null }
  // The other needs of a post and a forecast are not used here.
  const book = taskService({ work, receipts, guard, answerOf, dht } as unknown as TaskServiceNeeds)
  return { book, task }
}

test('a task of a left epoch is found, and its receipt is made from the archive', async () => {
  const { book, task } = await left()
  expect(await book.list(0)).toEqual([])
  expect(await book.list(9)).toMatchObject([{ id: KEY, task, state: 'accepted', receipt: null }])
  for (const id of [KEY, task]) expect(await book.find(id)).toBe(task)
  expect(await book.beginning(KEY.slice(0, 8))).toEqual([task])
  const { receipt, output } = await book.show(task, forever)
  expect(existsSync(receipt ?? '')).toBe(true)
  // The key of the answer was in the receipt that is gone.
  expect(output).toMatchObject({ text: null })
})

test('the request of a task of a left epoch is not stored any more', async () => {
  const { book, task } = await left()
  await expect(book.request(task)).rejects.toMatchObject({ code: 'RIPPLE_TASK_REQUEST_GONE' })
})

test('the request of a task has the fields with which it was posted, while it is open and once it is closed', async () => {
  const world = stage(2)
  const [first] = world.daemons
  if (!first) throw new RangeError('no machine')
  const work = await play(world, first.up())
  const asked = await play(world, work.post(request({ key: KEY, priority: 'background' }), forever))
  const given = {
    id: KEY,
    prompt: 'Say something.',
    whole: true,
    model: 'sim',
    priority: 'background',
    timeout_ms: 300_000,
    after: [],
  }
  expect(requestView(asked.task, await work.request(asked.task))).toMatchObject(given)
  const done = await play(world, work.wait(asked.task, forever))
  expect(requestView(asked.task, await work.request(asked.task))).toMatchObject(given)
  const [attempt] = done.attempts
  expect(attempt?.granted_at).toBeGreaterThanOrEqual(done.times.posted_at)
  expect(attempt?.result_at).toBeGreaterThan(attempt?.granted_at ?? Number.POSITIVE_INFINITY)
})

test('a task of a left epoch without its archive has no receipt', async () => {
  const { book, task } = await left()
  await rm(folder, { recursive: true })
  expect(await book.show(task, forever)).toMatchObject({ state: 'accepted', receipt: null })
  folder = await mkdtemp(join(tmpdir(), 'ripple-book-'))
})
