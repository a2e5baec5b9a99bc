import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Logger, pino } from 'pino'

/** The daemon's log. */
export type Log = Logger

/** An open log: NDJSON in a file, readable by its owner only. */
export interface OpenLog extends AsyncDisposable {
  readonly log: Log
}

/** Fields that must never reach a log, wherever they stand. */
const secrets = ['token', 'passphrase', 'prompt', 'payload', 'salt', 'key', 'secret', 'authorization']
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** Opens the log at `path`. Rejects with what the file system says. */
export async function openLog(path: string, level: string): Promise<OpenLog> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const destination = pino.destination({ dest: path, mode: 0o600, sync: false })
  await new Promise<void>((resolve, reject) => {
    destination.once('ready', () => resolve())
    destination.once('error', reject)
  })
  // A log that can no longer be written (a full disk) must not take the daemon with it.
  destination.on('error', () => {})
  const log = pino({ level, redact: { paths: redact, censor: '(secret)' }, base: null }, destination)
  return {
    log,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        destination.once('close', () => resolve())
        destination.end()
      }),
  }
}

/** A log that keeps nothing, for tests and for commands. */
export const silentLog: Log = pino({ level: 'silent' })
