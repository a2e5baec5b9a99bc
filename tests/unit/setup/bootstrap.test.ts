// Tests set-up with stand-ins for cargo and the programs that it builds.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultModel, versions } from '../../../host/setup/versions.mjs'
import { diskProblem, smallDisk } from '../../harness/small-disk.ts'

const root = resolve(import.meta.dirname, '../../..')

/** Longer than set-up may be silent, in seconds. */
const SILENT_COMMAND_S = 11
const WAIT_MS = 60_000

/** Stands in for cargo: says nothing for `seconds`, leaves build output, and installs the program that was asked for. */
const cargo = (seconds: number) => `#!/bin/sh
[ "$1" = --version ] && { echo cargo 1.99.0; exit; }
echo ran > "$CARGO_HOME/ran"
sleep ${seconds}
mkdir -p "$CARGO_TARGET_DIR/release" && echo output > "$CARGO_TARGET_DIR/release/lib"
[ -n "$FAIL" ] && { echo 'error: could not compile' >&2; exit 101; }
while [ $# -gt 0 ]; do
  case "$1" in --root) root=$2;; --version) version=$2;; esac
  shift
done
mkdir -p "$root/bin" && printf '#!/bin/sh\\necho holochain %s\\n' "$version" > "$root/bin/holochain"
chmod +x "$root/bin/holochain"
`

/** Stands in for a program of which only the version is asked. */
const versioned = (said: string) => `#!/bin/sh\necho '${said}'\n`

let folder: string
let cache: string

/** A project with nothing but set-up in it, whose packages and model are there, on a machine that lacks the conductor. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-setup-'))
  cache = join(folder, 'cache/ripple')
  const project = join(folder, 'project')
  await cp(join(root, 'host/setup'), join(project, 'host/setup'), { recursive: true })
  await cp(join(root, 'package-lock.json'), join(project, 'package-lock.json'))
  await mkdir(join(project, 'host/start'))
  await writeFile(join(project, 'host/start/main.ts'), 'console.log("started")\n')
  await mkdir(join(project, 'node_modules/node/bin'), { recursive: true })
  await symlink(process.execPath, join(project, 'node_modules/node/bin/node'))
  await mkdir(join(project, 'node_modules/tsx'))
  await writeFile(join(project, 'node_modules/tsx/package.json'), '{"name":"tsx","exports":"./tsx.mjs"}')
  await writeFile(join(project, 'node_modules/tsx/tsx.mjs'), '')
  await program('npm', 'true\n')
  await program('cargo', cargo(0))
  await program('rustc', versioned('rustc 1.99.0'))
  for (const name of ['cc', 'cmake', 'perl', 'python3']) await program(name, versioned(name))
  await program('kitsune2-bootstrap-srv', versioned(`srv ${versions['kitsune2-bootstrap-srv']}`))
  await mkdir(join(folder, 'cargo'))
  await model(cache)
})

afterEach(() => rm(folder, { recursive: true, force: true }))

async function program(name: string, text: string): Promise<void> {
  const file = join(folder, 'bin', name)
  await mkdir(join(folder, 'bin'), { recursive: true })
  await writeFile(file, text)
  await chmod(file, 0o755)
}

/** Puts a file of the default model's size into a cache. */
async function model(into: string): Promise<void> {
  const file = join(into, 'models', defaultModel.file)
  await mkdir(join(into, 'models'), { recursive: true })
  await writeFile(file, '')
  await truncate(file, defaultModel.bytes)
  await utimes(file, 1, 1)
}

/** Runs set-up, on a terminal of its own where that is asked for. */
async function setUp(
  env: Record<string, string> = {},
  { terminal = false } = {},
): Promise<{ code: number | null; said: string }> {
  const command = [process.execPath, join(folder, 'project/host/setup/bootstrap.mjs'), 'start']
  const words = terminal ? ['script', '-qec', command.join(' '), '/dev/null'] : command
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: join(folder, 'project'),
    env: {
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
      HOME: folder,
      XDG_CACHE_HOME: join(folder, 'cache'),
      CARGO_HOME: join(folder, 'cargo'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, said }
}

describe('set-up', () => {
  test(
    'set-up counts the seconds of a silent build and keeps only the program',
    async () => {
      await program('cargo', cargo(SILENT_COMMAND_S))
      const { code, said } = await setUp()
      expect(code, said).toBe(0)
      expect(said).toMatch(/^ +holochain [\d.]+, \d+ s/m)
      expect(said).toContain('started')
      expect(existsSync(join(cache, 'tools/bin/holochain'))).toBe(true)
      expect(existsSync(join(cache, 'build'))).toBe(false)
    },
    WAIT_MS,
  )

  test.skipIf(process.platform !== 'linux')(
    'set-up on a terminal shows one line for each step',
    async () => {
      await program('cargo', cargo(3))
      const { said } = await setUp({}, { terminal: true })
      const line = (seconds: number) => `\r\u001b[2K  holochain ${versions.holochain}, ${seconds} s`
      expect(said).toContain(`${line(1)}\r\u001b[2K`)
      expect(said).toContain(line(2))
    },
    WAIT_MS,
  )

  test('set-up keeps what an interrupted build has compiled', async () => {
    const { code, said } = await setUp({ FAIL: '1' })
    expect(code).toBe(1)
    expect(said).toContain('could not compile')
    expect(said).toContain('[RIPPLE_SETUP_BUILD]')
    expect(await readFile(join(cache, 'build/holochain/release/lib'), 'utf8')).toBe('output\n')
  })

  test("set-up removes an older set-up's build output", async () => {
    await mkdir(join(cache, 'tools/bin'), { recursive: true })
    const tool = join(cache, 'tools/bin/holochain')
    await writeFile(tool, versioned(`holochain ${versions.holochain}`))
    await chmod(tool, 0o755)
    await mkdir(join(cache, 'build/holochain/release'), { recursive: true })
    const { code, said } = await setUp()
    expect(code, said).toBe(0)
    expect(existsSync(join(folder, 'cargo/ran'))).toBe(false)
    expect(existsSync(join(cache, 'build'))).toBe(false)
    expect(existsSync(tool)).toBe(true)
  })

  test.skipIf(diskProblem() !== null)(
    'set-up refuses a too small disk and says how much it needs, and where',
    async () => {
      using disk = smallDisk(join(folder, 'small'), 64)
      const { code, said } = await setUp({ XDG_CACHE_HOME: disk.folder })
      expect(code, said).toBe(2)
      expect(said).toContain('[RIPPLE_SETUP_SPACE]')
      expect(said).toMatch(
        /set-up takes \d+\.\d GiB of disk under \S+\/small\/ripple, and 0\.1 GiB is free there/,
      )
      expect(said).toContain('hint: ')
      expect(existsSync(join(folder, 'cargo/ran'))).toBe(false)
    },
  )
})
