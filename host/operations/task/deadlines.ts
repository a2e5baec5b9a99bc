/** Completes the deadlines of a task. */
import type { Deadlines } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'

/** The deadlines that a poster names, in milliseconds; null for each that it leaves out. */
export interface NamedDeadlines {
  readonly timeout_ms: number | null
  readonly queue_timeout_ms: number | null
  readonly run_timeout_ms: number | null
}

/**
 * Returns all deadlines of a task, from those that its poster names. A named total also applies to the queue, unless
 * that has its own. Throws `RIPPLE_DEADLINE_INVALID` if a part is longer than the whole.
 */
export function deadlinesOf({ timeout_ms, queue_timeout_ms, run_timeout_ms }: NamedDeadlines): Deadlines {
  const usual = limits.deadlines_ms
  const total = timeout_ms ?? usual.total
  const queue = queue_timeout_ms ?? timeout_ms ?? usual.queue
  const run = run_timeout_ms ?? Math.min(usual.run, total)
  for (const [which, ms] of Object.entries({ queue, run }))
    if (ms > total) throw new RippleError('RIPPLE_DEADLINE_INVALID', { which, ms, total })
  return { queue, run, total }
}
