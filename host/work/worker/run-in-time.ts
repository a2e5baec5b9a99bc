/** Bounds the time of a run. */
import { limits } from '../../limits.ts'
import type { AlarmClock } from '../../types/clock.ts'
import { withDeadline } from '../context/deadline.ts'
import { unlessStalled } from './stall.ts'

/**
 * Runs the engine, which reports its steps, for at most `ms` milliseconds. Rejects with `RIPPLE_TIMEOUT` after that
 * time, and with the parent's reason. Rejects with `RIPPLE_ENGINE_STALLED` where no step follows another for
 * `limits.engine_stall_ms`.
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
