import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cache, ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { showLive } from './say.mjs'

/** The default model's file. Its checksum is in the catalogue, and `model pull` checks it. */
const DEFAULT_MODEL = { name: 'SmolLM2-135M-Instruct', file: 'SmolLM2-135M-Instruct.Q4_1.gguf' }

/** Whether the default model's file is in the user's cache; its checksum is looked at when it is used. */
export function modelIsHere() {
  return existsSync(join(cache, 'models', DEFAULT_MODEL.file))
}

/** Fetches the default model where it is missing, and checks it. */
export async function fetchModel() {
  if (modelIsHere()) return `${DEFAULT_MODEL.name}, unchanged`
  await runQuietly(
    ownNode,
    ['--import', 'tsx', join(project, 'host/models/pull-main.ts'), DEFAULT_MODEL.name],
    {
      cwd: project,
      code: 'RIPPLE_SETUP_MODEL',
      hint: 'check the connection and start again',
      onLine: (line) => showLive(`  model: ${line}`),
    },
  )
  return DEFAULT_MODEL.name
}
