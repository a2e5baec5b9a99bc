import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyReceipt } from '../../../../host/receipt/verify.ts'
import { openRules } from '../../../../host/rules/rules.ts'
import { stubContext } from '../../api/stub-context.ts'
import { taskView } from '../../api/task-view.ts'
import { call, render } from '../calls.ts'

const fixture = join(import.meta.dirname, '../../receipt/fixtures/answer.receipt')
const rules = await openRules()
const { signal } = new AbortController()

let folder: string
let kept: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-receipt-'))
  kept = join(folder, 'uhCkk.receipt')
  await copyFile(fixture, kept)
})
afterEach(() => rm(folder, { recursive: true }))

function receipt(given: object, path: string | null = kept): Promise<unknown> {
  const view = { ...taskView('key', 'accepted'), receipt: path }
  const tasks = { ...stubContext({}).tasks, find: async () => view.task, show: async () => view }
  return call('task.receipt', stubContext({ tasks }), { id: 'key', ...given }, signal)
}

describe('the receipt of a task', () => {
  test('`task receipt` names the file of the receipt', async () => {
    expect(await receipt({})).toEqual({ id: 'key', receipt: kept, base64: null })
  })

  test('`task receipt --out` writes a whole copy', async () => {
    const out = join(folder, 'copy')
    expect(await receipt({ out })).toEqual({ id: 'key', receipt: out, base64: null })
    expect(await readFile(out)).toEqual(await readFile(fixture))
  })

  test.each([
    [null, 'uhCkk.redacted.receipt'],
    ['copy', 'copy'],
  ])('`task receipt --redact` writes to %s', async (name, written) => {
    const file = join(folder, written)
    expect(await receipt({ redact: true, out: name && file })).toEqual({
      id: 'key',
      receipt: file,
      base64: null,
    })
    expect(verifyReceipt(await readFile(file), rules).summary).toMatchObject({ prompt: null, answer: null })
    expect(await readFile(kept)).toEqual(await readFile(fixture))
  })

  test("`task receipt` gives the receipt's bytes unchanged", async () => {
    const given = await receipt({ bytes: true })
    const whole = await readFile(fixture)
    expect(given).toEqual({ id: 'key', receipt: kept, base64: whole.toString('base64') })
    expect(render('task.receipt', given)).toEqual({ lines: [], bytes: whole })
  })

  test('`task receipt` gives redacted bytes and writes no file for them', async () => {
    const { base64 } = (await receipt({ bytes: true, redact: true })) as { base64: string }
    expect(verifyReceipt(Buffer.from(base64, 'base64'), rules).summary).toMatchObject({ prompt: null })
    expect(await readdir(folder)).toEqual(['uhCkk.receipt'])
  })

  test('`task receipt` refuses to write and give the bytes at once', async () => {
    const both = receipt({ bytes: true, out: join(folder, 'copy') })
    await expect(both).rejects.toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
  })

  test('`task receipt` fails without a receipt and if it cannot be written', async () => {
    await expect(receipt({ redact: true }, null)).rejects.toMatchObject({ code: 'RIPPLE_TASK_NO_RECEIPT' })
    const out = join(folder, 'nowhere', 'copy')
    await expect(receipt({ out })).rejects.toMatchObject({ code: 'RIPPLE_FILE_UNWRITABLE' })
  })
})
