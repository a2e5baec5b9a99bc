import { beforeEach, expect, test, vi } from 'vitest'
import { FullDisk } from '../../../../host/dht/call/full-disk.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'

/** Bytes that the disk has to give. */
let room: number
/** Runs each time the disk still has no room. */
let looked: () => void

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  statfs: async () => ({ bavail: room, bsize: 1 }),
}))
vi.mock('node:timers/promises', () => ({
  setTimeout: (_ms: number, _value: unknown, { signal }: { signal: AbortSignal }) => {
    looked()
    return signal.aborted ? Promise.reject(signal.reason) : new Promise(setImmediate)
  },
}))

/** Pid of the conductor that runs; one that is stopped is followed by another. */
let pid: number | null
let stopped: number[]
let paused: number

function open(): FullDisk {
  const stop = (of: number) => async () => {
    stopped.push(of)
    pid = of + 1
  }
  return new FullDisk({
    folder: '/data/conductor',
    current: () => (pid === null ? null : { pid, stop: stop(pid) }),
    pause: () => {
      paused += 1
    },
  })
}

beforeEach(() => {
  room = limits.conductor_room_bytes_min
  looked = () => undefined
  pid = 7
  stopped = []
  paused = 0
})

test('a conductor with a full disk gets no more writes and is restarted', async () => {
  await using disk = open()
  const full = new RippleError('RIPPLE_DISK_FULL', { path: 'x' })
  expect(disk.seen(full)).toBe(full)
  expect(paused).toBeGreaterThan(0)
  disk.found()
  await vi.waitFor(() => expect(stopped).toEqual([7]))
})

test('a conductor with a full disk restarts once there is room, paused until then', async () => {
  room = 0
  let looks = 0
  looked = () => {
    looks += 1
    if (looks === 3) room = limits.conductor_room_bytes_min
  }
  await using disk = open()
  disk.found()
  await vi.waitFor(() => expect(stopped).toEqual([7]))
  expect(looks).toBe(3)
  expect(paused).toBeGreaterThan(looks)
})

test('a conductor that ends by itself meanwhile is not stopped again', async () => {
  room = 0
  looked = () => {
    pid = 8
    room = limits.conductor_room_bytes_min
  }
  await using disk = open()
  disk.found()
  await vi.waitFor(() => expect(pid).toBe(8))
  await new Promise(setImmediate)
  expect(stopped).toEqual([])
})

test("other errors and the daemon's end restart nothing", async () => {
  const disk = open()
  disk.seen(new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'x' }))
  expect(paused).toBe(0)
  room = 0
  disk.found()
  await disk[Symbol.asyncDispose]()
  room = limits.conductor_room_bytes_min
  disk.found()
  expect(stopped).toEqual([])
})
