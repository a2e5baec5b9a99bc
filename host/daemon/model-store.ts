import { join } from 'node:path'
import type { PullOptions } from '../models/pull.ts'
import { type ModelEntry, ModelStore } from '../models/store.ts'
import type { Models, ModelView } from '../operations/context.ts'

/** The models folder of a cache. */
export function modelsFolder(cache: string): string {
  return join(cache, 'models')
}

/** Fetches a model into a cache's folder. Rejects as `pullModel` does. */
export async function pullIntoCache(
  cache: string,
  name: string,
  onProgress: NonNullable<PullOptions['onProgress']>,
  signal: AbortSignal,
): Promise<ModelView> {
  return viewOf(await (await ModelStore.open(modelsFolder(cache), signal)).pull(name, onProgress, signal))
}

/** A store as the operations see it. */
export function modelsOf(store: ModelStore): Models {
  return {
    list: async (signal) => (await store.list(signal)).map(viewOf),
    pull: async (name, signal) => viewOf(await store.pull(name, () => {}, signal)),
  }
}

/** The store has empty values for what is not known; programs are told so by null. */
function viewOf(entry: ModelEntry): ModelView {
  return { ...entry, sha256: entry.sha256 || null, bytes: entry.bytes || null }
}
