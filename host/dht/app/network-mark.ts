/** Keeps a data folder to one network. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RippleError } from '../../errors/ripple-error.ts'

/**
 * Marks a data folder as one network's, or checks its mark. Keys and chains of two networks never mix. Rejects with
 * `RIPPLE_DATA_OTHER_NETWORK`.
 */
export async function markNetwork(file: string, wanted: string): Promise<void> {
  const found = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (found === wanted) return
  if (found !== '') throw new RippleError('RIPPLE_DATA_OTHER_NETWORK', { data: dirname(file), found, wanted })
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, `${wanted}\n`, { mode: 0o600 })
}
