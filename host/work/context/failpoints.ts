/** Kills the daemon at named places, for tests. */
import { RippleError } from '../../errors/ripple-error.ts'

/** Places in the life of a task at which a test can kill the daemon. Their order is the task's own. */
export const failpoints = [
  'post.pre',
  'post.committed',
  'worker.seen',
  'claim.sent',
  'grant.committed',
  'run.mid',
  'run.done',
  'result.committed',
  'accept.pre',
  'close.committed',
] as const

/** The name of a fail point. `run.mid` is passed with every piece of text that the engine gives. */
export type Failpoint = (typeof failpoints)[number]

/** The callback of the work loop at each fail point. */
export type PassFailpoint = (point: Failpoint) => void

/** Returns the line that a daemon prints on standard error as it dies at a place, to tell this death from any other. */
export function killedAt(point: string): string {
  return `killed at the fail point ${point}`
}

const form = /^([a-z.]+)@([1-9]\d{0,5}):kill9$/

/**
 * Reads `<place>@<n>:kill9`, for tests, and calls `kill` when the place is passed for the n-th time. Does nothing
 * without a text. Throws `RIPPLE_CONFIG_INVALID` for any other text, so that no test runs without its fault.
 */
export function armFailpoint(text: string | undefined, kill: (at: Failpoint) => void): PassFailpoint {
  if (text === undefined) return () => {}
  const [, name, count] = form.exec(text) ?? []
  const armed = failpoints.find((point) => point === name)
  if (armed === undefined) {
    const detail = `'${text}' is not <place>@<n>:kill9 with a place of ${failpoints.join(', ')}`
    throw new RippleError('RIPPLE_CONFIG_INVALID', { file: 'RIPPLE_FAILPOINT', detail })
  }
  let left = Number(count)
  return (point) => {
    if (point !== armed) return
    left -= 1
    if (left === 0) kill(point)
  }
}
