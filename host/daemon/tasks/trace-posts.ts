/** Begins the trace of each post. */
import { randomBytes } from 'node:crypto'
import type { Traces } from '../../telemetry/traces/port.ts'
import type { Work } from '../../work/work.ts'

/** Returns the work with posts that are traced; the same one without traces. */
export function tracePosts(work: Work, traces: Pick<Traces, 'post'> | null): Work {
  if (traces === null) return work
  return {
    ...work,
    post: (request, signal, shown) => {
      // The key is how the trace recognises the task, so it is made here if the client has none.
      const key = request.key ?? randomBytes(16).toString('hex')
      return traces.post(key, () => work.post({ ...request, key }, signal, shown))
    },
  }
}
