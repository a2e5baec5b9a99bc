/** Tests the reading of a log that is being written. */
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../../../host/telemetry/log.ts'
import { readLog } from '../../../host/telemetry/read-log.ts'
import type { LogQuery } from '../../../host/types/log-page.ts'
import { forever } from '../../harness/forever.ts'

const all: LogQuery = { level: 'debug', limit: 10, after: null, follow: false }

function openedLog() {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'ripple.log')
  const read = (query: Partial<LogQuery> = {}) => readLog(path, 'debug', { ...all, ...query }, forever)
  return { path, read, open: () => openLog(path, 'debug') }
}

const texts = ({ lines }: Awaited<ReturnType<typeof readLog>>) => lines.map(({ text }) => text)

test('a log is read from a level on, with its newest lines in order', async () => {
  const { read, open } = openedLog()
  expect(await read()).toEqual({ lines: [], cursor: '', more: false, least: 'debug' })
  using opened = open()
  const { log } = opened
  log.debug({ type: 'beat', peer: 'bert' }, 'one')
  log.info({ secret: 'hush' }, 'two')
  log.error({ code: 'RIPPLE_DISK_FULL' }, 'three')
  expect(texts(await read())).toEqual(['one', 'two', 'three'])
  expect(texts(await read({ level: 'info' }))).toEqual(['two', 'three'])
  const newest = await read({ limit: 1 })
  expect([texts(newest), newest.more]).toEqual([['three'], true])
  const [first, second] = (await read()).lines
  expect(first).toMatchObject({ level: 'debug', event: 'beat', fields: { peer: 'bert' } })
  expect(second?.fields).toEqual({ secret: '(secret)' })
})

test('a cursor gives only what was written since, across a rotation too', async () => {
  const { path, read, open } = openedLog()
  const before = open()
  before.log.info('one')
  const { cursor: after } = await read()
  expect(texts(await read({ after }))).toEqual([])
  before.log.info('two')
  expect(texts(await read({ after }))).toEqual(['two'])
  before[Symbol.dispose]()
  renameSync(path, `${path}.1`)
  using now = open()
  now.log.info('three')
  const page = await read({ after })
  expect(texts(page)).toEqual(['two', 'three'])
  expect(texts(await read({ after: page.cursor }))).toEqual([])
  expect(texts(await read({ after: '1-2' }))).toEqual(['one', 'two', 'three'])
})

test('a line that is being written is read once it is whole', async () => {
  const { path, read, open } = openedLog()
  using opened = open()
  opened.log.info('one')
  const { cursor: after } = await read()
  const line = JSON.stringify({ level: 40, time: 1, msg: 'two' })
  appendFileSync(path, line.slice(0, 10))
  expect(texts(await read({ after }))).toEqual([])
  appendFileSync(path, `${line.slice(10)}\nno log line\n`)
  expect(texts(await read({ after }))).toEqual(['two'])
})

test('a log that cannot be read is named', async () => {
  const { path, read } = openedLog()
  mkdirSync(path)
  await expect(read()).rejects.toMatchObject({ code: 'RIPPLE_FILE_UNREADABLE', facts: { file: path } })
})

test('a reader who follows waits for the next line, and stops at once', async () => {
  const { path, read, open } = openedLog()
  using opened = open()
  opened.log.info('one')
  const { cursor: after } = await read()
  const next = read({ after, follow: true, level: 'warn' })
  opened.log.info('two')
  opened.log.warn('three')
  expect(texts(await next)).toEqual(['three'])
  const stop = new AbortController()
  const stopped = readLog(path, 'debug', { ...all, after: (await read()).cursor, follow: true }, stop.signal)
  stop.abort()
  await expect(stopped).rejects.toThrow()
})
