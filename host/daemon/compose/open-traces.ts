/** Opens the traces of a daemon, if a collector is configured. */
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Traces } from '../../telemetry/traces/port.ts'
import { version } from '../../version.ts'
import { systemClock } from '../../work/context/clock.ts'
import { openSecrets } from './open-secrets.ts'

/** One header a line: its name, a colon, and its value in printable ASCII. */
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]+)$/

/**
 * Opens the traces; null without a collector, or if the secret with its headers cannot be used, which an event reports. The
 * SDK is loaded only here.
 */
export async function openDaemonTraces(config: Config, env: Env, emit: Emit): Promise<Traces | null> {
  const { endpoint, headers: secret } = config.traces
  if (endpoint === null) return null
  const headers = secret === null ? {} : await readHeaders(secret, config, env)
  if (headers === null) {
    const unsent = failureOf(new RippleError('RIPPLE_TRACES_NO_SECRET', { secret: secret ?? '' }))
    emit({ type: 'traces_unsent', spans: 0, ...unsent })
    return null
  }
  const { openTraces } = await import('../../telemetry/traces/open-traces.ts')
  return openTraces({ endpoint, headers, name: config.name, version, now: systemClock.now, emit })
}

/** Returns the headers in a secret; null if it is not set, cannot be opened or has another form. */
async function readHeaders(name: string, config: Config, env: Env): Promise<Record<string, string> | null> {
  const secret = await openSecrets(config.data, env)
    .all.get(name)
    .catch(() => null)
  const lines = secret?.reveal().trim().split(/\r?\n/) ?? ['']
  const found = lines.map((line) => headerLine.exec(line.trim()))
  if (found.includes(null)) return null
  return Object.fromEntries(found.map((header) => [header?.[1], header?.[2]]))
}
