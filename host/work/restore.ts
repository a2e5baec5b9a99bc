/** Restores the state of a daemon after a restart. */
import { retried } from '../telemetry/history.ts'
import type { LoopContext } from './context/context.ts'
import { decodePayload } from './context/payload.ts'
import { boundAnswer } from './poster/accept-tokens.ts'
import { type Draft, wantMachines } from './records/draft.ts'
import { journaledGrants, journaledResults } from './records/journal-grant.ts'
import { recordTasks, tasksAtOnce } from './records/task-record.ts'
import { forgetUsage } from './records/usage.ts'

/**
 * Rebuilds the state: own events from the chain, and grants, outputs and checked results with their keys from the
 * journal. Leases begin again, because nobody renewed them while the daemon was down. Tasks that the journal has
 * recorded do not enter the state.
 */
export async function restore(context: LoopContext): Promise<void> {
  for (const held of await journaledGrants(context.needs.journal))
    context.dispatch({ type: 'restored', held, at: context.needs.clock.now() })
  await context.writes.readOwn()
  for (const seen of await journaledResults(context.needs.journal))
    if (seen.event) context.dispatch({ type: 'result_restored', task: seen.event.entry.task, seen })
  await recordClosed(context)
  await pinAgain(context)
  await readDrafts(context)
  await forgetUsage(context.needs.clock.now(), context.needs.journal)
}

/**
 * Pins the journal's outputs again before their posters are notified, because a power cut may have taken the pinned
 * bytes. If that fails the bytes may still be here, and their poster tries to get them.
 */
async function pinAgain({ needs, signal, state }: LoopContext): Promise<void> {
  const told = [...state().held.values()].filter(({ run, result }) => result && run?.failed === null)
  await Promise.allSettled(told.map(({ run }) => run && needs.artifacts.add(run.pinned, signal)))
}

/**
 * Records the tasks whose Close is on the chain and whose record is missing, because the daemon died between the two. If
 * that fails, the plan tries again.
 */
async function recordClosed(context: LoopContext): Promise<void> {
  const closed = [...context.state().closed.keys()]
  for (let from = 0; from < closed.length; from += tasksAtOnce) {
    // A transaction blocks all else until it is synced.
    if (from > 0) await context.needs.clock.sleep(1, context.signal)
    await recordTasks(closed.slice(from, from + tasksAtOnce), context).catch((thrown) =>
      context.record(retried('record', thrown)),
    )
  }
}

/**
 * Reads the drafts. A draft that was never committed is kept for a client that comes again, until its task would have
 * expired. A draft whose task is here says who may run it, and how long its answer may be.
 */
async function readDrafts(context: LoopContext): Promise<void> {
  const { journal, clock } = context.needs
  for (const [id, value] of await journal.entries('payloads')) {
    const draft = value as unknown as Draft
    const { task, payload } = draft
    const open = context.state().open.get(context.state().keys.get(id) ?? '')
    if (open) boundAnswer(open.task.hash, decodePayload(payload), context)
    if (context.state().keys.has(id)) wantMachines(draft, context)
    const dead = task.created_at + task.deadlines_ms.total < clock.now()
    if (dead && !context.state().keys.has(id)) await journal.delete('payloads', id)
  }
}
