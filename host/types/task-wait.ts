/** Calculates how long to wait for the end of a task. */
import type { Deadlines } from '../../zomes-bindings/generated/resource-mesh.ts'
import { limits } from '../limits.ts'

/**
 * Returns how long to wait for the Close of a task that was just posted, in milliseconds. A result that arrives at the last
 * moment still has one lease to be checked.
 */
export function taskWaitMs({ deadlines_ms: { total }, lease_ms }: Timed): number {
  return Math.min(total + lease_ms + limits.task_close_ms, limits.timer_ms_max)
}

/** The times of a task, in milliseconds. */
interface Timed {
  readonly deadlines_ms: Pick<Deadlines, 'total'>
  readonly lease_ms: number
}
