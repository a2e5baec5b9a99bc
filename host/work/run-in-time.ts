import { limits } from '../limits.ts'
import type { AlarmClock } from '../types/clock.ts'
import { withDeadline } from './deadline.ts'
import { unlessStalled } from './stall.ts'

/**
 * Runs the engine, which says when it gets on, for so many milliseconds at most. Rejects with `RIPPLE_TIMEOUT` when that is over, with
 * `RIPPLE_ENGINE_STALLED` where it has got on and then does not for `limits.engine_stall_ms`, and with the parent's reason.
 */
export function runInTime<T>(
  clock: AlarmClock,
  ms: number,
  parent: AbortSignal,
  work: (step: () => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(clock, ms, 'the run', parent, (ending) =>
    unlessStalled(clock, limits.engine_stall_ms, ending, work),
  )
}
