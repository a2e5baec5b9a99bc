/** Opens a data folder: its lock, journal and log. */
import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import type { Config } from '../config/config.ts'
import { type DataPaths, dataPaths } from '../config/paths.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { type Log, openLog } from '../telemetry/log.ts'
import { openSqliteJournal, type SqliteJournal } from '../work/sqlite.ts'
import { tightenFolder } from './keep-private.ts'

/** A data folder that this daemon has locked. */
export interface OpenData {
  readonly paths: DataPaths
  /** Holds the folder's lock. */
  readonly journal: SqliteJournal
  readonly log: Log
}

/**
 * Creates the data folder if it is missing, for its owner only, and takes its lock before anything in it changes.
 * Rejects with `RIPPLE_DATA_IN_USE`, `RIPPLE_DATA_NEWER`, `RIPPLE_DISK_FULL`.
 */
export async function openData(config: Config, stack: AsyncDisposableStack): Promise<OpenData> {
  const paths = dataPaths(config.data)
  try {
    await mkdir(paths.root, { recursive: true, mode: 0o700 })
    await access(paths.root, constants.W_OK)
  } catch (thrown) {
    throw toRippleError(thrown)
  }
  const journal = stack.use(openSqliteJournal(paths.journal))
  try {
    for (const folder of [paths.conductor, paths.ipfs, paths.receipts, paths.logs])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    tightenFolder(paths.root)
  } catch (thrown) {
    throw toRippleError(thrown)
  }
  const { log } = stack.use(openLog(paths.log, config.log.level))
  return { paths, journal, log }
}
