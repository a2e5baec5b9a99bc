/** Aborts work that makes no progress. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { Clock } from '../../types/clock.ts'
import type { Millis } from '../../types/events.ts'

/**
 * Runs work that reports its steps. Aborts its signal with `RIPPLE_ENGINE_STALLED` where no step follows another for
 * `ms` milliseconds: a process that hangs reports nothing. The first step may take any time.
 */
export async function unlessStalled<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal,
  work: (step: () => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController()
  const done = new AbortController()
  let steppedAt: Millis | null = null
  const watch = async (): Promise<void> => {
    while (!stalled.signal.aborted) {
      await clock.sleep(steppedAt === null ? ms : steppedAt + ms - clock.now(), done.signal)
      const quiet = steppedAt === null ? 0 : clock.now() - steppedAt
      if (quiet >= ms) stalled.abort(new RippleError('RIPPLE_ENGINE_STALLED', { ms }))
    }
  }
  // The watch ends by the abort of its own sleep.
  watch().catch(() => undefined)
  try {
    const step = () => {
      steppedAt = clock.now()
    }
    return await work(step, AbortSignal.any([parent, stalled.signal]))
  } finally {
    done.abort()
  }
}
