/** Fetching a file from a stand-in for Hugging Face. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fetchFromHuggingFace } from '../../../../host/models/sources/huggingface.ts'
import { sha256Hex } from '../../../harness/sha256.ts'

const content = Buffer.alloc(200_000, 'ripple')
const sha256 = sha256Hex(content)
const source = { repo: 'someone/model', revision: 'main', file: 'model.gguf' } as const
const signal = new AbortController().signal

let dir: string
let part: string
let asked: string[]
let answer: (request: IncomingMessage, response: ServerResponse) => void
let site: string
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trim())
  answer(request, response)
})

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-hf-'))
  part = join(dir, 'model.gguf.part')
  asked = []
  answer = likeTheSite
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(dir, { recursive: true })
})

/** The site names size and checksum in a redirect; the bytes come from elsewhere. */
function likeTheSite(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.startsWith('/someone')) {
    const headers = {
      location: '/bytes',
      'x-linked-size': content.length,
      'x-linked-etag': `"${sha256}"`,
      'content-length': 0,
    }
    response.writeHead(302, headers).end()
    return
  }
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response
    .writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from })
    .end(content.subarray(from))
}

function fetchIt(bytes: number | null = null) {
  const progress: number[] = []
  const totals = new Set<number | null>()
  const notes: string[] = []
  const onProgress = (now: number, total: number | null): void => {
    progress.push(now)
    totals.add(total)
  }
  const note = (line: string): void => void notes.push(line)
  const download = { path: join(dir, 'model.gguf'), part, bytes, signal, onProgress, note }
  return { progress, totals, notes, done: fetchFromHuggingFace(source, download, site) }
}

test("a download fetches the file and gives the site's checksum", async () => {
  const { progress, done } = fetchIt()
  expect(await done).toEqual({ claimedSha256: sha256 })
  expect((await readFile(part)).equals(content)).toBe(true)
  expect(progress.at(-1)).toBe(content.length)
  expect(asked[0]).toBe('HEAD /someone/model/resolve/main/model.gguf')
})

test('a download goes on where an earlier one ended', async () => {
  await writeFile(part, content.subarray(0, 150_000))
  await fetchIt().done
  expect((await readFile(part)).equals(content)).toBe(true)
  expect(asked.at(-1)).toBe('GET /bytes bytes=150000-')
})

test('a download starts over if the server cannot resume', async () => {
  await writeFile(part, 'something else')
  answer = (request, response) => {
    delete request.headers.range
    likeTheSite(request, response)
  }
  const { notes, done } = fetchIt()
  await done
  expect((await readFile(part)).equals(content)).toBe(true)
  expect(notes).toEqual([`${new URL(site).host} cannot resume a broken download: it starts again`])
})

test('a complete file is not requested again', async () => {
  await writeFile(part, content)
  await fetchIt().done
  expect(asked).toHaveLength(1)
})

/** Says in its redirect nothing of the file. */
function tellsNothing(next: typeof answer): typeof answer {
  return (request, response) => {
    if (request.url?.startsWith('/someone')) return void response.writeHead(302, { location: '/bytes' }).end()
    next(request, response)
  }
}

test('the size comes from the answer with the bytes if nothing else states it', async () => {
  answer = tellsNothing(likeTheSite)
  const { totals, done } = fetchIt()
  expect(await done).toEqual({ claimedSha256: null })
  expect([...totals]).toEqual([content.length])
})

test('an unstated size stays unknown', async () => {
  answer = tellsNothing((_request, response) => void response.write(content, () => response.end()))
  const { progress, totals, done } = fetchIt()
  await done
  expect([progress.at(-1), [...totals]]).toEqual([content.length, [null]])
  expect((await readFile(part)).equals(content)).toBe(true)
})

test('bytes beyond the stated size are cut off and refused', async () => {
  answer = (request, response) => {
    if (request.url?.startsWith('/someone')) return likeTheSite(request, response)
    const pour = (): void => void (response.destroyed || response.write(content, () => setImmediate(pour)))
    pour()
  }
  await expect(fetchIt().done).rejects.toThrow('sends more than the 200000 bytes that it said')
  expect((await stat(part)).size).toBeLessThanOrEqual(content.length)
  await rm(part, { force: true })
  answer = (request, response) => {
    if (request.url?.startsWith('/someone')) return likeTheSite(request, response)
    response.writeHead(200, { 'content-length': 5 }).end('short')
  }
  await expect(fetchIt().done).rejects.toThrow('has 5 bytes of it, not 200000')
})

test('a broken connection is an error, and the received bytes stay', async () => {
  let broken = (): void => {}
  answer = (request, response) => {
    if (request.method === 'HEAD') return likeTheSite(request, response)
    broken = () => void response.destroy()
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 100_000))
  }
  const fetched = expect(fetchIt().done).rejects.toThrow()
  await expect.poll(async () => (await stat(part).catch(() => null))?.size).toBe(100_000)
  broken()
  await fetched
  expect((await stat(part)).size).toBe(100_000)
})

test('a refusal has its status, and an unreachable site is an error', async () => {
  answer = (_request, response) => void response.writeHead(404).end()
  await expect(fetchIt().done).rejects.toThrow(/answered 404/)
  site = 'http://127.0.0.1:1'
  await expect(fetchIt().done).rejects.toThrow()
})
