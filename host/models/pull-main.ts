/** Fetches the model that the first argument names into the user's cache, for set-up: progress goes to stdout by line. */
import { join } from 'node:path'
import { readEnv } from '../config/env.ts'
import { userPaths } from '../config/paths.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { DEFAULT_MODEL } from './catalogue.ts'
import { pullModel } from './pull.ts'

const MIB = 1024 * 1024
/** Progress is told in steps of this size, in bytes. */
const STEP = 2 * MIB

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())

const say = (line: string): void => void process.stdout.write(`${line}\n`)
let told = -STEP

try {
  const pulled = await pullModel(process.argv[2] ?? DEFAULT_MODEL, {
    dir: join(userPaths(readEnv(), process.platform).cache, 'models'),
    signal: stop.signal,
    onProgress: (bytes, total, source) => {
      if (Math.abs(bytes - told) < STEP && bytes !== total) return
      told = bytes
      say(`${source}: ${Math.floor(bytes / MIB)} of ${Math.floor(total / MIB)} MiB`)
    },
  })
  say(`${pulled.path}: sha256 ${pulled.sha256}`)
} catch (thrown) {
  const error = toRippleError(thrown)
  if (!stop.signal.aborted) say(`${error.code}: ${error.message} (${error.hint})`)
  process.exitCode = stop.signal.aborted ? 130 : error.exit
}
