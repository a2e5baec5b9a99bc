/** Offers the model store and the engine to the operations. */
import { join } from 'node:path'
import type { Engine } from '../../engine/port.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { ModelEntry } from '../../models/entries.ts'
import { isAskedFor } from '../../models/file-id.ts'
import { type FitNeeds, gatherFit } from '../../models/gather-fit.ts'
import type { ModelPeers } from '../../models/sources/pull.ts'
import { freeBytes } from '../../models/sources/space.ts'
import { ModelStore, type StorePull } from '../../models/store.ts'
import type { ModelMemoryView, Models, ModelView } from '../../operations/context.ts'
import type { Emit } from '../../telemetry/events.ts'
import { Pulls, sha256Of } from './pulls.ts'

/** Opens the models of a cache, as `ModelStore.open` does. */
export function openModelStore(cache: string): Promise<ModelStore> {
  return ModelStore.open(join(cache, 'models'))
}

/** Fetches a model into a cache's folder, without a daemon and so without peers. Rejects as `ModelStore.pull` does. */
export async function pullIntoCache(
  cache: string,
  name: string,
  options: StorePull,
  signal: AbortSignal,
): Promise<ModelView> {
  using store = await openModelStore(cache)
  return viewOf(await store.pull(name, options, signal))
}

/** Parts of the daemon that the operations on models use. */
export interface ModelsNeeds {
  readonly store: ModelStore
  readonly engine: Pick<Engine, 'loaded' | 'load' | 'unload' | 'memoryBudget' | 'gpu'>
  readonly peers: ModelPeers
  readonly emit: Emit
  readonly freeMemory: FitNeeds['freeMemory']
  readonly measured: FitNeeds['measured']
  /** Ends the pulls that nobody waits for. */
  readonly signal: AbortSignal
}

/** Returns the operations on models, backed by the store and the engine. */
export function modelsOf({ store, engine, peers, emit, signal: ending, ...facts }: ModelsNeeds): Models {
  const pulls = new Pulls({ store, peers, emit, signal: ending })
  const view = (entry: ModelEntry): ModelView => {
    const loaded = engine.loaded().find(({ sha256 }) => sha256 === entry.sha256)
    const { bytes = null, running = 0 } = loaded ?? {}
    return { ...viewOf(entry, pulls.of(entry)), loaded: loaded !== undefined, memory_bytes: bytes, running }
  }
  const list = async (): Promise<ModelView[]> => {
    const entries = await store.list()
    return [...entries.map(view), ...pulls.others(entries).map((entry) => viewOf(entry, entry))]
  }
  return {
    list,
    memory: () => memoryOf(engine, store.dir, facts.freeMemory),
    pull: async (name, signal) => view(await pulls.run(name, signal)),
    begin: async (name) => {
      await pulls.begin(name)
      const found = (await list()).find((model) => model.pull_as === name || isAskedFor(model, name))
      if (found === undefined) throw new RippleError('RIPPLE_MODEL_MISSING', { model: name })
      return found
    },
    pause: (name) => pulls.pause(name),
    remove: async (name, force, signal) => {
      const { file, model } = await store.pick(name)
      const loaded = engine.loaded().find(({ sha256 }) => sha256 === model?.sha256)
      if (loaded !== undefined && !force) {
        const use = loaded.running > 0 ? 'running' : 'loaded'
        throw new RippleError('RIPPLE_MODEL_IN_USE', { model: name, use })
      }
      const removed = await store.remove(file)
      pulls.forget(file)
      // Current runs have the file open, and end normally.
      if (loaded !== undefined) void engine.unload(loaded.sha256, signal).catch(() => {})
      emit({ type: 'model_removed', ...removed })
      return removed
    },
    load: async (name, signal) => {
      const model = store.find(name)
      await engine.load(model.sha256, signal)
      const found = (await store.list()).find((entry) => entry.name === model.name)
      if (found === undefined) throw new RippleError('RIPPLE_MODEL_MISSING', { model: model.name })
      return view(found)
    },
    unload: async (name, signal) => engine.unload(store.find(name).sha256, signal),
    fit: async (name, context_tokens, signal) => {
      const problem = store.problemOf(name)
      if (problem !== null) throw problem
      const needs = { dir: store.dir, present: store.present, find: peers.find, ...facts }
      const fit = await gatherFit(name, context_tokens, needs, signal)
      return { ...fit, reasons: [...fit.reasons], notes: [...fit.notes] }
    },
  }
}

const notPulled = { pulling: null, pull_as: null, pull_problem: null }

function viewOf(
  { file: _file, ...entry }: ModelEntry,
  { pulling, pull_as, pull_problem }: ReturnType<Pulls['of']> = notPulled,
): ModelView {
  // A part of a file on no list has only what its pull knows.
  const sha256 = entry.sha256 ?? (pull_as === null ? null : sha256Of(pull_as))
  const bytes = entry.bytes ?? pulling?.total ?? null
  const pull = { pulling, pull_as, pull_problem }
  return { ...entry, sha256, bytes, loaded: false, memory_bytes: null, running: 0, ...pull }
}

async function memoryOf(
  engine: ModelsNeeds['engine'],
  folder: string,
  free: ModelsNeeds['freeMemory'],
): Promise<ModelMemoryView> {
  const budget = engine.memoryBudget()
  return {
    budget_bytes: Number.isFinite(budget) ? Math.floor(budget) : null,
    used_bytes: engine.loaded().reduce((sum, { bytes }) => sum + bytes, 0),
    free_bytes: await free(),
    gpu: engine.gpu,
    folder,
    free_disk_bytes: await freeBytes(folder),
  }
}
