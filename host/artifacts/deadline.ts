/** Bounds the time of fetches from the network. */
import { setTimeout as pause } from 'node:timers/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Cid } from '../types/events.ts'
import { orAborted } from '../types/or-aborted.ts'

/**
 * Runs a fetch that ends at its deadline even if a library below ignores the signal: after `limits.artifact_fetch_ms`, or
 * when the caller's signal is aborted. Rejects with `RIPPLE_ARTIFACT_UNAVAILABLE` when time ran out or nobody had it, and
 * with `RIPPLE_INTERRUPTED` when the caller gave up.
 */
export async function fetchInTime<T>(
  cid: Cid,
  signal: AbortSignal,
  fetch: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(limits.artifact_fetch_ms)])
  try {
    either.throwIfAborted()
    return await orAborted(fetch(either), either)
  } catch (cause) {
    if (cause instanceof RippleError) throw cause
    const byChoice = signal.aborted && !isTimeout(signal.reason)
    if (byChoice) throw new RippleError('RIPPLE_INTERRUPTED', {}, { cause })
    throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid }, { cause })
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** Milliseconds until a request is repeated: at first, and at most, doubling in between. */
export interface AskAgain {
  readonly min: number
  readonly max: number
}

const often: AskAgain = { min: limits.artifact_ask_again_ms, max: limits.artifact_ask_again_ms }

/**
 * Requests a block repeatedly until the signal ends it. Helia's bitswap silently drops a repeated request for a block that
 * it sent once, and any request while its queue is full.
 */
export async function askUntil<T>(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
  again: AskAgain = often,
): Promise<T> {
  for (let ms = again.min; ; ms = Math.min(2 * ms, again.max)) {
    const brief = AbortSignal.any([signal, AbortSignal.timeout(ms)])
    try {
      return await ask(brief)
    } catch (thrown) {
      signal.throwIfAborted()
      if (!brief.aborted) throw thrown
    }
    await pause(limits.artifact_ask_pause_ms, undefined, { signal })
  }
}
