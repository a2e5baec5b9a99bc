/** Tests commands as a person types them, each in a process and a home of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSet } from '../../../host/ensemble/ensemble.ts'
import { statusView } from '../api/status-view.ts'

/** Longest time of a command that is over at once, in milliseconds; a crowded machine is slow. */
const COMMAND_MS = 60_000

const project = resolve(import.meta.dirname, '../../..')
const entry = join(project, 'host/cli/ripple.mjs')

let home: string
let data: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ripple-home-'))
  data = join(home, '.local/share/ripple')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command with this home and these additional variables, as this user unless another one is named. */
async function ripple(
  words: readonly string[],
  env: Record<string, string> = {},
  user: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [entry, ...words], {
    env: { PATH: process.env.PATH, HOME: home, ...env },
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_MS,
  })
  const read = (stream: Readable) => stream.setEncoding('utf8').toArray()
  const [stdout, stderr, [code]] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** Stands for the daemon of the home's data folder; the process of its pid ends when it is told to stop. */
async function daemon(release = '0.1.0') {
  const process_ = spawn('sleep', ['600'], { stdio: 'ignore' })
  const { pid = 0 } = process_
  const ended = once(process_, 'exit')
  const server = createServer((request, answer) => {
    if (request.url?.endsWith('/down')) process_.kill()
    const bodies: Record<string, unknown> = {
      '/api/down': { pid, stopped: false },
      '/api/peers': { peers: [], join: null },
      '/api/task/list': { tasks: [] },
      '/api/status': {
        ...statusView(),
        pid,
        network: { ...statusView().network, join: "ripple up --bootstrap 'http://127.0.0.1:41000#k3v9'" },
      },
    }
    answer.end(JSON.stringify(bodies[request.url ?? '']))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  mkdirSync(data, { recursive: true })
  const token_file = join(data, 'api.token')
  writeFileSync(token_file, 'secret\n')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(join(data, 'api.json'), JSON.stringify({ url, token_file, pid, version: release }))
  return {
    pid,
    ended,
    [Symbol.dispose]() {
      process_.kill()
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Writes the configuration file; no variables go with it. */
function writeConfig(text: string | Buffer): Record<string, string> {
  mkdirSync(join(home, '.config/ripple'), { recursive: true })
  writeFileSync(join(home, '.config/ripple/config.yaml'), text)
  return {}
}

describe('a broken configuration', () => {
  const mistakes: Array<[string, () => Record<string, string>]> = [
    ['an unknown field', () => writeConfig('nmae: x\n')],
    ['broken YAML', () => writeConfig('name: a\nb: [\n')],
    ['a file that is not UTF-8', () => writeConfig(Buffer.from([0x61, 0xff]))],
    [
      'a FIFO for a file',
      () => {
        execFileSync('mkfifo', [join(home, 'fifo')])
        return { RIPPLE_CONFIG: join(home, 'fifo') }
      },
    ],
    ['a folder for a file', () => ({ RIPPLE_CONFIG: home })],
    ['a wrong variable', () => ({ RIPPLE_API_PORT: 'many' })],
  ]

  test.each(mistakes)(
    '`status`, `up` and `down` work with a broken configuration: %s',
    async (_what, make) => {
      const env = make()
      using running = await daemon()
      expect(await ripple(['status'], env)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('uhCAkself'),
      })
      expect(await ripple(['down'], env)).toMatchObject({
        code: 0,
        stdout: `daemon ${running.pid} has stopped\n`,
      })
      await running.ended
    },
    COMMAND_MS,
  )

  test.each(mistakes)(
    '`doctor` shows a broken configuration as failed and goes on: %s',
    async (_what, make) => {
      const { code, stdout } = await ripple(['doctor', '--json'], make())
      const checks: Array<{ name: string; level: string; detail: string }> = JSON.parse(stdout).checks
      expect(checks.find(({ name }) => name === 'config')).toMatchObject({
        level: 'fail',
        detail: expect.stringContaining('RIPPLE_CONFIG_INVALID'),
      })
      expect(checks.find(({ name }) => name === 'hApp')).toMatchObject({ level: 'ok' })
      expect(code).toBe(1)
    },
    COMMAND_MS,
  )

  test(
    'a data folder named by a broken configuration is still found',
    async () => {
      using running = await daemon()
      writeConfig(`data: ${data}\nnmae: x\n`)
      const { code, stdout } = await ripple(['down'], { XDG_DATA_HOME: join(home, 'elsewhere') })
      expect([code, stdout]).toEqual([0, `daemon ${running.pid} has stopped\n`])
    },
    COMMAND_MS,
  )

  test(
    '`up` is refused with a broken configuration',
    async () => {
      writeConfig('nmae: x\n')
      expect(await ripple(['up'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('RIPPLE_CONFIG_INVALID'),
      })
    },
    COMMAND_MS,
  )
})

describe('`up` and `down`', () => {
  test.each([[['up']], [['up', '--detach']], [['up', '--port', '1']]])(
    '%j names the running daemon and is done',
    async (words) => {
      using running = await daemon()
      const { code, stdout, stderr } = await ripple(words)
      expect(code).toBe(0)
      expect(stderr).toContain(`already running, pid ${running.pid}`)
      expect(stdout).toContain('uhCAkself')
      expect(JSON.parse((await ripple([...words, '--json'])).stdout)).toMatchObject({
        already: true,
        pid: running.pid,
      })
    },
    COMMAND_MS,
  )

  test.each([
    ['http://192.0.2.7:41000#k3v9', 'on the network of that URL: nothing is left to do'],
    ['http://127.0.0.1:41000#other', "on another network: to join that one, run 'npx"],
    ['http://127.0.0.1:41000', "on another network: to join that one, run 'npx"],
  ])(
    '`up --bootstrap %s` says whether the running daemon is on that network',
    async (url, words) => {
      using _running = await daemon()
      const { code, stderr } = await ripple(['up', '--bootstrap', url])
      expect([code, stderr]).toEqual([0, expect.stringContaining(words)])
    },
    COMMAND_MS,
  )

  test(
    '`down` without a daemon says so and succeeds',
    async () => {
      expect(await ripple(['down'])).toEqual({
        code: 0,
        stdout: 'no daemon runs on this folder\n',
        stderr: '',
      })
    },
    COMMAND_MS,
  )

  test(
    '`down` after a killed daemon says that nothing runs',
    async () => {
      const { pid, ended, [Symbol.dispose]: kill } = await daemon()
      kill()
      await ended
      expect(pid).toBeGreaterThan(0)
      expect(await ripple(['down'])).toMatchObject({ code: 0, stdout: 'no daemon runs on this folder\n' })
    },
    COMMAND_MS,
  )
})

test.each([
  ['--help'],
  ['status'],
  ['peers'],
  ['task list'],
  ['doctor'],
  ['explain RIPPLE_NO_DAEMON'],
  ['verify README.md'],
  ['down'],
  ['secret ls'],
  ['restore'],
  ['up --wrong'],
  ['up --network nowhere'],
  ['up --detach --network nowhere'],
])(
  '`ripple %s` starts nothing and leaves nothing in a new home',
  async (line) => {
    await ripple(line.split(' '))
    expect(readdirSync(home, { recursive: true })).toEqual([])
  },
  COMMAND_MS,
)

test(
  '`top` calls a daemon of another version several times and warns once',
  async () => {
    using _running = await daemon('0.0.9')
    const { code, stderr } = await ripple(['top', '--once'])
    expect(code).toBe(0)
    expect(stderr.split('the daemon is 0.0.9')).toHaveLength(2)
  },
  COMMAND_MS,
)

describe('a path that cannot be a data folder', () => {
  const commands = [
    'up',
    'up --detach',
    'ask hi',
    'peers',
    'down',
    'epoch export 20782',
    'task list',
    'restore',
    'secret ls',
    'relay',
    'open',
  ]

  test.each(commands)(
    '`%s` says that a plain file is not a folder, and names the flag for another',
    async (line) => {
      const file = join(home, 'file')
      writeFileSync(file, '')
      for (const folder of [file, join(file, 'below')])
        expect(await ripple([...line.split(' '), '--data', folder])).toEqual({
          code: 2,
          stdout: '',
          stderr: `error: ${folder} is not a folder [RIPPLE_DATA_NO_FOLDER]\nhint: name another data folder with --data\n`,
        })
    },
    COMMAND_MS,
  )

  test(
    "a data folder's path that is too long or circular is named in plain words",
    async () => {
      const circle = join(home, 'circle')
      symlinkSync(circle, circle)
      const paths = [
        [join(home, 'a'.repeat(300)), 'name too long'],
        [circle, 'too many symbolic links encountered'],
      ] as const
      for (const [path, why] of paths)
        expect(await ripple(['peers', '--data', path])).toMatchObject({
          code: 2,
          stderr: expect.stringContaining(`error: ${path} cannot be read: ${why} [RIPPLE_FILE_UNREADABLE]`),
        })
    },
    COMMAND_MS,
  )

  // Root can read everything, so its commands run as another user here.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const canRead = spawnSync(process.execPath, [entry, '--version'], nobody).status === 0

  test.runIf(canRead).each(['up', 'ask hi', 'down', 'secret ls'])(
    "`%s` says that this user cannot read another user's folder",
    async (line) => {
      chmodSync(home, 0o755)
      mkdirSync(join(home, 'theirs'), { mode: process.getuid?.() === 0 ? 0o700 : 0o000 })
      for (const folder of [join(home, 'theirs'), join(home, 'theirs/below')])
        expect(await ripple([...line.split(' '), '--data', folder], {}, nobody)).toMatchObject({
          code: 2,
          stderr: expect.stringContaining(
            `error: this user cannot read the data folder ${folder} [RIPPLE_DATA_FORBIDDEN]`,
          ),
        })
    },
    COMMAND_MS,
  )

  test(
    '`doctor` names the folder itself and not one above it',
    async () => {
      const file = join(home, 'file')
      writeFileSync(file, '')
      const found = async (folder: string, user: object) => {
        const { stdout } = await ripple(['doctor', '--json', '--data', folder], {}, user)
        const checks: Array<{ name: string; level: string; detail: string }> = JSON.parse(stdout).checks
        return checks.find(({ name }) => name === 'data folder')
      }
      expect(await found(file, {})).toMatchObject({
        level: 'fail',
        detail: `${file} is not a folder [RIPPLE_DATA_NO_FOLDER]`,
      })
      if (canRead)
        expect(await found('/nowhere/ripple', nobody)).toMatchObject({
          level: 'fail',
          detail: '/nowhere/ripple cannot be made, because / cannot be written',
        })
    },
    COMMAND_MS,
  )
})

describe.runIf(process.platform === 'linux')('unwritable output', () => {
  const full = (words: string, to: string) =>
    spawnSync('sh', ['-c', `exec "$0" "$1" ${words} ${to}`, process.execPath, entry], {
      env: { PATH: process.env.PATH, HOME: home },
      encoding: 'utf8',
    })

  test.each(['explain RIPPLE_USAGE', '--help', 'doctor --json'])(
    '`%s` on a full disk fails with one line',
    (words) => {
      expect(full(words, '> /dev/full')).toMatchObject({
        status: expect.toSatisfy((status: number) => status !== 0),
        stderr:
          'error: standard output cannot be written: no space left on device [RIPPLE_FILE_UNWRITABLE]\n',
      })
    },
    COMMAND_MS,
  )

  test(
    'an unwritable standard error keeps the exit code of the error',
    () => {
      expect(full('peers', '2> /dev/full')).toMatchObject({ status: 3, stdout: '' })
    },
    COMMAND_MS,
  )
})

describe('`verify`', () => {
  const kinds: Array<[string, (file: string) => unknown, string]> = [
    ['a text', (file) => writeFileSync(file, '# A readme\n'), 'is not a receipt'],
    ['an empty file', (file) => writeFileSync(file, ''), 'is not a receipt'],
    ['JSON', (file) => writeFileSync(file, '{"version":1}'), 'is not a receipt'],
    [
      'a file that was cut off',
      (file) => writeFileSync(file, Buffer.from('a8637265', 'hex')),
      'is not a receipt',
    ],
    ['a huge file', (file) => execFileSync('truncate', ['-s', '64G', file]), 'is not a receipt'],
    ['a folder', (file) => mkdirSync(file), 'it is a folder, not a file'],
    ['a missing file', () => {}, 'there is no such file'],
    ['a FIFO', (file) => execFileSync('mkfifo', [file]), 'it is not a regular file'],
  ]

  test.each(kinds)(
    '`verify` says plainly that %s is not a receipt',
    async (_what, make, words) => {
      const file = join(home, 'file')
      make(file)
      const { code, stderr } = await ripple(['verify', file])
      expect([1, 2]).toContain(code)
      expect(stderr).toContain(`${file} `)
      expect(stderr).toContain(words)
      expect(stderr).not.toMatch(/Msg\(|Mismatch|expected one of|Eof|ENOENT|EISDIR/)
    },
    COMMAND_MS,
  )

  test(
    '`verify` refuses an empty path',
    async () => {
      const { code, stderr } = await ripple(['verify', ''])
      expect([code, stderr]).toEqual([2, expect.stringContaining('a path is empty')])
    },
    COMMAND_MS,
  )

  test(
    '`verify` reads no device',
    async () => {
      const { code, stderr } = await ripple(['verify', '/dev/zero'])
      expect([code, stderr]).toEqual([2, expect.stringContaining('it is not a regular file')])
    },
    COMMAND_MS,
  )

  test(
    '`moe card verify` reads no device or FIFO',
    async () => {
      const file = join(home, 'fifo')
      execFileSync('mkfifo', [file])
      for (const one of [file, '/dev/zero'])
        expect(await ripple(['moe', 'card', 'verify', one])).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('it is not a regular file'),
        })
    },
    COMMAND_MS,
  )
})

describe.runIf(process.platform === 'linux')('a prompt on the command line', () => {
  /** Runs a command with these bytes as a prompt, which only a shell can give. */
  const ask = (bytes: string, node = process.execPath) => {
    const command = `exec "$0" "$1" ask "$(printf '${bytes}')"`
    const env = { PATH: process.env.PATH, HOME: home }
    return spawnSync('sh', ['-c', command, node, entry], { env, encoding: 'utf8' })
  }

  test(
    'a prompt with U+FFFD is asked',
    () => {
      expect(ask('What does \\357\\277\\275 mean?').stderr).toContain('RIPPLE_NO_DAEMON')
    },
    COMMAND_MS,
  )

  test(
    'a prompt with bytes that are not UTF-8 is refused',
    () => {
      expect(ask('What does \\377 mean?')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('RIPPLE_PROMPT_ENCODING'),
      })
    },
    COMMAND_MS,
  )
})

describe('a secret, a policy and an eval set', () => {
  test(
    'secrets, policies and eval sets are read from regular files alone',
    async () => {
      mkdirSync(join(data, 'policies'), { recursive: true })
      execFileSync('mkfifo', [join(data, 'policies/egress.wasm')])
      const { stdout } = await ripple(['doctor', '--json'])
      const checks: Array<{ name: string; level: string; detail: string }> = JSON.parse(stdout).checks
      expect(checks.find(({ name }) => name === 'policies')).toMatchObject({
        level: 'fail',
        detail: expect.stringContaining('it is not a regular file'),
      })
      await expect(openSet(join(data, 'policies/egress.wasm'))).rejects.toMatchObject({
        code: 'RIPPLE_FILE_UNREADABLE',
      })
    },
    COMMAND_MS,
  )
})
