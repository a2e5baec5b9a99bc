import { EventEmitter } from 'node:events'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { inspectModel, readHeads } from '../../../../host/models/inspect/inspect.ts'
import { sha256Hex } from '../../../harness/sha256.ts'
import { lookAgain, openStore } from '../open-store.ts'

const signal = new AbortController().signal
const { fork } = vi.hoisted(() => ({ fork: vi.fn() }))
vi.mock('../../../../host/processes/fork-program.ts', () => ({ forkProgram: fork }))

/** A reading process to which that happens as soon as it is started. */
function reader(event: string, ...told: unknown[]): EventEmitter {
  const child = new EventEmitter()
  setImmediate(() => child.emit(event, ...told))
  return child
}

/** A reading process that reads one file. */
function reads(file: string, head: unknown): EventEmitter {
  const child = reader('message', { type: 'read', file, head })
  setImmediate(() => child.emit('close', 0, null))
  return child
}

beforeEach(() => void fork.mockReset())

test.each([
  [
    'the system says so at once',
    (error: Error) => {
      throw error
    },
  ],
  ['the error comes later', (error: Error) => reader('error', error)],
])('a reader that cannot be started says nothing about a file if %s', async (_how, fails) => {
  fork.mockImplementation(() => fails(new Error('spawn EAGAIN')))
  const detail = 'its reader could not be started: spawn EAGAIN'
  const files = ['/a.gguf', '/b.gguf']
  const heads = await readHeads(files, signal)
  expect([...heads]).toEqual(files.map((file) => [file, { type: 'unread', detail }]))
  const inspected = inspectModel({ type: 'filesystem', at: '/a.gguf' }, 64, signal)
  await expect(inspected).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNREAD', facts: { detail } })
})

test('an unread file is looked at again and not fetched a second time', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ripple-unread-'))
  try {
    const path = join(dir, 'mine.gguf')
    await writeFile(path, 'a model')
    fork.mockImplementation(() => reader('close', null, 'SIGKILL'))
    using store = await openStore(dir)
    const unread = { code: 'RIPPLE_MODEL_UNREAD', facts: { file: path } }
    expect(store.problems).toMatchObject([unread])
    await expect(store.pull(sha256Hex('a model'), {}, signal)).rejects.toMatchObject(unread)
    const later = performance.now() + limits.model_head_again_ms.min
    vi.spyOn(performance, 'now').mockReturnValue(later)
    const head = { type: 'head', context_tokens: 64, chat_template: 'none' }
    fork.mockImplementation(() => reads(path, head))
    await lookAgain(store)
    expect(store.present()).toMatchObject([{ name: 'mine' }])
  } finally {
    vi.restoreAllMocks()
    await rm(dir, { recursive: true, maxRetries: 5 })
  }
})

test('a file whose reader died is not listed as being indexed while another one is', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ripple-unread-'))
  try {
    await writeFile(join(dir, 'mine.gguf'), 'a model')
    fork.mockImplementation(() => reader('close', null, 'SIGKILL'))
    using store = await openStore(dir)
    await writeFile(join(dir, 'large.gguf'), '')
    await truncate(join(dir, 'large.gguf'), 2 ** 37)
    const indexing = (await store.list()).filter((entry) => entry.indexing)
    expect(indexing.map(({ name }) => name)).toEqual(['large'])
    expect(store.problems).toMatchObject([{ code: 'RIPPLE_MODEL_UNREAD' }])
  } finally {
    await rm(dir, { recursive: true, maxRetries: 5 })
  }
})
