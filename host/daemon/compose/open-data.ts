/** Opens a data folder: its lock, journal, log and history. */
import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { type DataPaths, dataPaths } from '../../config/paths.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { type Emit, type EventHub, eventHub, type HubOptions } from '../../telemetry/events.ts'
import { openLog } from '../../telemetry/log.ts'
import { LogFile } from '../../telemetry/log-file.ts'
import { countEvents } from '../../telemetry/metrics/count-events.ts'
import { type Meters, openMeters } from '../../telemetry/metrics/meters.ts'
import type { Traces } from '../../telemetry/traces/port.ts'
import type { LogLevelSwitch } from '../../types/log-page.ts'
import { systemClock } from '../../work/context/clock.ts'
import { openSqliteJournal, type SqliteJournal } from '../../work/journal/sqlite.ts'
import { tightenFolder } from '../machine/restrict-umask.ts'
import { openDaemonTraces } from './open-traces.ts'

/** A data folder that this daemon has locked. */
export interface OpenData {
  readonly paths: DataPaths
  /** Holds the folder's lock. */
  readonly journal: SqliteJournal
  readonly events: EventHub
  readonly emit: Emit
  /** Counts every event since the start. */
  readonly meters: Meters
  readonly logLevel: LogLevelSwitch
  /** Null without a collector. */
  readonly traces: Traces | null
}

/**
 * Creates the data folder if it is missing, for its owner only, and takes its lock before anything in it changes.
 * Rejects with `RIPPLE_DATA_IN_USE`, `RIPPLE_DATA_NEWER`, `RIPPLE_DISK_FULL`.
 */
export async function openData(
  { config, env }: { readonly config: Config; readonly env: Env },
  stack: AsyncDisposableStack,
): Promise<OpenData> {
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
  const { log, level: logLevel } = stack.use(openLog(paths.log, config.log.level))
  const history = new LogFile(join(paths.logs, 'history.ndjson'), limits.log_bytes_max)
  const meters = openMeters()
  const count = countEvents(meters)
  let traces: Traces | null = null
  const onEvent: HubOptions['onEvent'] = (event, now) => {
    count(event, now)
    traces?.hear(event, now)
  }
  const events = eventHub(log, systemClock.now, { history, onEvent })
  traces = stack.use(await openDaemonTraces(config, env, events.emit))
  return { paths, journal, events, emit: events.emit, meters, logLevel, traces }
}
