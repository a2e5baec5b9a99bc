/** Asks a provider that is a program on this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { directHosts } from '../config/proxies.ts'
import type { Secret } from '../config/secrets.ts'
import type { CommandConfig } from '../config/upstream.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { guardedCommand } from '../processes/guard.ts'
import { send } from '../processes/left-over.ts'
import { AnswerText } from './answer-text.ts'
import { commandPrompt } from './command-prompt.ts'
import type { Provider, ProviderAnswer } from './port.ts'
import { providerErrorText } from './provider-error-text.ts'
import { type Watch, watchAnswer } from './watch.ts'

/** The environment of a provider's program. */
export interface CommandNeeds {
  /** Returns the provider's key; null if it needs none. Rejects with `RIPPLE_UPSTREAM_NO_KEY` if it is not set. */
  key(): Promise<Secret | null>
  /** The search path for programs, and the user's home, which holds an agent's own settings. */
  readonly path: string
  readonly home: string
}

/**
 * Asks a provider that is a program, such as a coding agent's CLI. The program reads the prompt on standard input and prints
 * the answer. It gets few variables, an empty folder of its own, and its key in the configured variable, never in an
 * argument. A guardian process makes sure that neither the program nor its children outlive the answer or the daemon.
 */
export function commandProvider(config: CommandConfig, needs: CommandNeeds): Provider {
  const { name, models, timeout_ms: totalMs } = config
  return {
    name,
    kind: 'command',
    models,
    ask: async (request, onText, signal) => {
      const prompt = commandPrompt(request, name)
      const key = await needs.key()
      // A program thinks before it speaks, so its silence may last as long as its whole time.
      using watch = watchAnswer(name, { totalMs, silenceMs: totalMs }, signal)
      watch.signal.throwIfAborted()
      const folder = await mkdtemp(join(tmpdir(), 'ripple-upstream-'))
      try {
        const env = { ...environment(needs, folder), ...keyOf(config, key) }
        const bytesMax = request.max_tokens * limits.upstream_token_bytes
        return await run({ config, prompt, key, env, folder, watch, bytesMax }, onText)
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 })
      }
    },
  }
}

function environment({ path, home }: CommandNeeds, folder: string): Record<string, string> {
  const fixed = { TMPDIR: folder, LANG: 'C.UTF-8', TERM: 'dumb', NO_COLOR: '1' }
  return { PATH: path, HOME: home, ...fixed, ...directHosts({}) }
}

function keyOf({ key_variable }: CommandConfig, key: Secret | null): Record<string, string> {
  return key_variable === null || key === null ? {} : { [key_variable]: key.reveal() }
}

interface Run {
  readonly config: CommandConfig
  readonly prompt: string
  readonly key: Secret | null
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly watch: Watch
  /** The most bytes of the answer. */
  readonly bytesMax: number
}

async function run(given: Run, onText: (text: string) => void): Promise<ProviderAnswer> {
  const { config, watch, folder, env, prompt } = given
  const [program = '', ...args] = config.command
  const guarded = { program, args, env: {}, stopSignal: 'SIGTERM', stopMs: limits.upstream_stop_ms } as const
  const { file, args: words } = guardedCommand(guarded)
  const child = spawn(file, words, {
    cwd: folder,
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const exited = whenExited(child)
  const stopping = stopOnAbort(child, watch.signal)
  const errors = lastWords(child)
  // A program may leave part of its prompt unread.
  child.stdin.on('error', () => {}).end(prompt)
  try {
    const answer = await readOutput(child, exited, given, new AnswerText(config.name, onText))
    // A program that has closed its output may still be ending: its exit code decides whether the answer counts.
    if (answer.finish === 'length') killGroup(child)
    const ended = await exited
    if (watch.signal.aborted) throw watch.signal.reason
    if (answer.finish === 'stop' && ended !== 'code 0')
      throw failed(given, `it ended with ${ended}`, errors())
    if (answer.text.trim() === '') throw failed(given, 'it printed nothing', errors())
    return answer
  } catch (thrown) {
    if (watch.signal.aborted) throw watch.signal.reason
    throw thrown instanceof RippleError ? thrown : failed(given, (thrown as Error).message, '')
  } finally {
    // A program that was told to stop gets a moment, and then it is killed.
    if (!watch.signal.aborted) killGroup(child)
    await exited
    stopping[Symbol.dispose]()
  }
}

/**
 * Reads the output up to the longest answer, and drops the start of a character that was cut off. A process that left the
 * group may hold the output open for ever. So reading ends shortly after the program's exit.
 */
async function readOutput(
  child: ChildProcess,
  exited: Promise<string>,
  given: Run,
  text: AnswerText,
): Promise<ProviderAnswer> {
  let isOver = false
  void exited.then(async () => {
    await sleep(limits.upstream_drain_ms, undefined, { ref: false })
    // If this process was held up, output that has arrived is read only now.
    await nextTurn()
    isOver = true
    child.stdout?.destroy()
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let room = given.bytesMax
  try {
    for await (const part of child.stdout ?? []) {
      const bytes: Buffer = part
      text.push(decoder.decode(bytes.subarray(0, room), { stream: true }))
      room -= bytes.length
      if (room < 0)
        return { text: text.end(), finish: 'length', tool_calls: [], bytes_beside: 0, usage: null }
    }
    text.push(decoder.decode())
  } catch (thrown) {
    if (thrown instanceof TypeError) throw failed(given, 'its output is not UTF-8', '')
    if (!isOver) throw thrown
  }
  return { text: text.end(), finish: 'stop', tool_calls: [], bytes_beside: 0, usage: null }
}

/** Resolves with how the program ended, in words: `code 0`, `code 3`, `SIGKILL`, or why it could not be started. */
function whenExited(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(error.message)
    })
    child.once('exit', (code, signal) => {
      // Its children and the guardian may live on and hold its output open.
      if (child.pid !== undefined) send(-child.pid, 'SIGKILL')
      resolve(signal ?? `code ${code}`)
    })
  })
}

/** Returns a function that gives the last text on standard error, for people. */
function lastWords(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-limits.upstream_words_max * 4)
  })
  return () => words
}

/** Stops the program with SIGTERM, and kills its whole group if it has not ended in time. */
function stopOnAbort(child: ChildProcess, signal: AbortSignal): Disposable {
  let force: NodeJS.Timeout | undefined
  const stop = (): void => {
    // A process that left the group may hold the output open for ever.
    child.stdout?.destroy()
    if (isOver(child)) return
    send(-(child.pid ?? 0), 'SIGTERM')
    force = setTimeout(() => killGroup(child), limits.upstream_stop_ms)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', stop)
      clearTimeout(force)
    },
  }
}

/** Kills the whole group, the guardian included. An ended program was already cleaned up, and its process id may be reused. */
function killGroup(child: ChildProcess): void {
  if (!isOver(child)) send(-(child.pid ?? 0), 'SIGKILL')
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function failed({ config, key }: Run, detail: string, errors: string): RippleError {
  const said = providerErrorText(errors, key)
  const facts = { provider: config.name, detail: said === '' ? detail : `${detail}: ${said}` }
  return new RippleError('RIPPLE_UPSTREAM_FAILED', facts)
}
