/** Offers the model store and the engine to the operations. */
import { join } from 'node:path'
import type { Engine } from '../../engine/port.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { type ModelEntry, unknownEntry } from '../../models/entries.ts'
import { fileIdOf, isAskedFor } from '../../models/file-id.ts'
import { type FitNeeds, gatherFit } from '../../models/gather-fit.ts'
import type { ModelPeers } from '../../models/sources/pull.ts'
import { ModelStore, type StorePull } from '../../models/store.ts'
import type { Models, ModelView } from '../../operations/context.ts'
import type { Emit } from '../../telemetry/events.ts'

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
  readonly engine: Pick<Engine, 'loaded' | 'load' | 'unload'>
  readonly peers: ModelPeers
  readonly emit: Emit
  readonly freeMemory: FitNeeds['freeMemory']
  readonly measured: FitNeeds['measured']
}

/** A running pull by the name that was asked for, with its progress: null before its first byte. */
interface RunningPull {
  readonly asked: string
  at: ModelView['pulling']
}

/** Returns the operations on models, backed by the store and the engine. */
export function modelsOf({ store, engine, peers, emit, ...facts }: ModelsNeeds): Models {
  const pulls = new Set<RunningPull>()
  const view = (entry: ModelEntry): ModelView => {
    const loaded = engine.loaded().find(({ sha256 }) => sha256 === entry.sha256)
    const { bytes = null, running = 0 } = loaded ?? {}
    const pulling = [...pulls].find(({ asked, at }) => at !== null && isAskedFor(entry, asked))?.at ?? null
    return { ...viewOf(entry), loaded: loaded !== undefined, memory_bytes: bytes, running, pulling }
  }
  return {
    list: async () => {
      const entries = await store.list()
      const others = [...pulls].filter(({ asked }) => !entries.some((entry) => isAskedFor(entry, asked)))
      return [...entries.map(view), ...others.flatMap(unknownPull)]
    },
    pull: async (name, signal) => {
      const own: RunningPull = { asked: name, at: null }
      pulls.add(own)
      const onProgress: StorePull['onProgress'] = (bytes, total, source) => {
        own.at = { bytes, total, source }
      }
      const note = (text: string): void => emit({ type: 'model_note', text })
      try {
        const pulled = await store.pull(name, { onProgress, note, peers }, signal)
        emit({ type: 'model_pulled', sha256: pulled.sha256, name: pulled.name })
        return view(pulled)
      } finally {
        pulls.delete(own)
      }
    },
    remove: async (name, force, signal) => {
      const { file, model } = await store.pick(name)
      const loaded = engine.loaded().find(({ sha256 }) => sha256 === model?.sha256)
      if (loaded !== undefined && !force) {
        const use = loaded.running > 0 ? 'running' : 'loaded'
        throw new RippleError('RIPPLE_MODEL_IN_USE', { model: name, use })
      }
      const removed = await store.remove(file)
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

function viewOf(entry: ModelEntry): ModelView {
  return { ...entry, loaded: false, memory_bytes: null, running: 0, pulling: null }
}

/** Lists a pull of an unlisted file under the name that was asked for, until the file is here. */
function unknownPull({ asked, at }: RunningPull): ModelView[] {
  if (at === null) return []
  const id = fileIdOf(asked)
  const sha256 = id !== null && /^[0-9a-f]{64}$/.test(id) ? id : null
  return [{ ...viewOf({ ...unknownEntry, name: asked, sha256, bytes: at.total }), pulling: at }]
}
