/** Closes own tasks. */
import { toRippleError } from '../../errors/ripple-error.ts'
import type { EntryOf } from '../../types/events.ts'
import type { PosterContext } from '../context/context.ts'

/**
 * Writes a Close and notifies each worker of the task one time. A worker that misses it is notified when it next sends
 * a message. If validation refuses an acceptance, the result counts as rejected and the task continues. A full chain of
 * the poster is not the worker's fault and does not count.
 */
export async function commitClose(entry: EntryOf<'Close'>, context: PosterContext): Promise<void> {
  const posted = context.state().open.get(entry.task)
  const attempt = posted?.grants.length ?? 0
  if (entry.outcome === 'accepted') context.failpoint('accept.pre')
  try {
    const event = await context.writes.commit(entry)
    context.failpoint('close.committed')
    context.record({ type: 'committed', entry: 'Close', hash: event.hash, task: entry.task, attempt })
    const grantees = posted?.grants.map((grant) => grant.entry.worker) ?? []
    const workers = new Set([...grantees, ...(posted?.standIns.keys() ?? [])])
    const message = { type: 'closed', task: entry.task, close: event.hash } as const
    await Promise.all([...workers].map((worker) => context.send(worker, message)))
  } catch (thrown) {
    const refused = toRippleError(thrown)
    const ofTheResult = refused.code === 'RIPPLE_DHT_REFUSED' && !refused.message.includes('action_seq')
    if (!ofTheResult || entry.outcome !== 'accepted') throw thrown
    const seen = [...(posted?.results.values() ?? [])].find(({ event }) => event?.hash === entry.result)
    const authority = seen?.authority ?? entry.prev
    const verdict = { ok: false, why: refused.message, checks: [] }
    context.dispatch({ type: 'checked', task: entry.task, authority, verdict })
  }
}
