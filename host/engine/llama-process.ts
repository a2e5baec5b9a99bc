/** Starts the engine's process and connects to it. */
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { forkProgram } from '../processes/fork-program.ts'
import { type Call, type Reply, replySchema, type Setup } from './child/messages.ts'
import { LlamaCalls } from './llama-calls.ts'
import type { EngineGpu } from './port.ts'

/** One process of the engine. */
export interface LlamaProcess extends AsyncDisposable {
  readonly pid: number
  readonly build: string
  readonly backendClass: string
  readonly gpu: EngineGpu | null
  /** Most memory that its models may take together, in bytes, that of its GPU included. */
  readonly memory_bytes: number
  /** Resolves when it has ended, with the reason as text. */
  readonly exited: Promise<string>
  readonly calls: LlamaCalls
  /** Whether it was killed, by this program or for lack of memory, in contrast to a crash. */
  wasKilled(): boolean
}

const engineMain = fileURLToPath(new URL('./child/main.ts', import.meta.url))

/**
 * Starts the engine's process and waits until it is ready. It gets only the variables of `env`, so no secret of the daemon's
 * environment reaches native code that reads strangers' files. `main` is the process's program. Rejects with
 * `RIPPLE_GPU_UNUSABLE` where the setup's GPU is not there.
 */
export async function startLlamaProcess(
  setup: Setup,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  main: string = engineMain,
): Promise<LlamaProcess> {
  signal.throwIfAborted()
  const child = forkProgram(main, setup, { env, stderr: 'pipe' })
  const exited = whenExited(child)
  const hello = await whenReady(child, exited, setup, signal)
  const { pid } = child
  if (pid === undefined) throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: await exited })
  return {
    pid,
    build: hello.build,
    backendClass: hello.backend_class,
    gpu: hello.gpu,
    memory_bytes: setup.memory_bytes + (hello.gpu?.budget_bytes ?? 0),
    exited,
    calls: connectCalls(child, exited),
    wasKilled: () => child.signalCode === 'SIGKILL',
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/**
 * Sends calls to the process and receives its replies. An invalid reply ends the process and all its calls, because nothing
 * after it can be trusted.
 */
function connectCalls(child: ChildProcess, exited: Promise<string>): LlamaCalls {
  const kill = (): void => void child.kill('SIGKILL')
  const send = (message: Call | { type: 'stop'; id: number }): void => {
    // `exited` reports a process that has ended or is ending.
    if (child.connected) child.send(message, (error) => error && kill())
  }
  const calls = new LlamaCalls(send, kill)
  child.on('message', (message) => {
    const reply = replySchema.safeParse(message)
    if (reply.success) return calls.take(reply.data)
    calls.end('it sent something that is not a message')
    kill()
  })
  void exited.then((detail) => calls.end(detail))
  return calls
}

/** A line of the stack trace that llama.cpp prints after its reason for ending. */
const STACK_LINE = /^\S+\[0x[\da-f]+\]\n/gm

function whenExited(child: ChildProcess): Promise<string> {
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).replaceAll(STACK_LINE, '').slice(-limits.engine_last_words_bytes_max)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => {
      const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
      resolve(lastWords.trim() === '' ? how : `${how}: ${lastWords.trim()}`)
    })
  })
}

type Hello = Extract<Reply, { type: 'ready' }>

async function whenReady(
  child: ChildProcess,
  exited: Promise<string>,
  { gpu }: Setup,
  signal: AbortSignal,
): Promise<Hello> {
  const deadline = AbortSignal.timeout(limits.engine_ready_ms)
  const either = AbortSignal.any([signal, deadline])
  const { promise, resolve, reject } = Promise.withResolvers<Hello>()
  const kill = (): void => void child.kill('SIGKILL')
  child.once('message', (message) => {
    const reply = replySchema.safeParse(message)
    if (reply.data?.type === 'ready') return resolve(reply.data)
    if (reply.data?.type === 'no_gpu')
      reject(new RippleError('RIPPLE_GPU_UNUSABLE', { gpu, detail: reply.data.detail }))
    kill()
  })
  either.addEventListener('abort', kill)
  void exited.then((detail) => {
    if (signal.aborted) reject(signal.reason)
    else if (deadline.aborted) reject(timeoutError())
    else reject(new RippleError('RIPPLE_ENGINE_CRASHED', { detail }))
  })
  return promise.finally(() => either.removeEventListener('abort', kill))
}

function timeoutError(): RippleError {
  return new RippleError('RIPPLE_TIMEOUT', {
    what: "starting the engine's process",
    ms: limits.engine_ready_ms,
  })
}
