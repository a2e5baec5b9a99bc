/** Checks whether a data folder can be one, before anything is read or written there. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { fileReason } from '../errors/file-reason.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { dataPaths } from './paths.ts'

/**
 * Refuses a data folder that is another kind of file, or that this user cannot read. A missing one passes: the first start
 * makes it. Rejects with `RIPPLE_DATA_NO_FOLDER`, `RIPPLE_DATA_FORBIDDEN`, and `RIPPLE_FILE_UNREADABLE` if its path is too
 * long or circular.
 */
export async function checkDataFolder(data: string): Promise<void> {
  try {
    if (!(await stat(data)).isDirectory()) throw new RippleError('RIPPLE_DATA_NO_FOLDER', { data })
    await access(data, constants.R_OK | constants.X_OK)
    await access(dataPaths(data).apiFile, constants.R_OK)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (thrown instanceof RippleError) throw thrown
    if (code === 'ENOTDIR') throw new RippleError('RIPPLE_DATA_NO_FOLDER', { data }, { cause: thrown })
    if (code === 'EACCES') throw new RippleError('RIPPLE_DATA_FORBIDDEN', { data }, { cause: thrown })
    if (code === 'ENOENT') return
    const facts = { file: data, detail: fileReason(thrown) }
    throw new RippleError('RIPPLE_FILE_UNREADABLE', facts, { cause: thrown })
  }
}
