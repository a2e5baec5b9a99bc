/** Writes the history file of a data folder. */
import { join } from 'node:path'
import type { DataPaths } from '../config/paths.ts'
import { limits } from '../limits.ts'
import type { HistoryEvent } from '../telemetry/history.ts'
import { LogFile } from '../telemetry/log-file.ts'

/** Opens the history of a data folder: one line for each event that matters to the promise of accept-once. */
export function openHistory(paths: DataPaths): (event: HistoryEvent) => void {
  const file = new LogFile(join(paths.logs, 'history.ndjson'), limits.log_bytes_max)
  return (event) => file.write(`${JSON.stringify(event)}\n`)
}
