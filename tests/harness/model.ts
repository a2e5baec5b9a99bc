import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { pullModel } from '../../host/models/pull.ts'
import { ModelStore, type StoredModel } from '../../host/models/store.ts'

/** The default model from the user's cache; fetched first where it is missing. */
export async function testModel(signal: AbortSignal = AbortSignal.timeout(120_000)): Promise<StoredModel> {
  const dir = join(userPaths(readEnv(), process.platform).cache, 'models')
  await pullModel(DEFAULT_MODEL, { dir, signal })
  return (await ModelStore.open(dir, signal)).find(DEFAULT_MODEL)
}
