// Gives a step of set-up a folder that is removed with the step's end.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Milliseconds after which the set-up that left a folder has certainly ended. */
const LEFT_MS = 3_600_000

/**
 * Runs `work` with a new folder in `parent`, and removes the folder afterwards. Also removes the folders of set-ups that were
 * killed; the prefix of the name finds them.
 */
export async function inTemporaryFolder(parent, prefix, work) {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  removeLeftovers(parent, prefix)
  const folder = mkdtempSync(join(parent, prefix))
  const clean = () => rmSync(folder, { recursive: true, force: true })
  // An interrupted set-up exits while a command runs, and has to remove the folder too.
  process.once('exit', clean)
  try {
    return await work(folder)
  } finally {
    process.off('exit', clean)
    clean()
  }
}

function removeLeftovers(parent, prefix) {
  for (const name of readdirSync(parent).filter((one) => one.startsWith(prefix))) {
    const left = statSync(join(parent, name), { throwIfNoEntry: false })
    if (left !== undefined && Date.now() - left.mtimeMs > LEFT_MS)
      rmSync(join(parent, name), { recursive: true, force: true })
  }
}
