/** Keeps the contexts of one model between its runs. */
import type { LlamaContext, LlamaContextOptions, LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { orAborted } from '../../types/or-aborted.ts'
import type { Backend } from './backend.ts'
import { type Memory, minus, noMemory, plus } from './memory.ts'
import { type LoadedModel, memoryError, NeverFits } from './model.ts'
import { ReadPace } from './read-pace.ts'
import { Steps } from './steps.ts'

/** Frees memory so that so much more fits into the budget; rejects where it cannot. */
export type MakeRoom = (need: Memory) => Promise<void>

/** A place in a context for one run. */
export interface Seat {
  readonly context: LlamaContext
  readonly steps: Steps
  readonly pace: ReadPace
  leave(): Promise<void>
}

/** A context for the texts of one run. */
export interface EmbeddingSeat {
  readonly context: LlamaEmbeddingContext
  leave(): Promise<void>
}

/**
 * The contexts of one model. They are kept between runs, because making one takes as long as some tokens. There is one for a
 * single run from the beginning. Runs share another one when two are active at a time. A run that needs more than its part
 * of that one gets a larger context.
 */
export class Contexts {
  readonly #backend: Backend
  readonly #loaded: LoadedModel
  /** Tokens of each part of the shared context. */
  readonly #part: number
  readonly #steps = new Steps()
  readonly #pace = new ReadPace()
  #shared: LlamaContext | null = null
  /** Number of runs that have a part of it. */
  #sharing = 0
  /** Number of runs that embed texts. */
  #embedding = 0
  /** The context for a single run; null while a run has it. */
  #single: LlamaContext | null = null
  /** Number of runs that have a context to themselves. */
  #taken = 0
  #givenBack = Promise.withResolvers<void>()
  #memory = noMemory

  private constructor(backend: Backend, loaded: LoadedModel) {
    this.#backend = backend
    this.#loaded = loaded
    this.#part = Math.min(limits.engine_sequence_tokens, loaded.model.trainContextSize)
  }

  /** Makes the first context. Rejects with `RIPPLE_MODEL_MEMORY`, and with the signal's reason. */
  static async open(
    backend: Backend,
    loaded: LoadedModel,
    makeRoom: MakeRoom,
    signal: AbortSignal,
  ): Promise<Contexts> {
    const contexts = new Contexts(backend, loaded)
    contexts.#single = await contexts.#make(contexts.#part, 1, makeRoom, signal)
    return contexts
  }

  /** Memory of all contexts, as llama.cpp counts it. */
  get memory(): Memory {
    return this.#memory
  }

  /** The part of that memory that runs use now, so that `shrink` cannot free it. */
  get memoryInUse(): Memory {
    const single = this.#single === null ? noMemory : memoryOf(this.#single)
    const shared = this.#shared === null || this.#sharing > 0 ? noMemory : memoryOf(this.#shared)
    return minus(this.#memory, plus(single, shared))
  }

  /** Returns a place for a run of so many tokens in the existing contexts, or null where it needs more. */
  seatAtOnce(tokens: number): Seat | null {
    const small = tokens <= this.#part
    if (small && this.#shared !== null) return this.#takeShared(this.#shared)
    const kept = this.#single
    if (kept === null || kept.contextSize < tokens || (small && this.#taken > 0)) return null
    this.#single = null
    return this.#takeAlone(kept)
  }

  /**
   * Returns a place for a run of so many tokens. If there is no memory for another context, it waits for one that is in use.
   * Rejects as `open` does.
   */
  async seat(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<Seat> {
    return this.#withRoom(() => this.#seatNow(tokens, makeRoom, signal), signal)
  }

  /** Returns a context for embedding texts of so many tokens. Waits as `seat` does, and rejects as `open` does. */
  async embedding(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<EmbeddingSeat> {
    return this.#withRoom(() => this.#embeddingNow(tokens, makeRoom, signal), signal)
  }

  /**
   * Calls `take` again whenever a run has freed its context. Rejects with the memory error if no run has a context, or if
   * the memory would not suffice without them either.
   */
  async #withRoom<T>(take: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      // This is read before the try, so that a context which is freed during the try counts for the next one.
      const givenBack = this.#givenBack.promise
      const wasInUse = this.#isInUse()
      try {
        return await take()
      } catch (error) {
        const full = error instanceof RippleError && error.code === 'RIPPLE_MODEL_MEMORY'
        if (!full || error instanceof NeverFits || !(wasInUse || this.#isInUse())) throw error
        await orAborted(givenBack, signal)
      }
    }
  }

  #isInUse(): boolean {
    return this.#taken + this.#sharing + this.#embedding > 0
  }

  async #embeddingNow(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<EmbeddingSeat> {
    const { model, file } = this.#loaded
    // Some models process a whole text at a time, so it must be one batch.
    const size = { contextSize: tokens + 1, batchSize: tokens + 1 }
    const need = await estimate(model, { ...size, sequences: 1, isEmbeddingContext: true })
    await makeRoom(need)
    try {
      const context = await model.createEmbeddingContext({
        ...size,
        threads: this.#backend.threads,
        createSignal: signal,
      })
      this.#memory = plus(this.#memory, need)
      this.#embedding += 1
      const leave = async () => {
        await context.dispose()
        this.#memory = minus(this.#memory, need)
        this.#embedding -= 1
        this.#tellGivenBack()
      }
      return { context, leave }
    } catch (error) {
      signal.throwIfAborted()
      throw memoryError(file, messageOf(error), error)
    }
  }

  /** Frees a context that no run uses, the smaller one first. Resolves to false if there was none. */
  async shrink(): Promise<boolean> {
    if (await this.#dropSingle()) return true
    const shared = this.#shared
    if (shared === null || this.#sharing > 0) return false
    this.#shared = null
    await this.#drop(shared)
    return true
  }

  async dispose(): Promise<void> {
    await this.#single?.dispose()
    await this.#shared?.dispose()
  }

  async #seatNow(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<Seat> {
    const here = this.seatAtOnce(tokens)
    if (here !== null) return here
    if (tokens <= this.#part && this.#taken > 0)
      return this.#takeShared(await this.#makeShared(makeRoom, signal))
    return this.#takeAlone(await this.#makeSingle(tokens, makeRoom, signal))
  }

  #takeShared(context: LlamaContext): Seat {
    this.#sharing += 1
    return { context, steps: this.#steps, pace: this.#pace, leave: async () => this.#leaveShared() }
  }

  #takeAlone(context: LlamaContext): Seat {
    this.#taken += 1
    return { context, steps: new Steps(), pace: this.#pace, leave: () => this.#giveBack(context) }
  }

  async #makeShared(makeRoom: MakeRoom, signal: AbortSignal): Promise<LlamaContext> {
    try {
      this.#shared = await this.#make(this.#part, this.#backend.slots, makeRoom, signal)
      return this.#shared
    } catch (error) {
      // Runs that cannot share a context can still run one after the other, so this error must allow another try.
      throw error instanceof NeverFits ? memoryError(this.#loaded.file, error.message, error) : error
    }
  }

  async #makeSingle(tokens: number, makeRoom: MakeRoom, signal: AbortSignal): Promise<LlamaContext> {
    await this.#dropSingle()
    // The size is rounded up, so that the context fits the next run too.
    const largest = Math.max(tokens, this.#loaded.model.trainContextSize)
    const size = Math.max(this.#part, Math.min(2 ** Math.ceil(Math.log2(tokens)), largest))
    return this.#make(size, 1, makeRoom, signal)
  }

  async #giveBack(context: LlamaContext): Promise<void> {
    this.#taken -= 1
    const isNeeded = this.#shared === null || context.contextSize > this.#part
    if (isNeeded && this.#single === null) this.#single = context
    else await this.#drop(context)
    this.#tellGivenBack()
  }

  #leaveShared(): void {
    this.#sharing -= 1
    this.#tellGivenBack()
  }

  #tellGivenBack(): void {
    this.#givenBack.resolve()
    this.#givenBack = Promise.withResolvers<void>()
  }

  async #dropSingle(): Promise<boolean> {
    const single = this.#single
    this.#single = null
    if (single === null) return false
    await this.#drop(single)
    return true
  }

  async #make(
    contextSize: number,
    sequences: number,
    makeRoom: MakeRoom,
    signal: AbortSignal,
  ): Promise<LlamaContext> {
    const size = { contextSize, sequences, batchSize: this.#backend.batch }
    await makeRoom(await estimate(this.#loaded.model, size))
    const context = await create(this.#backend, this.#loaded, size, signal)
    this.#memory = plus(this.#memory, memoryOf(context))
    return context
  }

  async #drop(context: LlamaContext): Promise<void> {
    this.#memory = minus(this.#memory, memoryOf(context))
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

async function estimate(model: LlamaModel, options: Omit<Estimated, 'modelGpuLayers'>): Promise<Memory> {
  const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
    ...options,
    modelGpuLayers: model.gpuLayers,
  })
  // The estimate may have a fraction of a byte.
  return { ram: Math.ceil(cpuRam), vram: Math.ceil(gpuVram) }
}

function memoryOf({ memoryUsage: { ram, vram } }: LlamaContext): Memory {
  return { ram, vram }
}
