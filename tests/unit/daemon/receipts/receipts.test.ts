import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openReceipts } from '../../../../host/daemon/receipts/receipts.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { TaskView } from '../../../../host/mesh/view/view.ts'

const signal = new AbortController().signal

test('a receipt that met a full disk is written once there is room', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-receipts-'))
  try {
    let full = true
    const make = async () => {
      if (full) throw new RippleError('RIPPLE_DISK_FULL', { path: folder })
      return new Uint8Array([1])
    }
    const receipts = openReceipts({ folder, make, emit: () => {} })
    const view = { task: 'uhCkk', state: 'accepted' } as TaskView
    await receipts.keep(view, signal)
    expect(receipts.pathOf(view)).toBeNull()
    full = false
    await receipts.keep(view, signal)
    expect(receipts.pathOf(view)).toBe(join(folder, 'uhCkk.receipt'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a slow receipt is made by one attempt at a time', async () => {
  const gate = Promise.withResolvers<void>()
  let tries = 0
  const make = async () => {
    tries += 1
    await gate.promise
    throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid: 'bafkrei' })
  }
  const receipts = openReceipts({ folder: '/nowhere', make, emit: () => {} })
  const view = { task: 'uhCkk', state: 'accepted' } as TaskView
  const slow = [receipts.keep(view, signal), receipts.keep(view, signal)]
  expect(tries).toBe(1)
  gate.resolve()
  await Promise.all(slow)
  await receipts.keep(view, signal)
  expect(tries).toBe(2)
})

test('a receipt that somebody else has written is not tried again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-receipts-'))
  try {
    let tries = 0
    const make = async () => {
      tries += 1
      throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: 'uhCkk' })
    }
    const receipts = openReceipts({ folder, make, emit: () => {} })
    const view = { task: 'uhCkk', state: 'accepted' } as TaskView
    await receipts.keep(view, signal)
    await writeFile(receipts.fileOf('uhCkk'), 'from the archive')
    await receipts.keep(view, signal)
    expect(tries).toBe(1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
