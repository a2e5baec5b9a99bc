/** Opens the daemon's log, without secrets. */
import { type Logger, pino } from 'pino'
import { limits } from '../limits.ts'
import { type LogLevel, type LogLevelSwitch, logLevels } from '../types/log-page.ts'
import { LogFile } from './log-file.ts'

/** The daemon's log. */
export type Log = Logger

/** An open log: NDJSON in a file, readable by its owner only. */
export interface OpenLog extends Disposable {
  readonly log: Log
  readonly level: LogLevelSwitch
}

/** Fields that must never reach a log, at any depth that `redact` lists. */
const secrets = ['token', 'passphrase', 'prompt', 'payload', 'salt', 'key', 'secret', 'authorization']
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/**
 * Opens the log at `path`. Each line is handed to the disk before the call returns. On a full disk lines are lost, and
 * neither the daemon nor its shutdown waits for space.
 */
export function openLog(path: string, level: LogLevel): OpenLog {
  const file = new LogFile(path, limits.log_bytes_max)
  const log = pino({ level, redact: { paths: redact, censor: '(secret)' }, base: null }, file)
  const now = (): LogLevel => logLevels.find((one) => one === log.level) ?? level
  const change = (next: LogLevel): LogLevel => {
    const before = now()
    log.level = next
    return before
  }
  return { log, level: { now, change }, [Symbol.dispose]: () => file.close() }
}

/** A log that discards everything, for tests and for commands. */
export const silentLog: Log = pino({ level: 'silent' })
