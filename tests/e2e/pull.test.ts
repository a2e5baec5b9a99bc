/** A pull that is killed, and another process that waits for it. */
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_MODEL, findModel } from '../../host/models/catalogue.ts'
import { begin, type Command } from '../harness/peer.ts'
import { until } from '../harness/until.ts'

const { file } = findModel(DEFAULT_MODEL)
/** Size of the file as the site says it, and what comes of it before the server falls silent, in bytes. */
const [WHOLE, HALF] = [2_000_000, 1_000_000]

let folder: string
/** The ranges of the file that were asked for. */
let ranges: string[]
/** Stands for Hugging Face, and its file never comes to its end. */
const server = createServer((request, response) => {
  if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': WHOLE }).end()
  const range = request.headers.range ?? ''
  ranges.push(range)
  const from = Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': WHOLE - from })
  response.write(Buffer.alloc(HALF - from))
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-pull-'))
  ranges = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

/** The bytes of the file that are on the disk. */
async function fetched(): Promise<number> {
  return (await stat(join(folder, 'ripple/models', `${file}.part`)).catch(() => null))?.size ?? 0
}

/** Begins to pull the model from the server. */
function pull(): Command {
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const standIn = pathToFileURL(resolve(import.meta.dirname, '../harness/hugging-face.mjs'))
  const env = { XDG_CACHE_HOME: folder, NODE_OPTIONS: `--import=${standIn}?${site}` }
  return begin({ prefix: [], env }, 'ripple', 'model', 'pull', DEFAULT_MODEL, '--data', join(folder, 'data'))
}

test('a waiting pull continues one that kill -9 ended, from where it was', async () => {
  const first = pull()
  await until('half of it is here', async () => (await fetched()) === HALF)
  const second = pull()
  await second.until(({ stderr }) => stderr.match(`waits for the download of ${DEFAULT_MODEL} by process`))
  first.kill('SIGKILL')
  await first.ended
  await until('the rest is asked for', async () => ranges.length === 2)
  second.kill('SIGTERM')
  await second.ended
  expect(ranges).toEqual(['', `bytes=${HALF}-`])
  expect(await fetched()).toBe(HALF)
})
