import type { LlamaContext, LlamaContextOptions, LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp'
import { limits } from '../../limits.ts'
import type { Backend } from './backend.ts'
import { type LoadedModel, memoryError, messageOf } from './model.ts'
import { Steps } from './steps.ts'

/** Sees to it that so many bytes fit into the budget; rejects where they cannot. */
export type MakeRoom = (bytes: number) => Promise<void>

/** A place in a context for one run. */
export interface Seat {
  readonly context: LlamaContext
  readonly steps: Steps
  leave(): Promise<void>
}

/**
 * The contexts of one model: one that runs share, which is kept, because making one takes as long as some tokens, and one for a run
 * that needs more than its part of it, which is kept for the next such run.
 */
export class Contexts {
  readonly #backend: Backend
  readonly #loaded: LoadedModel
  readonly #shared: LlamaContext
  readonly #steps = new Steps()
  #large: LlamaContext | null = null
  #bytes = 0

  private constructor(backend: Backend, loaded: LoadedModel, shared: LlamaContext) {
    this.#backend = backend
    this.#loaded = loaded
    this.#shared = shared
    this.#bytes = bytesOf(shared)
  }

  /** Makes the context that runs share. Rejects with `RIPPLE_MODEL_MEMORY`, and with the signal's reason. */
  static async open(
    backend: Backend,
    loaded: LoadedModel,
    makeRoom: MakeRoom,
    signal: AbortSignal,
  ): Promise<Contexts> {
    const contextSize = Math.min(limits.engine_sequence_tokens, loaded.model.trainContextSize)
    const size = { contextSize, sequences: backend.slots, batchSize: backend.batch }
    await makeRoom(await estimate(loaded.model, size))
    return new Contexts(backend, loaded, await create(backend, loaded, size, signal))
  }

  /** What they take, in bytes, as llama.cpp counts it. */
  get bytes(): number {
    return this.#bytes
  }

  /** A place for a run of so many tokens. Rejects as `open` does. */
  async seat(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<Seat> {
    if (tokens <= this.#shared.contextSize)
      return { context: this.#shared, steps: this.#steps, leave: async () => {} }
    const context = await this.#takeLarge(tokens, makeRoom, signal)
    return { context, steps: new Steps(), leave: () => this.#keepLarge(context) }
  }

  /** A context for embedding texts of so many tokens. Rejects as `open` does. */
  async embedding(
    tokens: number,
    makeRoom: MakeRoom,
    signal: AbortSignal,
  ): Promise<{ readonly context: LlamaEmbeddingContext; leave(): Promise<void> }> {
    const { model, file } = this.#loaded
    // Some models look at a whole text at a time, so it must be one batch.
    const size = { contextSize: tokens + 1, batchSize: tokens + 1 }
    const bytes = await estimate(model, { ...size, sequences: 1, isEmbeddingContext: true })
    await makeRoom(bytes)
    try {
      const context = await model.createEmbeddingContext({
        ...size,
        threads: this.#backend.threads,
        createSignal: signal,
      })
      this.#bytes += bytes
      const leave = async () => {
        await context.dispose()
        this.#bytes -= bytes
      }
      return { context, leave }
    } catch (error) {
      signal.throwIfAborted()
      throw memoryError(file, messageOf(error), error)
    }
  }

  /** Gives back what no run needs now; whether there was any. */
  async shrink(): Promise<boolean> {
    const large = this.#large
    this.#large = null
    if (large === null) return false
    await this.#drop(large)
    return true
  }

  async dispose(): Promise<void> {
    await this.#large?.dispose()
    await this.#shared.dispose()
  }

  async #takeLarge(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<LlamaContext> {
    const kept = this.#large
    if (kept !== null && kept.contextSize >= tokens) {
      this.#large = null
      return kept
    }
    await this.shrink()
    const { model } = this.#loaded
    const contextSize = Math.min(2 ** Math.ceil(Math.log2(tokens)), Math.max(tokens, model.trainContextSize))
    const size = { contextSize, sequences: 1, batchSize: this.#backend.batch }
    await makeRoom(await estimate(model, size))
    const context = await create(this.#backend, this.#loaded, size, signal)
    this.#bytes += bytesOf(context)
    return context
  }

  async #keepLarge(context: LlamaContext): Promise<void> {
    if (this.#large === null) this.#large = context
    else await this.#drop(context)
  }

  async #drop(context: LlamaContext): Promise<void> {
    this.#bytes -= bytesOf(context)
    await context.dispose()
  }
}

async function create(
  { threads }: Backend,
  { model, file }: LoadedModel,
  size: Pick<LlamaContextOptions, 'contextSize' | 'sequences' | 'batchSize'>,
  signal: AbortSignal,
): Promise<LlamaContext> {
  try {
    return await model.createContext({
      ...size,
      threads,
      createSignal: signal,
      failedCreationRemedy: false,
    })
  } catch (error) {
    signal.throwIfAborted()
    throw memoryError(file, messageOf(error), error)
  }
}

type Estimated = Parameters<LlamaModel['fileInsights']['estimateContextResourceRequirementsV2']>[0]

async function estimate(model: LlamaModel, options: Omit<Estimated, 'modelGpuLayers'>): Promise<number> {
  const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
    ...options,
    modelGpuLayers: model.gpuLayers,
  })
  return cpuRam + gpuVram
}

function bytesOf({ memoryUsage: { ram, vram } }: LlamaContext): number {
  return ram + vram
}
