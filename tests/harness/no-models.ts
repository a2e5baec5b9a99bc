import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { tinyGguf } from '../unit/models/tiny-gguf.ts'

/** The model of a scripted engine. */
export const SCRIPTED_MODEL = 'scripted'
/** Its context length, in tokens: as long as that of models for agents. */
const SCRIPTED_CONTEXT_TOKENS = 131_072

/** The environment of a machine that has no models: a cache of its own in this folder, with the programs of the user's. */
export async function withoutModels(folder: string): Promise<Record<string, string>> {
  return ownCache(folder, 'cache-without-models')
}

/** The environment of a machine whose only model is that of a scripted engine: a head without weights. */
export async function withScriptedModel(folder: string): Promise<Record<string, string>> {
  const env = await ownCache(folder, 'cache-with-scripted-model')
  const models = join(env.XDG_CACHE_HOME, 'ripple', 'models')
  await mkdir(models)
  await writeFile(join(models, `${SCRIPTED_MODEL}.gguf`), tinyGguf(SCRIPTED_CONTEXT_TOKENS))
  return env
}

async function ownCache(folder: string, name: string): Promise<{ XDG_CACHE_HOME: string }> {
  const own = join(folder, name)
  await mkdir(join(own, 'ripple'), { recursive: true })
  const { cache } = userPaths(readEnv(), process.platform)
  for (const name of ['tools', 'compiled']) await symlink(join(cache, name), join(own, 'ripple', name))
  return { XDG_CACHE_HOME: own }
}
