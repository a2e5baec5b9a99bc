import { EventEmitter } from 'node:events'
import { beforeEach, expect, test, vi } from 'vitest'
import { inspectModel, readHeads } from '../../../host/models/inspect.ts'

const signal = new AbortController().signal
const { fork } = vi.hoisted(() => ({ fork: vi.fn() }))
vi.mock('../../../host/supervise/fork-program.ts', () => ({ forkProgram: fork }))

/** A reading process to which that happens as soon as it is started. */
function reader(event: string, ...told: unknown[]): EventEmitter {
  const child = new EventEmitter()
  setImmediate(() => child.emit(event, ...told))
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
  ['it is told later', (error: Error) => reader('error', error)],
])('a reader that cannot be started says nothing of any file, where %s', async (_how, fails) => {
  fork.mockImplementation(() => fails(new Error('spawn EAGAIN')))
  const detail = 'its reader could not be started: spawn EAGAIN'
  const files = ['/a.gguf', '/b.gguf']
  const heads = await readHeads(files, signal)
  expect([...heads]).toEqual(files.map((file) => [file, { type: 'unread', detail }]))
  const inspected = inspectModel({ type: 'filesystem', at: '/a.gguf' }, 64, signal)
  await expect(inspected).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNREAD', facts: { detail } })
})
