import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { BASE_MODEL, DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { pullModel } from '../../host/models/pull.ts'
import { ModelStore, type StoredModel } from '../../host/models/store.ts'

/** How long a model may take to be fetched, in milliseconds: a quarter of a gigabyte over a slow line. */
const FETCH_MS = 300_000

/** The default model from the user's cache, SmolLM2-135M-Instruct; fetched first where it is missing. */
export function testModel(signal: AbortSignal = AbortSignal.timeout(FETCH_MS)): Promise<StoredModel> {
  return fromCache(DEFAULT_MODEL, signal)
}

/** A base model from the user's cache, Gemma 3 270M: it has no chat template. Fetched first where it is missing. */
export function baseModel(signal: AbortSignal = AbortSignal.timeout(FETCH_MS)): Promise<StoredModel> {
  return fromCache(BASE_MODEL, signal)
}

async function fromCache(name: string, signal: AbortSignal): Promise<StoredModel> {
  const dir = join(userPaths(readEnv(), process.platform).cache, 'models')
  await pullModel(name, { dir, signal })
  return (await ModelStore.open(dir, signal)).find(name)
}
