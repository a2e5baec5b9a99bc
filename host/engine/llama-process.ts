import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type Reply, type RunRequest, replySchema, type Setup } from './child/messages.ts'
import type { RunOutcome } from './port.ts'

/** What to run, without the number that the process gives it. */
export type LlamaRun = Omit<RunRequest, 'type' | 'id'>

/** One life of the engine's process. It does one run at a time. */
export interface LlamaProcess extends AsyncDisposable {
  readonly pid: number
  readonly build: string
  readonly backendClass: string
  /** Resolves when it has ended, with the reason in words. */
  readonly exited: Promise<string>
  /**
   * Runs a prompt. Rejects with the model's error, with `RIPPLE_ENGINE_CRASHED` when the process dies, and with the
   * signal's reason once the run has stopped: should it not stop in `limits.engine_stop_ms`, the process is killed.
   */
  run(run: LlamaRun, onText: (text: string) => void, signal: AbortSignal): Promise<RunOutcome>
}

/**
 * Starts the engine's process and waits until it can run. It gets the variables of `env` and no others, so nothing
 * secret of the daemon's environment reaches native code that reads files from strangers.
 */
export async function startLlamaProcess(
  setup: Setup,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<LlamaProcess> {
  signal.throwIfAborted()
  const child = forkEngine(setup, env)
  const exited = whenExited(child)
  const hello = await whenReady(child, exited, signal)
  const { pid } = child
  if (pid === undefined) throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: await exited })
  let runs = 0
  return {
    pid,
    build: hello.build,
    backendClass: hello.backend_class,
    exited,
    run: (run, onText, stop) => {
      runs += 1
      return doRun(child, exited, { ...run, type: 'run', id: runs }, onText, stop)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function forkEngine(setup: Setup, env: Readonly<Record<string, string>>): ChildProcess {
  return fork(fileURLToPath(new URL('./child/main.ts', import.meta.url)), [JSON.stringify(setup)], {
    // A Node that strips types by itself starts faster than one with a loader, and needs no build step either.
    execArgv: process.features.typescript ? ['--no-warnings'] : ['--import', import.meta.resolve('tsx')],
    env: { ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

function whenExited(child: ChildProcess): Promise<string> {
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-limits.engine_last_words_bytes_max)
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

async function whenReady(child: ChildProcess, exited: Promise<string>, signal: AbortSignal): Promise<Hello> {
  const deadline = AbortSignal.timeout(limits.engine_ready_ms)
  const either = AbortSignal.any([signal, deadline])
  const { promise, resolve, reject } = Promise.withResolvers<Hello>()
  const kill = (): void => void child.kill('SIGKILL')
  child.once('message', (message) => {
    const reply = replySchema.safeParse(message)
    if (reply.success && reply.data.type === 'ready') resolve(reply.data)
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

/** Sends one run and waits for its end, whichever comes: an answer, the process's death, or an abort. */
async function doRun(
  child: ChildProcess,
  exited: Promise<string>,
  request: RunRequest,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<RunOutcome>()
  const pieces: string[] = []
  const onMessage = (message: unknown): void => {
    const reply = replySchema.parse(message)
    if (reply.type === 'ready' || reply.id !== request.id) return
    if (reply.type === 'text') {
      pieces.push(reply.text)
      onText(reply.text)
    } else if (reply.type === 'done') {
      resolve({
        text: pieces.join(''),
        finish: 'stop',
        usage: reply.usage,
        template_digest: reply.template_digest,
      })
    } else reject(reply.type === 'stopped' ? signal.reason : new RippleError(reply.code, reply.facts))
  }
  const stopping = stopOnAbort(child, request.id, signal)
  child.on('message', onMessage)
  void exited.then((detail) =>
    reject(signal.aborted ? signal.reason : new RippleError('RIPPLE_ENGINE_CRASHED', { detail })),
  )
  child.send(request, (error) => {
    if (error !== null) child.kill('SIGKILL')
  })
  return promise.finally(() => {
    child.off('message', onMessage)
    stopping[Symbol.dispose]()
  })
}

/** On abort, asks the run to stop, and kills the process when it does not obey in time. */
function stopOnAbort(child: ChildProcess, id: number, signal: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    timer = setTimeout(() => child.kill('SIGKILL'), limits.engine_stop_ms)
    if (child.connected) child.send({ type: 'stop', id }, () => {})
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', stop)
      clearTimeout(timer)
    },
  }
}
