import { writeFile } from 'node:fs/promises'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'

/** Writes a file that a person named. Rejects with `RIPPLE_FILE_UNWRITABLE`, `RIPPLE_DISK_FULL`. */
export async function writeWhole(file: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  try {
    await writeFile(file, bytes, { signal })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') throw toRippleError(thrown)
    throw new RippleError(
      'RIPPLE_FILE_UNWRITABLE',
      { file, detail: (thrown as Error).message },
      { cause: thrown },
    )
  }
}
