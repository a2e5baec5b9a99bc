import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Cid } from '../types/events.ts'

/**
 * Runs a fetch that ends by its deadline even where a library below does not listen: after
 * `limits.artifact_fetch_ms`, or when the caller's signal says so. Rejects with `RIPPLE_ARTIFACT_UNAVAILABLE` when
 * time ran out or nobody had it, `RIPPLE_INTERRUPTED` when the caller gave up.
 */
export async function fetchInTime<T>(
  cid: Cid,
  signal: AbortSignal,
  fetch: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(limits.artifact_fetch_ms)])
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(either.reason)
  either.addEventListener('abort', end, { once: true })
  try {
    either.throwIfAborted()
    return await Promise.race([fetch(either), ended.promise])
  } catch (cause) {
    if (cause instanceof RippleError) throw cause
    const byChoice = signal.aborted && !isTimeout(signal.reason)
    if (byChoice) throw new RippleError('RIPPLE_INTERRUPTED', {}, { cause })
    throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid }, { cause })
  } finally {
    either.removeEventListener('abort', end)
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}
