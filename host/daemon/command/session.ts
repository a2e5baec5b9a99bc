/** Runs a daemon on a temporary data folder. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { ConfigLayer } from '../../config/settings.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Foreground } from '../../operations/local.ts'

/**
 * Makes a folder for one run, serves the daemon on it, and removes it with its keys when the daemon has ended or has not
 * started. Rejects as `serve` does, and with `RIPPLE_USAGE` if the command line names a folder.
 */
export async function runSession<T>(
  { data: named }: ConfigLayer,
  configure: (data: string) => Config,
  serve: (config: Config) => Promise<Foreground<T>>,
): Promise<Foreground<T>> {
  if (named !== undefined)
    throw new RippleError('RIPPLE_USAGE', { detail: '--session makes a data folder, and --data names one' })
  const data = await mkdtemp(join(tmpdir(), 'ripple-session-'))
  const remove = () => rm(data, { recursive: true, force: true })
  try {
    // Nobody comes back with these keys, so the book of their chains goes too.
    const daemon = await serve({ ...configure(data), heads: join(data, 'heads') })
    return { ready: daemon.ready, ended: daemon.ended.finally(remove) }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}
