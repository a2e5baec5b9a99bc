import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'

/** The environment of a machine that has no models: a cache of its own in this folder, with the programs of the user's. */
export async function withoutModels(folder: string): Promise<Record<string, string>> {
  const own = join(folder, 'cache-without-models')
  await mkdir(join(own, 'ripple'), { recursive: true })
  const { cache } = userPaths(readEnv(), process.platform)
  await symlink(join(cache, 'tools'), join(own, 'ripple', 'tools'))
  return { XDG_CACHE_HOME: own }
}
