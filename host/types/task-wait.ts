import type { Deadlines } from '../../zomes-bindings/generated/Deadlines.ts'
import { limits } from '../limits.ts'

/**
 * How long to wait for the Close of a task that was just posted, in milliseconds: a result that came at the last moment still has a
 * lease's time to be checked.
 */
export function taskWaitMs({ deadlines_ms: { total }, lease_ms }: Timed): number {
  return Math.min(total + lease_ms + limits.task_close_ms, limits.timer_ms_max)
}

/** The times of a task, in milliseconds. */
interface Timed {
  readonly deadlines_ms: Pick<Deadlines, 'total'>
  readonly lease_ms: number
}
