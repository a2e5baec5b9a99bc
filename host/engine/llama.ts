import { availableParallelism } from 'node:os'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { nameOfFile } from '../models/catalogue.ts'
import { type LlamaProcess, startLlamaProcess } from './llama-process.ts'
import type { Engine, LoadedModel, LocalModel, RunJob, RunOutcome } from './port.ts'

/** A model file and what the engine has to know to run it. */
export interface RunnableModel extends LocalModel {
  /** Whether a prompt is put into the model's own chat template, or continued as it is. */
  readonly chat_template: 'own' | 'none'
}

/** What `openLlamaEngine` needs. */
export interface LlamaOptions {
  /** The models that may be run now; asked at each run, so one that has just been fetched counts. */
  readonly models: () => readonly RunnableModel[]
  /** `off` (the default) runs on the CPU; `auto` takes the GPU where llama.cpp finds one. */
  readonly gpu?: 'off' | 'auto'
  /** Threads of a run; by default `defaultThreads`. */
  readonly threads?: number
  /** The whole environment of the engine's process, such as the GPU's variables; empty by default. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Threads of a run: all cores but one. llama.cpp's threads wait for each other after every layer, so a single one
 * that has to share its core with the conductor holds up all of them: on two busy cores, two threads were measured
 * at a twentieth of the speed of one.
 */
export function defaultThreads(cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(cores - 1, limits.engine_threads_max))
}

/**
 * Opens the engine: starts its process once, to learn its build and class; models are loaded when they are first
 * run. Rejects with `RIPPLE_ENGINE_CRASHED` where llama.cpp cannot be loaded.
 */
export async function openLlamaEngine(options: LlamaOptions, signal: AbortSignal): Promise<LlamaEngine> {
  const setup = { gpu: options.gpu ?? ('off' as const), threads: options.threads ?? defaultThreads() }
  const start = (stop: AbortSignal) => startLlamaProcess(setup, options.env ?? {}, stop)
  return new LlamaEngine(options.models, start, await start(signal))
}

/** llama.cpp in a process of its own, which may die without the daemon: the next run starts another. */
export class LlamaEngine implements Engine {
  readonly build: string
  readonly backendClass: string
  readonly slots = 1
  readonly models: () => readonly RunnableModel[]
  readonly #start: (signal: AbortSignal) => Promise<LlamaProcess>
  readonly #disposed = new AbortController()
  #process: LlamaProcess | null = null
  #last: Promise<void> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined

  /** Takes over the process that was started first. */
  constructor(
    models: () => readonly RunnableModel[],
    start: (signal: AbortSignal) => Promise<LlamaProcess>,
    first: LlamaProcess,
  ) {
    this.models = models
    this.build = first.build
    this.backendClass = first.backendClass
    this.#start = start
    this.#adopt(first)
    this.#rest()
  }

  /** Pid of the process, or null while there is none. */
  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** Runs wait for each other: two at a time would be slower than one after the other, and need the memory of both. */
  async run(job: RunJob, signal: AbortSignal): Promise<RunOutcome> {
    const either = AbortSignal.any([signal, this.#disposed.signal])
    either.throwIfAborted()
    const model = this.models().find(({ sha256 }) => sha256 === job.model)
    if (model === undefined)
      throw new RippleError('RIPPLE_MODEL_MISSING', { model: nameOfFile(job.model) ?? job.model })
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = before.then(() => promise)
    try {
      await turn(before, either)
      return await this.#runNow(model, job, either)
    } finally {
      resolve()
    }
  }

  loaded(): readonly LoadedModel[] {
    return []
  }

  async load(): Promise<void> {}

  async unload(): Promise<boolean> {
    return false
  }

  /** Ends the process; a run that is under way rejects with `RIPPLE_INTERRUPTED`. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    this.#disposed.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await this.#process?.[Symbol.asyncDispose]()
    await this.#last
  }

  async #runNow(model: RunnableModel, job: RunJob, signal: AbortSignal): Promise<RunOutcome> {
    clearTimeout(this.#idle)
    const { name, path: file, chat_template: template } = model
    const { input, parameters, seed } = job
    const prompt = input.type === 'text' ? input.text : JSON.stringify(input)
    try {
      const process = this.#process ?? this.#adopt(await this.#start(signal))
      const run = { model: name, file, template, prompt, parameters, seed }
      let pieces = 0
      return await process.run(run, (text) => job.onText(text, ++pieces), signal)
    } finally {
      this.#rest()
    }
  }

  #adopt(process: LlamaProcess): LlamaProcess {
    this.#process = process
    void process.exited.then(() => {
      if (this.#process === process) this.#process = null
    })
    return process
  }

  /** Gives the memory of an unused process back after a while. */
  #rest(): void {
    clearTimeout(this.#idle)
    if (this.#disposed.signal.aborted) return
    const end = (): void => void this.#process?.[Symbol.asyncDispose]()
    this.#idle = setTimeout(end, limits.engine_idle_ms).unref()
  }
}

/** Waits for the run before; rejects with the signal's reason when it is aborted first. */
function turn(before: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  void before.then(resolve)
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}
