/** Bounds the time of fetches from the network. */
import { setTimeout as pause } from 'node:timers/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Cid } from '../types/events.ts'
import { orAborted } from '../types/or-aborted.ts'

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

/** After how long what was asked for is asked for again, in milliseconds: at first, and at most, doubling in between. */
export interface AskAgain {
  readonly min: number
  readonly max: number
}

const often: AskAgain = { min: limits.artifact_ask_again_ms, max: limits.artifact_ask_again_ms }

/**
 * Asks for a block again and again until the signal ends it. Helia's bitswap drops a repeated request for a block that
 * it sent once, and any request while its queue is full, and tells neither side.
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
