import { stat } from 'node:fs/promises'
import { orAborted } from '../../types/or-aborted.ts'
import type { LoadedModel as LoadedState } from '../port.ts'
import type { Backend } from './backend.ts'
import { Contexts, type MakeRoom } from './contexts.ts'
import type { ModelFile } from './messages.ts'
import { type LoadedModel, loadModel, memoryError } from './model.ts'

interface Entry {
  readonly loaded: LoadedModel
  readonly contexts: Contexts
  running: number
  /** Whether it goes once its runs have ended. */
  leaving: boolean
  idle: NodeJS.Timeout | undefined
}

/** What a run has of its model, until it leaves. */
export interface Taken<T> {
  readonly value: T
  leave(): void
}

/** What `Models` keeps to. */
export interface ModelsOptions {
  /** Memory that models may take together, in bytes. */
  readonly memory_bytes: number
  /** After how long without a run a model is unloaded, in milliseconds. */
  readonly idle_ms: number
  /** Told what is in memory whenever that changes. */
  onChange(models: readonly LoadedState[]): void
}

/**
 * Models in memory. Where one more does not fit into the budget, the one that was used least recently goes; one with a run never
 * does. Memory is asked for in the order of arrival, so that nobody waits for it for ever.
 */
export class Models {
  readonly #backend: Backend
  readonly #options: ModelsOptions
  /** The model used last stands last. */
  readonly #entries = new Map<string, Entry>()
  /** What a model took when it was in memory before, in bytes. */
  readonly #known = new Map<string, number>()
  #gate: Promise<void> = Promise.resolve()
  #changed = Promise.withResolvers<void>()

  constructor(backend: Backend, options: ModelsOptions) {
    this.#backend = backend
    this.#options = options
  }

  /** Has a model in memory; whether it was not before. Rejects as `take` does. */
  async load(file: ModelFile, signal: AbortSignal): Promise<boolean> {
    const before = this.#entries.has(file.sha256)
    const taken = await this.take(file, async () => {}, signal)
    taken.leave()
    return !before
  }

  /**
   * Has a model in memory and keeps it there until the run leaves. `use` takes of it what else needs memory. Rejects with
   * `RIPPLE_MODEL_MEMORY` where it does not fit, as `loadModel` and `use` do, and with the signal's reason.
   */
  async take<T>(
    file: ModelFile,
    use: (loaded: LoadedModel, contexts: Contexts, makeRoom: MakeRoom) => Promise<T>,
    signal: AbortSignal,
  ): Promise<Taken<T>> {
    return this.#inOrder(signal, async () => {
      const entry = await this.#have(file, signal)
      this.#begin(entry)
      try {
        const value = await use(entry.loaded, entry.contexts, (bytes) =>
          this.#makeRoom(bytes, entry.loaded.file, signal),
        )
        this.#report()
        return { value, leave: () => this.#end(entry) }
      } catch (error) {
        this.#end(entry)
        throw error
      }
    })
  }

  /** Unloads a model once its runs have ended; whether it was in memory. Rejects with the signal's reason. */
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

  async #inOrder<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#gate
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = before.then(() => promise)
    try {
      await orAborted(before, signal)
      return await work()
    } finally {
      resolve()
    }
  }

  async #have(file: ModelFile, signal: AbortSignal): Promise<Entry> {
    const { sha256 } = file
    while (this.#entries.get(sha256)?.leaving) await this.#nextChange(signal)
    const here = this.#entries.get(sha256)
    if (here !== undefined) return here
    // The weights come to memory at least once; how often else llama.cpp keeps them shows when they are there.
    const least = await stat(file.file).then(
      ({ size }) => size,
      () => 0,
    )
    await this.#makeRoom(this.#known.get(sha256) ?? least, file, signal)
    const loaded = await loadModel(this.#backend, file, signal)
    try {
      const makeRoom: MakeRoom = (bytes) => this.#makeRoom(loaded.bytes + bytes, file, signal)
      const contexts = await Contexts.open(this.#backend, loaded, makeRoom, signal)
      const entry: Entry = { loaded, contexts, running: 0, leaving: false, idle: undefined }
      this.#entries.set(sha256, entry)
      this.#known.set(sha256, bytesOf(entry))
      return entry
    } catch (error) {
      await loaded.model.dispose()
      throw error
    }
  }

  /** Unloads what was used least recently until so much more fits, and waits for runs of other models to end. */
  async #makeRoom(bytes: number, file: ModelFile, signal: AbortSignal): Promise<void> {
    const { memory_bytes } = this.#options
    const used = () => [...this.#entries.values()].reduce((sum, entry) => sum + bytesOf(entry), 0)
    while (used() + bytes > memory_bytes) {
      signal.throwIfAborted()
      const others = [...this.#entries.values()].filter((entry) => entry.loaded.file.sha256 !== file.sha256)
      const idle = others.find(({ running }) => running === 0)
      if (idle !== undefined) await this.#drop(idle)
      else if (await this.#shrink()) this.#report()
      else if (others.length > 0) await this.#nextChange(signal)
      else throw memoryError(file, `it needs ${used() + bytes} bytes, and models may take ${memory_bytes}`)
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
        bytes: bytesOf(entry),
        running: entry.running,
      })),
    )
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return orAborted(this.#changed.promise, signal)
  }
}

function bytesOf({ loaded, contexts }: Entry): number {
  return loaded.bytes + contexts.bytes
}
