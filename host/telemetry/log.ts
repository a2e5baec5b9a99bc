import { type Logger, pino } from 'pino'
import { limits } from '../limits.ts'
import { LogFile } from './log-file.ts'

/** The daemon's log. */
export type Log = Logger

/** An open log: NDJSON in a file, readable by its owner only. */
export interface OpenLog extends Disposable {
  readonly log: Log
}

/** Fields that must never reach a log, wherever they stand. */
const secrets = ['token', 'passphrase', 'prompt', 'payload', 'salt', 'key', 'secret', 'authorization']
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/**
 * Opens the log at `path`, each line on its way to the disk when the call returns. On a full disk lines are lost, and
 * neither the daemon nor its end waits for room.
 */
export function openLog(path: string, level: string): OpenLog {
  const file = new LogFile(path, limits.log_bytes_max)
  const log = pino({ level, redact: { paths: redact, censor: '(secret)' }, base: null }, file)
  return { log, [Symbol.dispose]: () => file.close() }
}

/** A log that keeps nothing, for tests and for commands. */
export const silentLog: Log = pino({ level: 'silent' })
