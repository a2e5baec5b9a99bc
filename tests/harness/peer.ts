import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { portIsFree } from '../../host/daemon/machine/port-free.ts'

const project = resolve(import.meta.dirname, '../..')
/** The programs that tests run, as arguments for Node: the command line, and the program behind `npm start`. */
const entries = {
  ripple: (folder: string) => [join(folder, 'host/cli/ripple.mjs')],
  start: (folder: string) => ['--import', 'tsx', join(folder, 'host/start/main.ts')],
} as const

/** Longest time that a command in the foreground may take until it is ready, in milliseconds. */
export const READY_MS = 600_000

/** How many random names are tried for a network whose port is free. */
const NAME_TRIES_MAX = 3

/** The outcome of a command. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The place where commands run: this machine, or a network namespace of it. */
export interface Machine {
  /** Words put before every command; empty for this machine. */
  readonly prefix: readonly string[]
  /** Variables set on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether Ctrl-C of this process's terminal does not reach its commands: whoever began them ends them. */
  readonly detached?: boolean
  /** The folder of the release that its commands run; this project if left out. */
  readonly release?: string
}

/** This machine. */
export const here: Machine = { prefix: [] }

/** This machine, for a daemon whose local network no other test is on, and whose port no program holds. */
export async function apart(): Promise<Machine> {
  for (let tries = 1; ; tries++) {
    const localName = `test-${randomUUID()}`
    const { forwardPort } = resolveNetwork(readNetwork('local'), { bootstrap: null, localName })
    try {
      await portIsFree(forwardPort)
      return { prefix: [], env: { RIPPLE_LOCAL_NAME: localName } }
    } catch (thrown) {
      if (tries === NAME_TRIES_MAX) throw thrown
    }
  }
}

/** A command that runs. */
export interface Command {
  readonly pid: number
  readonly ended: Promise<Ran>
  /** Resolves with what `find` finds in its output. Rejects with all output when it ends before. */
  until<T>(find: (sofar: Omit<Ran, 'code'>) => T | null): Promise<T>
  kill(signal: NodeJS.Signals): void
}

/** Begins a command as a person would type it. */
export function begin(machine: Machine, entry: keyof typeof entries, ...words: string[]): Command {
  const { detached = false, release = project } = machine
  const [program = '', ...args] = [...machine.prefix, process.execPath, ...entries[entry](release), ...words]
  // The chain of a test's peer has the entries of the test alone, unless the test says otherwise.
  const env = { RIPPLE_SHARE_OFFERS: 'false', ...process.env, ...machine.env }
  const child = spawn(program, args, { cwd: release, env, detached, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  const heard = (stream: keyof typeof said) => (chunk: Buffer) => {
    said[stream] += chunk.toString()
  }
  child.stdout.on('data', heard('stdout'))
  child.stderr.on('data', heard('stderr'))
  const ended = new Promise<Ran>((done) => {
    child.on('close', (code) => done({ code, ...said }))
    // A program that is not there closes nothing.
    child.on('error', ({ message }) => done({ code: null, stdout: said.stdout, stderr: message }))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    until: (find) =>
      new Promise((done, fail) => {
        const look = () => {
          const found = find(said)
          if (found !== null) done(found)
        }
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        look()
        void ended.then(({ code, stdout, stderr }) =>
          fail(new TypeError(`${entry} ${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`)),
        )
      }),
  }
}

/** Runs a command of Ripple and waits for its end. */
export function ripple(machine: Machine, ...words: string[]): Promise<Ran> {
  return begin(machine, 'ripple', ...words).ended
}

/** The same with `--json`; gives the document. Throws with all output when the command fails. */
export async function rippleJson<T>(machine: Machine, ...words: string[]): Promise<T> {
  const ran = await ripple(machine, ...words, '--json')
  if (ran.code !== 0)
    throw new TypeError(`ripple ${words.join(' ')} gave ${ran.code}:\n${ran.stdout}${ran.stderr}`)
  return JSON.parse(ran.stdout) as T
}

/** A command that stays in the foreground. */
export interface Running<T> extends AsyncDisposable {
  /** The first line of its `--json` output. */
  readonly ready: T
  readonly pid: number
  /** Resolves when it has ended, by whatever. */
  readonly ended: Promise<Ran>
  /** Sends a signal and waits for its end. */
  end(signal: NodeJS.Signals): Promise<Ran>
}

/** Starts a command that stays in the foreground (`up`, `bootstrap`) and waits until it says that it is ready. */
export async function running<T>(machine: Machine, ...words: string[]): Promise<Running<T>> {
  const command = begin(machine, 'ripple', ...words, '--json')
  const end = (signal: NodeJS.Signals) => {
    command.kill(signal)
    return command.ended
  }
  const late = setTimeout(() => command.kill('SIGKILL'), READY_MS)
  try {
    const ready = await command.until(({ stdout }) => firstAnswer<T>(stdout))
    return {
      ready,
      pid: command.pid,
      ended: command.ended,
      end,
      [Symbol.asyncDispose]: async () => {
        await end('SIGINT')
      },
    }
  } finally {
    clearTimeout(late)
  }
}

/** The document on the first whole line, unless it tells of an error. */
function firstAnswer<T>(stdout: string): T | null {
  const length = stdout.indexOf('\n')
  if (length < 0) return null
  const answer = JSON.parse(stdout.slice(0, length)) as T & { error?: unknown }
  return answer.error ? null : answer
}
