/** Keeps models in memory within a budget. */
import { stat } from 'node:fs/promises'
import { orAborted } from '../../types/or-aborted.ts'
import type { LoadedModel as LoadedState } from '../port.ts'
import type { Backend } from './backend.ts'
import { Contexts, type MakeRoom } from './contexts.ts'
import { bytesOf, fits, type Memory, noMemory, plus, unsplit } from './memory.ts'
import type { ModelFile } from './messages.ts'
import { type LoadedModel, lackOf, loadModel, memoryError, NeverFits } from './model.ts'

interface Entry {
  readonly loaded: LoadedModel
  readonly contexts: Contexts
  running: number
  /** Whether it is unloaded once its runs have ended. */
  leaving: boolean
  idle: NodeJS.Timeout | undefined
}

/** The model and memory that a run holds until it leaves. */
export interface Taken<T> {
  readonly value: T
  leave(): void
}

/**
 * Takes the rest of a run's memory from a model. Without `makeRoom` it takes only existing memory, and resolves to null
 * where that does not suffice.
 */
export type Use<T> = (loaded: LoadedModel, contexts: Contexts, makeRoom: MakeRoom | null) => Promise<T | null>

/** The options of `Models`. */
export interface ModelsOptions {
  /** Memory that models may take together. */
  readonly budget: Memory
  /** Milliseconds without a run after which a model is unloaded. */
  readonly idle_ms: number
  /** Called with the models in memory whenever they change. */
  onChange(models: readonly LoadedState[]): void
}

/**
 * Models in memory. If another one does not fit into the budget, the least recently used model without runs is unloaded.
 * Memory is assigned in the order of arrival, so that no run waits for ever. A model that is being loaded has its memory
 * already. So runs that need no further memory do not wait for the end of that load.
 */
export class Models {
  readonly #backend: Backend
  readonly #options: ModelsOptions
  /** Models by sha256, the most recently used last. */
  readonly #entries = new Map<string, Entry>()
  /** Memory that a model took when it was loaded before. */
  readonly #known = new Map<string, Memory>()
  #gate: Promise<void> = Promise.resolve()
  /** Number of the current load; null without one. */
  #loading: number | null = null
  #loads = 0
  #changed = Promise.withResolvers<void>()

  constructor(backend: Backend, options: ModelsOptions) {
    this.#backend = backend
    this.#options = options
  }

  /** Loads a model. Resolves to true if it was not in memory before. Rejects as `take` does. */
  async load(file: ModelFile, signal: AbortSignal): Promise<boolean> {
    const before = this.#entries.has(file.sha256)
    const taken = await this.take(file, async () => true, signal)
    taken.leave()
    return !before
  }

  /**
   * Loads a model and keeps it in memory until the run leaves. Rejects with `RIPPLE_MODEL_MEMORY` where it does not fit, as
   * `loadModel` and `use` do, and with the signal's reason.
   */
  async take<T>(file: ModelFile, use: Use<T>, signal: AbortSignal): Promise<Taken<T>> {
    for (;;) {
      // This wait comes before the turn, so that requests for other models do not wait for the end of this one's runs.
      while (this.#entries.get(file.sha256)?.leaving) await this.#nextChange(signal)
      const taken = await this.#inOrder(
        signal,
        () => this.#takeInTurn(file, use, signal),
        () => this.#takeWhatIsThere(file, use),
      )
      if (taken !== null) return taken
    }
  }

  /** Resolves to null where the model is not in memory or is being unloaded, or the run needs more memory. */
  async #takeWhatIsThere<T>(file: ModelFile, use: Use<T>): Promise<Taken<T> | null> {
    const entry = this.#entries.get(file.sha256)
    return entry === undefined || entry.leaving ? null : this.#takeOf(entry, use, null)
  }

  /** Resolves to null where unloading the model began before its turn came. */
  async #takeInTurn<T>(file: ModelFile, use: Use<T>, signal: AbortSignal): Promise<Taken<T> | null> {
    if (this.#entries.get(file.sha256)?.leaving) return null
    const entry = await this.#have(file, signal)
    const makeRoom: MakeRoom = (need) => this.#makeRoom(need, fixedOf(entry), file, signal)
    return this.#takeOf(entry, use, makeRoom)
  }

  async #takeOf<T>(entry: Entry, use: Use<T>, makeRoom: MakeRoom | null): Promise<Taken<T> | null> {
    this.#begin(entry)
    let value: T | null = null
    try {
      value = await use(entry.loaded, entry.contexts, makeRoom)
    } finally {
      if (value === null) this.#end(entry)
    }
    if (value === null) return null
    this.#report()
    return { value, leave: () => this.#end(entry) }
  }

  /** Unloads a model once its runs have ended. Resolves to true if it was in memory. Rejects with the signal's reason. */
  async unload(sha256: string, signal: AbortSignal): Promise<boolean> {
    const entry = this.#entries.get(sha256)
    if (entry === undefined) return false
    entry.leaving = true
    try {
      while (entry.running > 0) await this.#nextChange(signal)
    } catch (error) {
      entry.leaving = false
      this.#report()
      throw error
    }
    if (this.#entries.get(sha256) === entry) await this.#drop(entry)
    return true
  }

  /**
   * Calls `work` in its turn. While a model is being loaded, calls `beside` instead, and uses its result unless that is
   * null. `beside` is tried only once in each load: each try reports a change, so two that tried at each change would wake
   * each other for ever.
   */
  async #inOrder<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    beside: () => Promise<T | null>,
  ): Promise<T> {
    const before = this.#gate
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = before.then(() => promise)
    let isFirst = false
    const turn = before.then(() => {
      isFirst = true
    })
    let tried: number | null = null
    try {
      for (;;) {
        signal.throwIfAborted()
        if (isFirst) return await work()
        if (this.#loading !== null && this.#loading !== tried) {
          tried = this.#loading
          const done = await beside()
          if (done !== null) return done
        }
        await orAborted(Promise.race([turn, this.#changed.promise]), signal)
      }
    } finally {
      resolve()
    }
  }

  async #have(file: ModelFile, signal: AbortSignal): Promise<Entry> {
    const { sha256 } = file
    const here = this.#entries.get(sha256)
    if (here !== undefined) return here
    // llama.cpp keeps the weights in memory at least once. The number of copies is known only after the load.
    const least = await stat(file.file).then(
      ({ size }) => size,
      () => 0,
    )
    const need = this.#known.get(sha256) ?? unsplit(least, this.#options.budget)
    await this.#makeRoom(need, nothingFixed, file, signal)
    const loaded = await this.#load(file, signal)
    try {
      const makeRoom: MakeRoom = (context) => {
        const whole = plus(loaded.memory, context)
        this.#known.set(sha256, whole)
        return this.#makeRoom(whole, nothingFixed, file, signal)
      }
      const contexts = await Contexts.open(this.#backend, loaded, makeRoom, signal)
      const entry: Entry = { loaded, contexts, running: 0, leaving: false, idle: undefined }
      this.#entries.set(sha256, entry)
      this.#known.set(sha256, memoryOf(entry))
      return entry
    } catch (error) {
      await loaded.model.dispose()
      throw error
    }
  }

  async #load(file: ModelFile, signal: AbortSignal): Promise<LoadedModel> {
    this.#loads += 1
    this.#loading = this.#loads
    this.#report()
    try {
      return await loadModel(this.#backend, file, signal)
    } finally {
      this.#loading = null
    }
  }

  /**
   * Unloads the least recently used models until so much more fits, and waits for the end of runs of other models. A
   * need that cannot fit with the model's own fixed memory is refused before anything is unloaded or waited for.
   */
  async #makeRoom(need: Memory, fixed: Fixed, file: ModelFile, signal: AbortSignal): Promise<void> {
    const { budget } = this.#options
    const least = plus(fixed.weights, need)
    if (!fits(least, budget)) throw new NeverFits(file, least, budget)
    const lacking = (all: Memory) => memoryError(file, lackOf(all, budget))
    const all = plus(least, fixed.inUse)
    if (!fits(all, budget)) throw lacking(all)
    const withUsed = () =>
      [...this.#entries.values()].reduce((sum, entry) => plus(sum, memoryOf(entry)), need)
    while (!fits(withUsed(), budget)) {
      signal.throwIfAborted()
      const others = [...this.#entries.values()].filter((entry) => entry.loaded.file.sha256 !== file.sha256)
      const idle = others.find(({ running }) => running === 0)
      if (idle !== undefined) await this.#drop(idle)
      else if (await this.#shrink()) this.#report()
      else if (others.length > 0) await this.#nextChange(signal)
      else throw lacking(withUsed())
    }
  }

  async #shrink(): Promise<boolean> {
    for (const { contexts } of this.#entries.values()) if (await contexts.shrink()) return true
    return false
  }

  #begin(entry: Entry): void {
    const { sha256 } = entry.loaded.file
    clearTimeout(entry.idle)
    entry.running += 1
    this.#entries.delete(sha256)
    this.#entries.set(sha256, entry)
    this.#report()
  }

  #end(entry: Entry): void {
    entry.running -= 1
    if (entry.running === 0) {
      const drop = (): void => void this.#drop(entry)
      entry.idle = setTimeout(drop, this.#options.idle_ms)
    }
    this.#report()
  }

  async #drop(entry: Entry): Promise<void> {
    clearTimeout(entry.idle)
    this.#entries.delete(entry.loaded.file.sha256)
    await entry.contexts.dispose()
    await entry.loaded.model.dispose()
    this.#report()
  }

  #report(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#changed.resolve()
    this.#changed = { promise, resolve, reject: () => {} }
    this.#options.onChange(
      [...this.#entries.values()].reverse().map((entry) => ({
        sha256: entry.loaded.file.sha256,
        bytes: bytesOf(memoryOf(entry)),
        running: entry.running,
      })),
    )
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return orAborted(this.#changed.promise, signal)
  }
}

/** Memory that a model must keep while it asks for more: its weights, and the contexts of its runs. */
interface Fixed {
  readonly weights: Memory
  readonly inUse: Memory
}

/** The fixed memory of a model that is not in memory. */
const nothingFixed: Fixed = { weights: noMemory, inUse: noMemory }

function fixedOf({ loaded, contexts }: Entry): Fixed {
  return { weights: loaded.memory, inUse: contexts.memoryInUse }
}

function memoryOf({ loaded, contexts }: Entry): Memory {
  return plus(loaded.memory, contexts.memory)
}
