/** Runs a program as a child process and watches over it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { childEnv } from '../config/env.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { LogFile } from '../telemetry/log-file.ts'
import { untilAborted } from '../types/or-aborted.ts'
import { guardedCommand } from './guard.ts'
import { forgetPid, notePid, send } from './left-over.ts'

/** The longest wait for the last output of a dead child, in milliseconds. */
const FLUSH_MS = 500
/** Lines of output kept to explain why a child died. */
const LAST_LINES = 20

/** A program to run as a child, and its sign of readiness. `T` is the value read from its output when it is ready. */
export interface ChildSpec<T> {
  readonly program: string
  readonly args: readonly string[]
  /** Variables that add to the daemon's own, or replace them. */
  readonly env: Readonly<Record<string, string>>
  /** Written to its standard input, which is then closed. */
  readonly stdin: string | null
  readonly log: LogFile
  /** File that names its pid while it runs. */
  readonly pidFile: string
  /** Returns a reader of one run's output. It sees each line, and answers once the program is ready. */
  readonly readiness: () => (line: string) => T | null
  /** Called with each line of its output. */
  readonly onLine?: (line: string) => void
  /** Deadline for readiness, in milliseconds. */
  readonly readyMs: number
  readonly stopSignal: NodeJS.Signals
  /** Milliseconds that it may take to stop before it is killed. */
  readonly stopMs: number
  /** Returns the error for a failed start; `detail` describes the failure. */
  readonly startFailed: (detail: string) => RippleError
}

/** The end of a child. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Its last lines of output. */
  readonly lastLines: readonly string[]
}

/** A child that is ready. */
export interface Child<T> extends AsyncDisposable {
  readonly pid: number
  /** The value read from its output. */
  readonly ready: T
  /** Resolves when it has ended, for any reason, and its descendants are gone. */
  readonly exited: Promise<Exit>
  /** Stops it politely, then by force. Resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a child in a process group of its own and waits until it is ready. If this process dies, even by `kill -9`, a
 * guardian stops the child. Rejects with the spec's error when the child ends or stays silent. Rejects with
 * `RIPPLE_INTERRUPTED` when the signal is aborted, and with the file system's error when the pid cannot be noted. The child
 * is gone by then.
 */
export async function startChild<T>(spec: ChildSpec<T>, signal: AbortSignal): Promise<Child<T>> {
  if (signal.aborted) throw new RippleError('RIPPLE_INTERRUPTED')
  const { file, args } = guardedCommand(spec)
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: childEnv(),
    detached: true,
  })
  const lastLines: string[] = []
  const { pid } = child
  const noted = pid === undefined ? Promise.resolve() : notePid(spec.pidFile, pid)
  const exited = onExit(child, spec, lastLines, noted)
  const stop = async (): Promise<void> => {
    if (pid !== undefined) await stopChild(pid, spec, exited)
  }
  const ready = readOutput(child, spec, lastLines)
  if (pid === undefined) throw spec.startFailed((await exited).lastLines.join('\n'))
  child.stdin?.on('error', () => {})
  child.stdin?.end(spec.stdin ?? '')
  try {
    await noted
    const value = await whenReady(ready, exited, spec, signal)
    return { pid, ready: value, exited, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function readOutput<T>(child: ChildProcess, spec: ChildSpec<T>, lastLines: string[]): Promise<T> {
  const read = spec.readiness()
  return new Promise((resolve) => {
    const onLine = (line: string) => {
      spec.log.write(`${line}\n`)
      lastLines.push(line)
      if (lastLines.length > LAST_LINES) lastLines.shift()
      const value = read(line)
      if (value !== null) resolve(value)
      spec.onLine?.(line)
    }
    eachLine(child.stdout, onLine)
    eachLine(child.stderr, onLine)
  })
}

function eachLine(stream: Readable | null, handler: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', handler)
}

function onExit<T>(
  child: ChildProcess,
  spec: ChildSpec<T>,
  lastLines: string[],
  noted: Promise<void>,
): Promise<Exit> {
  return new Promise((resolve) => {
    const end = async (code: number | null, signal: NodeJS.Signals | null) => {
      // The guardian and the child's descendants are in the child's group, and all of them end here.
      if (child.pid !== undefined) send(-child.pid, 'SIGKILL')
      await Promise.race([once(child, 'close'), sleep(FLUSH_MS)])
      // The pid of a child that ends at once is still being noted. A note that stays does no harm: its reader checks
      // whether that process is still the child.
      await noted.catch(() => {})
      await forgetPid(spec.pidFile).catch(() => {})
      resolve({ code, signal, lastLines })
    }
    child.once('exit', end)
    child.once('error', (error) => {
      lastLines.push(error.message)
      if (child.pid === undefined) void end(null, null)
    })
  })
}

async function whenReady<T>(
  ready: Promise<T>,
  exited: Promise<Exit>,
  spec: ChildSpec<T>,
  signal: AbortSignal,
): Promise<T> {
  const over = new AbortController()
  const failed = exited.then(({ code, signal: by, lastLines }) => {
    throw spec.startFailed(`it ended (${by ?? `exit ${code}`})\n${lastLines.join('\n')}`)
  })
  const late = untilAborted(AbortSignal.any([AbortSignal.timeout(spec.readyMs), over.signal])).then(() => {
    throw spec.startFailed(`not within ${spec.readyMs} ms`)
  })
  const interrupted = untilAborted(AbortSignal.any([signal, over.signal])).then(() => {
    throw new RippleError('RIPPLE_INTERRUPTED')
  })
  try {
    return await Promise.race([ready, failed, late, interrupted])
  } finally {
    for (const loser of [failed, late, interrupted]) loser.catch(() => {})
    over.abort()
  }
}

async function stopChild<T>(pid: number, spec: ChildSpec<T>, exited: Promise<Exit>): Promise<void> {
  let gone = false
  void exited.then(() => {
    gone = true
  })
  await Promise.resolve()
  if (gone) return
  send(pid, spec.stopSignal)
  const force = setTimeout(() => send(-pid, 'SIGKILL'), spec.stopMs)
  await exited
  clearTimeout(force)
}
