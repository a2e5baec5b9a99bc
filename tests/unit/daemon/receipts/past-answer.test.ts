import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAnswer } from '../../../../host/daemon/receipts/past-answer.ts'
import { openReceipts } from '../../../../host/daemon/receipts/receipts.ts'
import type { TaskView } from '../../../../host/mesh/view/view.ts'
import { verifyReceipt } from '../../../../host/receipt/verify.ts'
import { openRules } from '../../../../host/rules/rules.ts'
import { forever } from '../../../harness/forever.ts'

const fixture = join(import.meta.dirname, '../../receipt/fixtures/answer.receipt')
const never = () => Promise.reject(new RangeError('no receipt is made here'))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-past-'))
})
afterEach(() => rm(folder, { recursive: true }))

const openFolder = () => openReceipts({ folder, make: never, emit: () => {} })
/** Keeps no secrets: the epoch was left. */
const work = { secrets: async () => null }
const viewOf = (task: string, state: TaskView['state']) => ({ task, state }) as TaskView

test('the answer to a task of a left epoch comes from its receipt', async () => {
  const { summary } = verifyReceipt(await readFile(fixture), await openRules())
  const receipts = openFolder()
  const file = receipts.fileOf(summary.task)
  await copyFile(fixture, file)
  const found = await readAnswer(viewOf(summary.task, 'accepted'), { work, receipts, remake: never }, forever)
  expect(found).toEqual({ text: summary.answer, receipt: file })
  expect(found.text).toEqual(expect.any(String))
})

test('a missing receipt is made again, and an invalid one is reported', async () => {
  const receipts = openFolder()
  const file = receipts.fileOf('task')
  const remake = () => writeFile(file, 'no receipt')
  const broken = readAnswer(viewOf('task', 'accepted'), { work, receipts, remake }, forever)
  await expect(broken).rejects.toMatchObject({ code: 'RIPPLE_RECEIPT_INVALID' })
})

test('a task that was not accepted has no receipt, and none is made', async () => {
  const given = { work, receipts: openFolder(), remake: never }
  const none = { text: null, receipt: null }
  expect(await readAnswer(viewOf('task', 'expired'), given, forever)).toEqual(none)
})
