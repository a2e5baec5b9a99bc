/** Connects to a conductor for the first time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Child } from '../../processes/child.ts'
import { type ConductorReady, conductorStartsMs } from '../../processes/conductor.ts'
import type { Supervised } from '../../processes/supervisor.ts'
import { Link, type LinkOptions } from './link.ts'

/** The most connection attempts to a newly started conductor before its death counts as lasting. */
const CONNECTS_MAX = 3
/** Milliseconds within which a conductor whose connection broke is seen to have died. */
const DEATH_MS = 2_000
/** Milliseconds between checks whether a conductor is up. */
const LOOK_MS = 200

/**
 * Connects to a conductor that has just started. Connecting may install and compile for minutes. If the conductor dies
 * meanwhile, its supervisor restarts it and the connection is tried again. A conductor that was stopped because the signal
 * aborted is not restarted. Rejects with `RIPPLE_CONDUCTOR_DOWN` when it does not come back, or as `Link.open` does.
 */
export async function openFirstLink(
  running: Supervised<ConductorReady>,
  options: Omit<LinkOptions, 'adminPort'>,
  signal: AbortSignal,
): Promise<Link> {
  for (let left = CONNECTS_MAX - 1; ; left--) {
    const child = await whenUp(running, signal)
    try {
      return await Link.open({ ...options, adminPort: () => running.current()?.ready.adminPort ?? null })
    } catch (error) {
      if (left === 0 || !(await died(child)) || signal.aborted) throw error
    }
  }
}

async function whenUp(
  running: Supervised<ConductorReady>,
  signal: AbortSignal,
): Promise<Child<ConductorReady>> {
  for (let waited = 0; waited < conductorStartsMs; waited += LOOK_MS) {
    const child = running.current()
    if (child) return child
    await sleep(LOOK_MS, undefined, { signal })
  }
  throw new RippleError('RIPPLE_CONDUCTOR_DOWN')
}

function died(child: Child<ConductorReady>): Promise<boolean> {
  return Promise.race([child.exited.then(() => true), sleep(DEATH_MS, false)])
}
