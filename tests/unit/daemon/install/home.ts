/** Makes a home of one user, with stand-ins for the service manager and the programs of Holochain. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { vi } from 'vitest'
import { type Env, readEnv } from '../../../../host/config/env.ts'
import { openService } from '../../../../host/daemon/install/service.ts'
import type { LocalService } from '../../../../host/operations/local.ts'
import { versions } from '../../../../host/setup/versions.mjs'

const entry = resolve(import.meta.dirname, '../../../../host/cli/ripple.mjs')

/** Longest time of a command, in milliseconds; a crowded machine is slow. */
export const COMMAND_MS = 60_000

/** Stands in for systemctl: notes its arguments, and answers as the variables say. */
const systemctl = `#!/bin/sh
[ -n "$DOWN" ] && { echo 'Failed to connect to bus: No medium found' >&2; exit 1; }
case "$*" in
  *show*) printf 'ActiveState=active\\nUnitFileState=enabled\\nMainPID=%s\\n' "\${MAIN_PID:-0}"; exit;;
esac
echo "$*" >> "$CALLS"
case "$*" in *"$FAILS"*) echo 'Job failed' >&2; [ -z "$FAILS" ];; esac
`

/** The outcome of a command. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A home. */
export interface Home extends Disposable {
  readonly folder: string
  /** The usual data folder. */
  readonly data: string
  /** The environment of the user, with these additional variables. */
  env(more?: Record<string, string>): Env
  /** Opens the service of the user; `pid` is the daemon that runs on the data folder. */
  service(options?: { readonly env?: Env; readonly pid?: number | null }): LocalService
  /** Runs a command of Ripple as the user. */
  ripple(...words: string[]): Promise<Ran>
  /** Writes a file of the home, with its folders. */
  write(path: string, text?: string): void
  /** Lists what systemctl was asked to change. */
  changes(): string[]
  /** Lists all files and folders of the home. */
  tree(): string[]
}

/** Makes an empty home. */
export function makeHome(): Home {
  const root = mkdtempSync(join(tmpdir(), 'ripple-home-'))
  const folder = join(root, 'home')
  const calls = join(root, 'calls')
  const program = (name: string, text: string) => {
    const file = join(root, 'bin', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    chmodSync(file, 0o755)
  }
  mkdirSync(folder)
  program('systemctl', systemctl)
  program('loginctl', '#!/bin/sh\necho no\n')
  for (const [name, version] of Object.entries(versions))
    program(name, `#!/bin/sh\necho ${name} ${version}\n`)
  // The service manager is found on the search path of this process.
  const path = `${join(root, 'bin')}:/usr/bin:/bin`
  vi.stubEnv('PATH', path)
  vi.stubEnv('CALLS', calls)
  const variables = { PATH: path, HOME: folder }
  const data = join(folder, '.local/share/ripple')
  const cache = join(folder, '.cache/ripple')
  const envOf = (more: Record<string, string> = {}) => readEnv({ ...variables, ...more })
  return {
    folder,
    data,
    env: envOf,
    service: ({ env = envOf(), pid = null } = {}) =>
      openService({ env, data, cache, platform: 'linux', daemonPid: async () => pid }),
    ripple: (...words) => run(words, { ...variables, CALLS: calls }),
    write: (path, text = path) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    changes: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    tree: () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort(),
    [Symbol.dispose]: () => {
      vi.unstubAllEnvs()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function run(words: readonly string[], env: Record<string, string>): Promise<Ran> {
  const child = spawn(process.execPath, [entry, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (stream: Readable) => stream.setEncoding('utf8').toArray()
  const [stdout, stderr, [code]] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}
