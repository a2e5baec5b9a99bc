/** Runs models with llama.cpp in a child process. */
import { availableParallelism } from 'node:os'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { nameOfFile } from '../models/catalogue.ts'
import type { GpuChoice } from '../types/gpu-choice.ts'
import { orAborted } from '../types/or-aborted.ts'
import type { ModelFile, Setup } from './child/messages.ts'
import type { LlamaCall, LlamaCalls } from './llama-calls.ts'
import { type LlamaProcess, startLlamaProcess } from './llama-process.ts'
import { memoryBudget } from './memory-budget.ts'
import type { Engine, EngineGpu, LoadedModel, LocalModel, RunJob, RunOutcome } from './port.ts'
import { ProcessStarts } from './process-starts.ts'
import { Turns } from './turns.ts'

/** A model file and the facts that the engine needs to run it. */
export interface RunnableModel extends LocalModel {
  /** Whether a prompt is put into the model's own chat template, or continued as it is. */
  readonly chat_template: 'own' | 'none'
  /**
   * Time of the file's last change before its sha256 was read, in milliseconds since 1970. A file that has changed since is
   * not run.
   */
  readonly mtime_ms?: number
}

/** The options of `openLlamaEngine`. */
export interface LlamaOptions {
  /** Returns the models that may be run now. It is called at each run, so a model that has just been fetched counts. */
  readonly models: () => readonly RunnableModel[]
  /** The GPU to run on; by default `off`, the CPU. */
  readonly gpu?: GpuChoice
  /** Called with the reason when the GPU has failed. The engine runs on the CPU from then on. */
  readonly onGpuFailed?: (detail: string) => void
  /** Threads of a run; by default `defaultThreads`. */
  readonly threads?: number
  /** Most concurrent runs; by default `defaultSlots`. */
  readonly slots?: number
  /**
   * Memory of the machine that models may take together, in bytes; that of a GPU comes in addition. The default null means
   * the result of `memoryBudget` when the process starts.
   */
  readonly memory_bytes?: number | null
  /** Called with the models in memory whenever one may have been loaded or unloaded. */
  readonly onLoaded?: (loaded: readonly LoadedModel[]) => void
  /** Milliseconds without a run after which a model is unloaded; by default `limits.engine_idle_ms`. */
  readonly idle_ms?: number
  /** The whole environment of the engine's process, such as the GPU's variables; empty by default. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Returns the threads of a run: all cores except one. llama.cpp's threads wait for each other after every layer. So a single
 * thread that shares its core with the conductor delays all of them. On two busy cores, two threads were measured at a
 * twentieth of the speed of one.
 */
export function defaultThreads(cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(cores - 1, limits.engine_threads_max))
}

/**
 * Returns the most concurrent runs: as many as one batch carries for little more than the cost of one run. It is fewer on a
 * machine with one core.
 */
function defaultSlots(): number {
  return Math.min(2 * availableParallelism(), limits.engine_slots_max)
}

/**
 * Opens the engine and starts its process once, to learn its build and class. Models are loaded at their first run. Rejects
 * with `RIPPLE_ENGINE_CRASHED` where llama.cpp cannot be loaded, and with `RIPPLE_GPU_UNUSABLE` where `gpu` names a GPU that
 * does not work.
 */
export async function openLlamaEngine(options: LlamaOptions, signal: AbortSignal): Promise<LlamaEngine> {
  const slots = options.slots ?? defaultSlots()
  const idle_ms = options.idle_ms ?? limits.engine_idle_ms
  const memory = () => memoryBudget(options.memory_bytes ?? null)
  const setup = (gpu: GpuChoice): Setup => ({
    gpu,
    threads: options.threads ?? defaultThreads(),
    slots,
    memory_bytes: memory(),
    idle_ms,
  })
  const starts = new ProcessStarts({
    gpu: options.gpu ?? 'off',
    start: (gpu, stop) => startLlamaProcess(setup(gpu), options.env ?? {}, stop),
    onGpuFailed: options.onGpuFailed ?? (() => {}),
  })
  const { models, onLoaded } = options
  const start = (stop: AbortSignal) => starts.next(stop)
  const gpuFailed = () => starts.gpuFailed
  const needs = { models, start, gpuFailed, memory, slots, idle_ms, onLoaded }
  return new LlamaEngine(needs, await starts.first(signal))
}

/** The dependencies of `LlamaEngine`. */
export interface LlamaEngineNeeds {
  readonly models: () => readonly RunnableModel[]
  readonly start: (signal: AbortSignal) => Promise<LlamaProcess>
  /** Whether the GPU has failed, so that the next process runs on the CPU; never by default. */
  readonly gpuFailed?: () => boolean
  /** Returns the memory budget of a process that started now, in bytes, without a GPU's memory. */
  readonly memory: () => number
  readonly slots: number
  readonly idle_ms: number
  readonly onLoaded?: LlamaOptions['onLoaded'] | undefined
}

/** llama.cpp in a process of its own. The daemon survives the end of that process, and the next run starts another. */
export class LlamaEngine implements Engine {
  readonly build: string
  readonly slots: number
  readonly models: () => readonly RunnableModel[]
  readonly #needs: LlamaEngineNeeds
  readonly #turns: Turns
  readonly #disposed = new AbortController()
  #process: LlamaProcess | null = null
  /** The process that was started last, which says on what the next one is likely to run. */
  #last: LlamaProcess
  #starting: Promise<LlamaProcess> | null = null
  /** Number of calls that the process is working on. */
  #calls = 0
  #used = 0
  /** Time with work until the last change of `#calls` from or to zero, in milliseconds, and the moment of that change. */
  #busy = 0
  #changed = performance.now()
  #idle: NodeJS.Timeout | undefined

  /** Adopts the process that was started first. */
  constructor(needs: LlamaEngineNeeds, first: LlamaProcess) {
    this.#needs = needs
    this.models = needs.models
    this.slots = needs.slots
    this.build = first.build
    this.#turns = new Turns(needs.slots, limits.engine_waiting_max)
    this.#last = first
    this.#adopt(first)
  }

  /** The pid of the process; null while there is none. */
  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  get backendClass(): string {
    return this.#last.backendClass
  }

  get gpu(): EngineGpu | null {
    return this.#needs.gpuFailed?.() ? null : this.#last.gpu
  }

  loaded(): readonly LoadedModel[] {
    return this.#process?.calls.models ?? []
  }

  busyMs(): number {
    return this.#busy + (this.#calls > 0 ? performance.now() - this.#changed : 0)
  }

  /** Returns the budget that the process was started with. The next process measures the free memory again. */
  memoryBudget(): number {
    return this.#process?.memory_bytes ?? this.#nextBudget()
  }

  async run(job: RunJob, signal: AbortSignal): Promise<RunOutcome> {
    const { model, alone, prefix, onRead, onText, ...payload } = job
    const { input } = payload
    const file = this.#find(model)
    return this.#inTurn(alone || isOneLongBatch(input), signal, (calls, either) =>
      calls.run(
        { type: 'run', model: file, prefix, ...payload },
        {
          onRead: (tokens) => job.onRead?.(tokens),
          onText: (text, tokens) => job.onText(text, tokens),
        },
        either,
      ),
    )
  }

  /** Waits for its turn as a run does, and loads a model. */
  async load(model: string, signal: AbortSignal): Promise<void> {
    const file = this.#find(model)
    await this.#inTurn(false, signal, (calls, either) => calls.change({ type: 'load', model: file }, either))
  }

  async unload(model: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    const process = this.#process
    if (!process?.calls.models.some(({ sha256 }) => sha256 === model)) return false
    const call = process.calls.change({ type: 'unload', sha256: model }, this.#with(signal))
    this.#count(call.over)
    return call.end
  }

  /** Ends the process; current runs reject with `RIPPLE_INTERRUPTED`. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    this.#disposed.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await this.#starting?.catch(() => {})
    await this.#process?.[Symbol.asyncDispose]()
  }

  #find(sha256: string): ModelFile {
    const model = this.models().find((one) => one.sha256 === sha256)
    if (model === undefined)
      throw new RippleError('RIPPLE_MODEL_MISSING', { model: nameOfFile(sha256) ?? sha256 })
    const { name, path, bytes, mtime_ms, chat_template } = model
    return { sha256, name, file: path, ...(mtime_ms === undefined ? {} : { bytes, mtime_ms }), chat_template }
  }

  #with(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#disposed.signal])
  }

  async #inTurn<T>(
    alone: boolean,
    signal: AbortSignal,
    call: (calls: LlamaCalls, signal: AbortSignal) => LlamaCall<T>,
  ): Promise<T> {
    const either = this.#with(signal)
    const end = await this.#turns.take(alone, either)
    const called = await orAborted(this.#ready(), either)
      .then(({ calls }) => call(calls, either))
      .catch((error) => {
        end()
        throw error
      })
    // The slot is free when the process has finished the work, which may be later than the caller's rejection.
    this.#count(called.over.then(end))
    return called.end
  }

  /**
   * Returns the process, and starts one where there is none. The start is independent of its callers: it continues for the
   * others when one of them gives up.
   */
  async #ready(): Promise<LlamaProcess> {
    if (this.#process !== null && !this.#process.calls.ended) return this.#process
    this.#starting ??= this.#needs
      .start(this.#disposed.signal)
      .then((process) => this.#adopt(process))
      .finally(() => {
        this.#starting = null
      })
    return this.#starting
  }

  #nextBudget(): number {
    return this.#needs.memory() + (this.gpu?.budget_bytes ?? 0)
  }

  #adopt(process: LlamaProcess): LlamaProcess {
    this.#process = process
    this.#last = process
    process.calls.onModels = () => {
      this.#needs.onLoaded?.(this.loaded())
      this.#rest()
    }
    void process.exited.then(() => {
      if (this.#process === process) this.#process = null
      this.#needs.onLoaded?.(this.loaded())
    })
    this.#used = performance.now()
    this.#rest()
    return process
  }

  #count(over: Promise<void>): void {
    if (this.#calls === 0) this.#changed = performance.now()
    this.#calls += 1
    clearTimeout(this.#idle)
    void over.then(() => {
      this.#used = performance.now()
      if (this.#calls === 1) this.#busy += this.#used - this.#changed
      this.#calls -= 1
      this.#rest()
    })
  }

  /**
   * Ends a process that holds no model and has been idle for a while. Also ends an idle process at once if its budget is too
   * small for a model that fits into the memory that is free now. The process unloads idle models itself.
   */
  #rest(): void {
    clearTimeout(this.#idle)
    if (this.#calls > 0 || this.#disposed.signal.aborted) return
    if (this.#isTooSmall()) {
      this.#endProcess()
      return
    }
    if (this.loaded().length > 0) return
    const left = this.#used + this.#needs.idle_ms - performance.now()
    this.#idle = setTimeout(() => this.#endProcess(), Math.max(0, left)).unref()
  }

  /** Whether a process that started now could run a model that the current one cannot. */
  #isTooSmall(): boolean {
    const keptTo = this.#process?.memory_bytes ?? Number.POSITIVE_INFINITY
    const waiting = this.models().filter(({ bytes }) => bytes > keptTo)
    if (waiting.length === 0) return false
    const free = this.#nextBudget()
    return waiting.some(({ bytes }) => bytes <= free)
  }

  #endProcess(): void {
    const process = this.#process
    this.#process = null
    void process?.[Symbol.asyncDispose]()
  }
}

/** Whether an input to embed has a text that would delay other answers for too long: a text is one batch, however long it is. */
function isOneLongBatch(input: RunJob['input']): boolean {
  if (input.type !== 'embed') return false
  return input.texts.some((text) => Buffer.byteLength(text) > limits.embed_beside_bytes_max)
}
