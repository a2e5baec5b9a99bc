import { RippleError } from '../errors/ripple-error.ts'
import type { AlarmClock } from '../types/clock.ts'

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
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (reason: unknown) => {
    stop.abort(reason)
    reject(reason)
  }
  const cancel = () => end(parent.reason)
  parent.addEventListener('abort', cancel, { once: true })
  const off = clock.after(ms, () => end(new RippleError('RIPPLE_TIMEOUT', { what, ms })))
  try {
    return await Promise.race([work(stop.signal), ended])
  } finally {
    parent.removeEventListener('abort', cancel)
    off()
  }
}
