/** Tests files that a client names: the daemon reads and writes only regular ones, and no file can block it. */
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { writeRegular } from '../../../host/files/regular-file.ts'
import type { Context } from '../../../host/operations/context.ts'
import { host, stubApi, token } from './stub-api.ts'

/** More requests than Node has threads for files. */
const MANY = 6
/** Longest wait for an answer that comes at once, in milliseconds. */
const ANSWER_MS = 10_000

let folder: string
let fifo: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-files-'))
  fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
})
afterEach(() => {
  // Releases writers that still wait for a reader of the FIFO.
  closeSync(openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK))
  rmSync(folder, { recursive: true, force: true })
})

const artifacts = {
  has: async () => true,
  get: async () => Buffer.from('the bytes'),
  add: async () => 'bafkadded',
} as unknown as Context['artifacts']
const artifactNames = { put: async () => {}, forget: async () => {}, all: async () => new Map() }

/** Calls a verb; gives the error's code and words, or the answer. */
async function call(app: ReturnType<typeof stubApi>, verb: string, payload: object) {
  const headers = { authorization: `Bearer ${token}`, host }
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new TypeError('no answer in time')), ANSWER_MS).unref()
  })
  const { body } = await Promise.race([
    app.inject({ method: 'POST', url: `/api/${verb}`, headers, payload }),
    late,
  ])
  const answer = JSON.parse(body)
  return answer.error ? `${answer.error.code} ${answer.error.message}` : answer
}

describe('a file named to the daemon', () => {
  test('a FIFO as output holds no thread, however often it is written to', async () => {
    await using app = stubApi({ artifacts, holders: async () => [] })
    const gets = Array.from({ length: MANY }, () => call(app, 'artifact/get', { cid: 'bafk', output: fifo }))
    expect(new Set(await Promise.all(gets))).toEqual(
      new Set([`RIPPLE_FILE_UNWRITABLE ${fifo} cannot be written: it is not a regular file`]),
    )
    // The threads for files are free.
    expect((await stat(folder)).isDirectory()).toBe(true)
  })

  test('a FIFO as input holds no thread', async () => {
    await using app = stubApi({ artifacts })
    const adds = Array.from({ length: MANY }, () => call(app, 'artifact/add', { path: fifo }))
    expect(new Set(await Promise.all(adds))).toEqual(
      new Set([`RIPPLE_FILE_UNREADABLE ${fifo} cannot be read: it is not a regular file`]),
    )
  })

  test('an artifact is not fetched for an unwritable output', async () => {
    const unused = { get: () => expect.fail('nothing is fetched') } as unknown as Context['artifacts']
    await using app = stubApi({ artifacts: unused, holders: async () => [] })
    expect(await call(app, 'artifact/get', { cid: 'bafk', output: folder })).toContain(
      'it is a folder, not a file',
    )
    const nowhere = join(folder, 'missing', 'file')
    expect(await call(app, 'artifact/get', { cid: 'bafk', output: nowhere })).toBe(
      `RIPPLE_FILE_UNWRITABLE ${nowhere} cannot be written: there is no such folder`,
    )
  })

  test('a device, folder, socket or a link to one is refused as a file', async () => {
    await using app = stubApi({ artifacts, holders: async () => [] })
    const socket = join(folder, 'socket')
    const link = join(folder, 'link')
    symlinkSync(fifo, link)
    const server = createServer().listen(socket)
    await new Promise((listening) => server.once('listening', listening))
    try {
      for (const file of ['/dev/null', '/dev/zero', folder, socket, link]) {
        expect(await call(app, 'artifact/get', { cid: 'bafk', output: file })).toMatch(
          /^RIPPLE_FILE_UNWRITABLE .* it is /,
        )
        expect(await call(app, 'artifact/add', { path: file })).toMatch(/^RIPPLE_FILE_UNREADABLE .* it is /)
      }
    } finally {
      server.close()
    }
  })

  test('an output replaces a longer file whole, also through a link', async () => {
    await using app = stubApi({ artifacts, holders: async () => [] })
    const file = join(folder, 'file')
    writeFileSync(file, 'x'.repeat(1_000))
    symlinkSync(file, join(folder, 'to-file'))
    symlinkSync('later', join(folder, 'to-nothing'))
    const outputs = ['file', 'to-file', 'new', 'to-nothing', 'later']
    for (const output of outputs.map((name) => join(folder, name))) {
      expect(await call(app, 'artifact/get', { cid: 'bafk', output })).toMatchObject({
        bytes: 9,
        path: output,
      })
      expect(readFileSync(output, 'utf8')).toBe('the bytes')
    }
    expect(readlinkSync(join(folder, 'to-nothing'))).toBe('later')
  })

  test('an output that fails keeps the old content and mode and leaves nothing else', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, 'the old content', { mode: 0o600 })
    const reason = new RippleError('RIPPLE_INTERRUPTED')
    await expect(writeRegular(file, Buffer.from('new'), AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(readFileSync(file, 'utf8')).toBe('the old content')
    await writeRegular(file, Buffer.from('new'), new AbortController().signal)
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new', 0o600])
    expect(readdirSync(folder).sort()).toEqual(['fifo', 'file'])
  })

  test('a missing file is named in plain words', async () => {
    await using app = stubApi({ artifacts })
    const file = join(folder, 'nope')
    expect(await call(app, 'artifact/add', { path: file })).toBe(
      `RIPPLE_FILE_UNREADABLE ${file} cannot be read: there is no such file`,
    )
    expect(await call(app, 'artifact/add', { path: join(fifo, 'nope') })).toMatch(
      /cannot be read: part of its path is not a folder$/,
    )
  })

  test.runIf(process.platform === 'linux')(
    'a file is read by its content and not by its stated length',
    async () => {
      await using app = stubApi({ artifacts, artifactNames })
      expect(statSync('/proc/self/status').size).toBe(0)
      const { bytes } = await call(app, 'artifact/add', { path: '/proc/self/status' })
      expect(bytes).toBeGreaterThan(100)
    },
  )
})
