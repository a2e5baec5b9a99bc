/** The disk that downloads need, on a disk of known size. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import type { Download } from '../../../../host/models/sources/download.ts'
import { fetchFromHuggingFace } from '../../../../host/models/sources/huggingface.ts'
import { modelPeers } from '../../../../host/models/sources/peers.ts'
import { roomForFile } from '../../../../host/models/sources/space.ts'
import type { Message } from '../../../../host/types/message.ts'
import { systemClock } from '../../../../host/work/context/clock.ts'
import { sha256Hex } from '../../../harness/sha256.ts'
import { cardOf } from '../../../harness/sim/card.ts'

const content = Buffer.alloc(200_000, 'ripple')
const sha256 = sha256Hex(content)
const signal = new AbortController().signal
/** Bytes that the disk holds besides what downloads leave free: enough for the file once, and not for what is in its place too. */
let capacity: number
/** The checks of the disk. */
let checks: number

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const used = async (dir: string): Promise<number> => {
    const names = await fs.readdir(dir)
    const sizes = await Promise.all(names.map(async (name) => (await fs.stat(join(dir, name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  return {
    ...fs,
    statfs: async (dir: string) => {
      checks += 1
      return { bavail: limits.model_disk_spare_bytes + capacity - (await used(dir)), bsize: 1 }
    },
  }
})

let dir: string
let download: Download
let site: string
/** Whether the server goes on with a broken download. */
let goesOn: boolean
/** Whether it says how long the file is before it is asked for it, and then. */
let saysSize: boolean
let saysLength: boolean
const server = createServer((request, response) => {
  const from = goesOn ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
  if (request.method === 'HEAD' && !saysSize) return void response.writeHead(200).end()
  response
    .writeHead(from > 0 ? 206 : 200, saysLength ? { 'content-length': content.length - from } : {})
    .end(request.method === 'HEAD' ? undefined : content.subarray(from))
})

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-room-'))
  const path = join(dir, 'a.gguf')
  download = { path, part: `${path}.part`, bytes: null, signal, onProgress: () => {}, note: () => {} }
  ;[capacity, checks, goesOn, saysSize, saysLength] = [content.length, 0, true, true, true]
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(dir, { recursive: true })
})

const source = { repo: 'someone/model', revision: 'main', file: 'a.gguf' } as const
const whole = async () => expect((await readFile(download.part)).equals(content)).toBe(true)

test('a restarted download may use the room of the part that it replaces', async () => {
  goesOn = false
  await writeFile(download.part, content.subarray(0, 150_000))
  await fetchFromHuggingFace(source, download, site)
  await whole()
})

test('a restarted download that does not fit leaves the part to the next source', async () => {
  ;[saysSize, capacity] = [false, content.length - 1]
  await writeFile(download.part, content.subarray(0, 150_000))
  const fetched = fetchFromHuggingFace(source, download, site)
  await expect(fetched).rejects.toMatchObject({ code: 'RIPPLE_DISK_SHORT' })
  expect((await readFile(download.part)).length).toBe(150_000)
})

test("a restarted download may use the part's room if its size is known late", async () => {
  saysSize = false
  await writeFile(download.part, content.subarray(0, 150_000))
  await fetchFromHuggingFace(source, download, site)
  await whole()
})

test('a restarted download may use the room of a part longer than the file', async () => {
  await writeFile(download.part, Buffer.alloc(content.length + 1))
  await fetchFromHuggingFace(source, download, site)
  await whole()
})

test('a download from a peer may use the room of the part that it replaces', async () => {
  await writeFile(download.part, Buffer.alloc(content.length + 1))
  const agent = 'uhCAkBob'
  let hear = (_from: string, _message: Message): void => {}
  const messages = {
    send: async (to: string) =>
      hear(to, { type: 'model_is', file: sha256, model: { sha256, cid: 'a cid', bytes: content.length } }),
    onMessage: (heard: typeof hear) => {
      hear = heard
      return () => {}
    },
  }
  const read = async function* () {
    yield content
  }
  const card = cardOf(agent, { name: 'Bob' })
  const models = [{ name: 'a', digest: sha256, context_tokens: 64 }]
  const inference = { ...card.capabilities.inference, models }
  const peer = { agent, card: { ...card, capabilities: { ...card.capabilities, inference } } }
  const peers = modelPeers({
    exchange: { read },
    messages: messages as never,
    clock: systemClock,
    others: () => [{ ...peer, presence: null, seenAt: null }],
  })
  const [place] = await peers.places({ name: 'a', sha256, cid: null }, null, signal)
  await place?.fetch(download)
  await whole()
})

test('a file of unknown size is checked against the disk now and then, not for each piece', async () => {
  ;[saysSize, saysLength, capacity] = [false, false, 2 * content.length]
  await fetchFromHuggingFace(source, download, site)
  await whole()
  expect(checks).toBe(2)
})

test('a download of unknown size ends where the disk does', async () => {
  ;[saysSize, saysLength, capacity] = [false, false, content.length / 2]
  const fetched = fetchFromHuggingFace(source, download, site)
  await expect(fetched).rejects.toMatchObject({ code: 'RIPPLE_DISK_SHORT' })
  expect((await readFile(download.part)).length).toBeLessThanOrEqual(capacity)
})

test("a file's own part counts as free room for it", async () => {
  capacity = 1_000
  await writeFile(download.part, Buffer.alloc(100))
  const spare = limits.model_disk_spare_bytes
  expect(await roomForFile(download.path)).toBe(spare + 1_000)
  expect(await roomForFile(join(dir, 'b.gguf'))).toBe(spare + 900)
})
