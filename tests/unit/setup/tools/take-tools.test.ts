/** Taking the programs of another machine in set-up: an archive with stand-ins, from a file, a folder and a server. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { appendFile, chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveName } from '../../../../host/setup/tools/tools-archive.mjs'
import { versions } from '../../../../host/setup/versions.mjs'
import { type SetUpProject, setUpProject, versioned } from '../../../harness/setup-project.ts'
import { sha256Hex } from '../../../harness/sha256.ts'

let project: SetUpProject
beforeEach(async () => {
  project = await setUpProject()
})
afterEach(() => project[Symbol.asyncDispose]())

const conductor = versioned(`holochain ${versions.holochain}`)
const server = versioned(`srv ${versions['kitsune2-bootstrap-srv']}`)
const here = { platform: process.platform, arch: process.arch }

/** Packs programs as `ripple tools export` does, with these changes to the manifest; returns the archive and its sha256. */
async function pack(holochain: string, manifest: object = {}): Promise<{ file: string; sha256: string }> {
  const folder = join(project.folder, 'packed')
  await mkdir(folder)
  const programs = {
    holochain: { version: versions.holochain, sha256: sha256Hex(Buffer.from(holochain)) },
    'kitsune2-bootstrap-srv': {
      version: versions['kitsune2-bootstrap-srv'],
      sha256: sha256Hex(Buffer.from(server)),
    },
  }
  await writeFile(
    join(folder, 'manifest.json'),
    JSON.stringify({ format: 1, ...here, programs, ...manifest }),
  )
  await writeFile(join(folder, 'holochain'), holochain)
  await writeFile(join(folder, 'kitsune2-bootstrap-srv'), server)
  const names = ['manifest.json', 'holochain', 'kitsune2-bootstrap-srv']
  for (const name of names.slice(1)) await chmod(join(folder, name), 0o755)
  const file = join(folder, archiveName)
  execFileSync('tar', ['-czf', file, '-C', folder, ...names])
  return { file, sha256: sha256Hex(readFileSync(file)) }
}

/** Serves one answer, and returns its URL. */
async function serve(answer: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const http = createServer(answer)
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/${archiveName}`
  const close = () => new Promise<void>((done) => void http.close(() => done()).closeAllConnections())
  return { url, [Symbol.asyncDispose]: close }
}

const tools = (): string[] => {
  const folder = join(project.cache, 'tools')
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).sort() : []
}

/** Runs set-up with this source, and expects that it refuses it and leaves nothing. */
async function expectRefused(source: string, reason: string): Promise<void> {
  const { code, said } = await project.setUp({ RIPPLE_TOOLS_FROM: source })
  expect(said).toContain(reason)
  expect(said).toContain('[RIPPLE_SETUP_TOOLS]')
  expect(code).toBe(1)
  expect(said).not.toContain('started')
  expect(tools()).toEqual([])
  expect(existsSync(project.cargoRan)).toBe(false)
}

test('set-up takes the missing program from a file, a folder or a server, and builds nothing', async () => {
  const { file, sha256 } = await pack(conductor)
  await using http = await serve((_request, answer) => void answer.end(readFileSync(file)))
  for (const from of [file, join(project.folder, 'packed'), http.url]) {
    const { code, said } = await project.setUp({ RIPPLE_TOOLS_FROM: `${from}#${sha256}` })
    expect(code, said).toBe(0)
    expect(said).toContain(`ok  tools: holochain from ${from}, not built`)
    expect(said).toContain('started')
    expect(tools()).toEqual(['bin', 'bin/holochain'])
    expect(readFileSync(join(project.cache, 'tools/bin/holochain'), 'utf8')).toBe(conductor)
    expect(existsSync(project.cargoRan)).toBe(false)
    await rename(join(project.cache, 'tools'), join(project.folder, `tools${sha256Hex(Buffer.from(from))}`))
  }
})

test('set-up needs no compiler if it takes the programs', async () => {
  const { file, sha256 } = await pack(conductor)
  await project.program('rustc', versioned('rustc 1.0.0'))
  const { code, said } = await project.setUp({ RIPPLE_TOOLS_FROM: `${file}#${sha256}` })
  expect(code, said).toBe(0)
})

test('set-up resolves a relative path in the folder in which npm was typed', async () => {
  const { sha256 } = await pack(conductor)
  const env = { RIPPLE_TOOLS_FROM: `${archiveName}#${sha256}`, INIT_CWD: join(project.folder, 'packed') }
  const { code, said } = await project.setUp(env)
  expect(code, said).toBe(0)
})

test('set-up refuses an archive with one other byte', async () => {
  const { file, sha256 } = await pack(conductor)
  await appendFile(file, '\0')
  const found = sha256Hex(readFileSync(file))
  await expectRefused(`${file}#${sha256}`, `it has the sha256 ${found}, not ${sha256}`)
})

test('set-up refuses a program that differs from the manifest', async () => {
  const other = { version: versions.holochain, sha256: '0'.repeat(64) }
  const { file, sha256 } = await pack(conductor, { programs: { holochain: other } })
  await expectRefused(`${file}#${sha256}`, 'holochain differs from its manifest')
})

test.each([
  ['another platform', { arch: 'riscv64' }, 'they are for '],
  ['another format', { format: 2 }, 'another version of Ripple'],
  ['another version', { programs: { holochain: { version: '0.1.0' } } }, 'it holds holochain 0.1.0, and '],
  ['no conductor', { programs: {} }, 'it holds holochain not at all'],
])('set-up refuses an archive of %s', async (_name, manifest, reason) => {
  const { file, sha256 } = await pack(conductor, manifest)
  await expectRefused(`${file}#${sha256}`, reason)
})

test('set-up refuses a program that does not run here', async () => {
  const { file, sha256 } = await pack('#!/no/such/interpreter\n')
  await expectRefused(`${file}#${sha256}`, 'holochain does not run on this machine')
})

test('set-up refuses a file that is not an archive', async () => {
  const file = join(project.folder, 'text')
  await writeFile(file, 'text')
  await expectRefused(`${file}#${sha256Hex(Buffer.from('text'))}`, 'tar ')
})

test.each([
  ['a source without a sha256', 'http://127.0.0.1:1/x', 'does not end with # and a sha256'],
  ['a short sha256', '/tmp/x#abc', 'does not end with # and a sha256'],
  ['another protocol', `ftp://127.0.0.1/x#${'0'.repeat(64)}`, 'is not http or https'],
])('set-up refuses %s before it does anything', async (_name, source, reason) => {
  const { code, said } = await project.setUp({ RIPPLE_TOOLS_FROM: source })
  expect(code).toBe(2)
  expect(said).toContain(reason)
  expect(said).not.toContain('ok  packages')
})

test('set-up refuses a missing file and a server that is not there', async () => {
  const none = '0'.repeat(64)
  await expectRefused(`${join(project.folder, 'none')}#${none}`, 'is not a file')
  const gone = await serve(() => {})
  await gone[Symbol.asyncDispose]()
  await expectRefused(`${gone.url}#${none}`, 'ECONNREFUSED')
})

test('set-up refuses a server that breaks off or answers with an error', async () => {
  const { file, sha256 } = await pack(conductor)
  const bytes = readFileSync(file)
  await using short = await serve((_request, answer) => {
    answer.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 20))
    setTimeout(() => answer.destroy(), 50)
  })
  await expectRefused(`${short.url}#${sha256}`, `the programs of ${short.url} are refused: `)
  await using none = await serve((_request, answer) => void answer.writeHead(404).end())
  await expectRefused(`${none.url}#${sha256}`, 'the server answers 404')
})
