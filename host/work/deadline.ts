import { RippleError } from '../errors/ripple-error.ts'
import type { Clock } from '../types/clock.ts'

/**
 * Runs something that must end in time. Rejects with `RIPPLE_TIMEOUT` when it does not, or with the parent's reason
 * when that is aborted first, whether or not the work itself heeds its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
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
  const done = new AbortController()
  clock.sleep(ms, done.signal).then(
    () => end(new RippleError('RIPPLE_TIMEOUT', { what, ms })),
    () => undefined,
  )
  try {
    return await Promise.race([work(stop.signal), ended])
  } finally {
    parent.removeEventListener('abort', cancel)
    done.abort('done')
  }
}
