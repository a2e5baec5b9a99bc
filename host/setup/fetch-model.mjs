import { statSync } from 'node:fs'
import { join } from 'node:path'
import { cache, ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { defaultModel } from './versions.mjs'

/**
 * Whether the default model's file is in the user's cache, whole by its size; its checksum, which the catalogue has, is
 * looked at when it is used.
 */
export function modelIsHere() {
  const found = statSync(join(cache, 'models', defaultModel.file), { throwIfNoEntry: false })
  return found?.size === defaultModel.bytes
}

/** Fetches the default model where it is missing, and checks it. `tell` is given the progress. */
export async function fetchModel(tell) {
  if (modelIsHere()) return `${defaultModel.name}, unchanged`
  await runQuietly(
    ownNode,
    ['--import', 'tsx', join(project, 'host/models/pull-main.ts'), defaultModel.name],
    {
      cwd: project,
      code: 'RIPPLE_SETUP_MODEL',
      hint: 'check the connection and start again',
      onLine: tell,
    },
  )
  return defaultModel.name
}
