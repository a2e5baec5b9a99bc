/** Bounds the time of work by the clock of the daemon. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { AlarmClock } from '../../types/clock.ts'
import { orAborted } from '../../types/or-aborted.ts'

/**
 * Runs something that must end in time. Rejects with `RIPPLE_TIMEOUT` when it does not, or with the parent's reason
 * when that is aborted first, whether or not the work itself heeds its signal.
 */
export async function withDeadline<T>(
  clock: AlarmClock,
  ms: number,
  what: string,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted()
  const stop = new AbortController()
  const cancel = () => stop.abort(parent.reason)
  parent.addEventListener('abort', cancel, { once: true })
  const off = clock.after(ms, () => stop.abort(new RippleError('RIPPLE_TIMEOUT', { what, ms })))
  try {
    return await orAborted(work(stop.signal), stop.signal)
  } finally {
    parent.removeEventListener('abort', cancel)
    off()
  }
}
