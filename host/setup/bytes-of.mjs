// Counts the bytes of a folder.
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Returns the bytes of all files below a folder; 0 if there is none. Files and folders that vanish meanwhile count nothing. */
export function bytesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) =>
        entry.isDirectory() ? bytesOf(join(folder, entry.name)) : sizeOf(join(folder, entry.name)),
      )
      .reduce((sum, bytes) => sum + bytes, 0)
  } catch (error) {
    if (error.code === 'ENOENT') return 0
    throw error
  }
}

function sizeOf(file) {
  return lstatSync(file, { throwIfNoEntry: false })?.size ?? 0
}
