/** Calls zome functions with a deadline and retries. */
import { setTimeout as sleep } from 'node:timers/promises'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { sortCallError } from './call-error.ts'

/** One call of a zome function of this machine's conductor, within a deadline in milliseconds. */
export type RawCall = (timeoutMs: number) => Promise<unknown>

/**
 * Calls, and calls again after a random pause if another write moved the chain's head meanwhile, so that nothing was
 * written. Rejects as `sortCallError` says, and with `RIPPLE_INTERRUPTED` when the signal is aborted. The call then
 * continues in the conductor, and may have written.
 */
export async function callWithRetry(call: RawCall, signal: AbortSignal): Promise<unknown> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await orInterrupted(call(limits.zome_call_ms), signal)
    } catch (error) {
      if (error instanceof RippleError) throw error
      const failure = sortCallError(error)
      if (!failure.again) throw failure.error
      if (tries === limits.head_moved_tries) {
        throw new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'the chain is too busy' }, { cause: error })
      }
      await sleep(Math.random() * limits.head_moved_pause_ms * tries)
    }
  }
}

/** Rejects with `RIPPLE_INTERRUPTED` as soon as the signal is aborted; the promise itself continues. */
async function orInterrupted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new RippleError('RIPPLE_INTERRUPTED'))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    promise.catch(() => {})
  }
}
