import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const project = resolve(import.meta.dirname, '../..')
const cli = join(project, 'host/cli/main.ts')

/** What a command did. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Where commands run: on this machine, or in a network namespace of it. */
export interface Machine {
  /** Words put before every command; empty for this machine. */
  readonly prefix: readonly string[]
}

/** This machine. */
export const here: Machine = { prefix: [] }

/** Runs a command of Ripple as a person would type it, and waits for its end. */
export function ripple(machine: Machine, ...words: string[]): Promise<Ran> {
  const child = start(machine, words)
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })))
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
  /** Sends a signal and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a command that stays in the foreground (`up`, `bootstrap`) and waits until it says that it is ready. */
export function running<T>(machine: Machine, ...words: string[]): Promise<Running<T>> {
  const child = start(machine, [...words, '--json'])
  const closed = new Promise<void>((done) => child.on('close', () => done()))
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await closed
  }
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  return new Promise((done, fail) => {
    if (!child.stdout) throw new TypeError('no output')
    createInterface({ input: child.stdout }).on('line', (line) => {
      said += `${line}\n`
      const ready = JSON.parse(line) as T & { error?: unknown }
      if (ready.error) return
      done({ ready, pid: child.pid ?? 0, end, [Symbol.asyncDispose]: () => end('SIGINT') })
    })
    child.on('close', (code) => fail(new TypeError(`ripple ${words.join(' ')} ended with ${code}:\n${said}`)))
  })
}

function start(machine: Machine, words: readonly string[]): ChildProcess {
  const [command = '', ...args] = [...machine.prefix, process.execPath, '--import', 'tsx', cli, ...words]
  return spawn(command, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
}
