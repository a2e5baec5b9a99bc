/** Fetches the model that the first argument names into the user's cache, for set-up: progress is told line by line. */
import { join } from 'node:path'
import { terminalPrinter } from '../cli/print.ts'
import { takeEnv } from '../config/env.ts'
import { userPaths } from '../config/paths.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { DEFAULT_MODEL } from './catalogue.ts'
import { tellProgress } from './progress.ts'
import { pullModel } from './pull.ts'

const stop = new AbortController()
// Kept to the end: without a listener the process would end before the pull has cleaned up.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort())

const env = takeEnv()
// Like a daemon, it writes files that only their owner can open.
process.umask(0o077)
const terminal = terminalPrinter(env)

try {
  const pulled = await pullModel(process.argv[2] ?? DEFAULT_MODEL, {
    dir: join(userPaths(env, process.platform).cache, 'models'),
    signal: stop.signal,
    onProgress: tellProgress(terminal.note),
    note: terminal.note,
  })
  terminal.note(`${pulled.path}: sha256 ${pulled.sha256}`)
} catch (thrown) {
  const error = toRippleError(thrown)
  if (!stop.signal.aborted) terminal.error(error, false)
  process.exitCode = stop.signal.aborted ? 130 : error.exit
}
