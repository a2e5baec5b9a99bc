// Tests a daemon against another user of the machine. Skipped where no program can be run as another user.
import { execFile } from 'node:child_process'
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataPaths } from '../../host/config/paths.ts'
import type { Ready } from '../../host/operations/local.ts'
import { conductorOrigin } from '../harness/conductor-origin.ts'
import { listeningPorts } from '../harness/listening-ports.ts'
import { here, type Machine, type Running, running } from '../harness/peer.ts'
import { tree } from '../harness/processes.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

const run = promisify(execFile)
/** A user who owns nothing here. */
const NOBODY = 65_534
const canChangeUser = process.platform === 'linux' && process.getuid?.() === 0
const SECRET = 'a-secret-of-the-environment'
const stranger = join(import.meta.dirname, '../harness/stranger.mjs')

/** A machine with careless settings: everybody can open files, and programs may leave core dumps. */
const careless: Machine = {
  prefix: ['/bin/sh', '-c', 'umask 022; ulimit -c unlimited 2>/dev/null; exec "$@"', 'sh'],
  env: { RIPPLE_SECRET_ACME: SECRET },
}

interface Answer {
  readonly port: number
  readonly path?: string
  readonly status: number | null
}

/** The other user's findings, by door. */
interface Got {
  readonly uid: number
  readonly files: Record<string, string>
  readonly processes: Record<string, string>
  readonly commands: readonly string[]
  readonly upgrades: readonly (Answer & { readonly origin: string | null })[]
  readonly answers: readonly Answer[]
  readonly opened: readonly string[]
}

const stack = new AsyncDisposableStack()
let data: string
let daemon: Running<Ready>
let session: string
let pids: number[]
let ports: number[]
let got: Got

beforeAll(async () => {
  if (!canChangeUser) return
  const folder = mkdtempSync(join(tmpdir(), 'ripple-users-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  // The data folder alone keeps others out.
  chmodSync(folder, 0o755)
  data = await warmData(folder, 'ann')
  const server = stack.use(await running<{ url: string }>(here, 'relay', '--data', join(folder, 'server')))
  session = new URL(server.ready.url).hash.slice(1)
  const words = ['--data', data, '--name', 'ann', '--port', '0', '--bootstrap', server.ready.url]
  daemon = stack.use(await running<Ready>(careless, 'up', ...words))
  pids = tree(daemon.pid).map(({ pid }) => pid)
  ports = listeningPorts(pids)
  got = await tryAsStranger()
}, WARM_MS)
afterAll(() => stack.disposeAsync())

/** All paths under the data folder, itself included. */
function paths(): string[] {
  const entries = readdirSync(data, { recursive: true, withFileTypes: true })
  return [data, ...entries.map((entry) => join(entry.parentPath, entry.name))]
}

/** Tries the daemon's doors as another user. */
function tryAsStranger(): Promise<Got> {
  const sockets = [join(data, 'conductor', 'lair', 'socket')]
  return tryDoors({ paths: paths(), pids, ports, sockets, origins: ['ripple-host'] }, NOBODY)
}

async function tryDoors(doors: object, uid: number): Promise<Got> {
  const { stdout } = await run(process.execPath, [stranger, JSON.stringify(doors)], {
    uid,
    gid: uid,
    env: {},
  })
  return JSON.parse(stdout) as Got
}

/** All secrets of the daemon that are text. */
async function secrets(): Promise<string[]> {
  const { apiToken, openaiKey, passphrase, signing } = dataPaths(data)
  const files = [apiToken, openaiKey, passphrase].map((file) => readFileSync(file, 'utf8').trim())
  const signers =
    readFileSync(signing, 'utf8')
      .match(/"[\w+/=-]{32,}"/g)
      ?.map((word) => word.slice(1, -1)) ?? []
  return [...files, ...signers, await conductorOrigin(data), SECRET, session]
}

describe.runIf(canChangeUser)('other users of the machine', () => {
  test('another user reads no file of a daemon and finds no secret in its command lines', async () => {
    expect(got.uid).toBe(NOBODY)
    expect(pids.length).toBeGreaterThan(1)
    expect(Object.keys(got.files)).toEqual([])
    expect(Object.keys(got.processes)).toEqual([])
    expect(got.commands.join(' ')).toContain('ripple')
    const all = JSON.stringify(got)
    for (const secret of await secrets()) expect(all).not.toContain(secret)
  })

  test('another user opens no interface of the conductor, whatever origin is named', async () => {
    // With the origin that the owner knows, the same try opens one.
    const known = { paths: [], pids: [], ports, sockets: [], origins: [await conductorOrigin(data)] }
    const owner = await tryDoors(known, 0)
    expect(owner.upgrades.filter(({ status }) => status === 101).length).toBeGreaterThan(0)
    expect(got.upgrades.length).toBeGreaterThan(owner.upgrades.length / 2)
    expect(got.upgrades.filter(({ status }) => status === 101)).toEqual([])
    expect(got.opened).toEqual([])
  })

  test("another user gets the page's files from the API, and nothing else", () => {
    const port = Number(new URL(daemon.ready.api.url).port)
    expect(ports).toContain(port)
    const served = got.answers.filter((answer) => answer.port === port && answer.status === 200)
    expect(served.map(({ path }) => path)).toEqual(['/'])
  })
})

describe.runIf(canChangeUser)('a daemon with careless settings', () => {
  test('a daemon and its children leave all files to their owner alone', () => {
    const open = paths().filter((path) => {
      const stat = lstatSync(path, { throwIfNoEntry: false })
      return stat && !stat.isSymbolicLink() && (stat.mode & 0o077) !== 0
    })
    expect(open).toEqual([])
  })

  test('a daemon and its children leave no core dump', () => {
    for (const pid of pids)
      expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m)
  })

  test('a daemon writes no secret to its logs', async () => {
    const { logs } = dataPaths(data)
    const text = readdirSync(logs)
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('\n')
    expect(text).not.toBe('')
    for (const secret of await secrets()) expect(text).not.toContain(secret)
  })
})
