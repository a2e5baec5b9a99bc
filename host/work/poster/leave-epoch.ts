/** Leaves an epoch: the data that reveals its closed tasks is deleted, with old counts, and the state forgets it. */
import { RippleError } from '../../errors/ripple-error.ts'
import { heldOpenBy } from '../../mesh/state/leaving.ts'
import type { TaskView } from '../../mesh/view/view.ts'
import type { ActionHash, DnaHash } from '../../types/events.ts'
import type { PosterContext } from '../context/context.ts'
import { readTask, tasksAtOnce } from '../records/task-record.ts'
import { forgetUsage } from '../records/usage.ts'

/**
 * Leaves an epoch. `leaving` is awaited for each of its closed tasks before the data is deleted that reveals the task.
 * Rejects as `leaving` does, and with `RIPPLE_EPOCH_IN_USE` while anything is open there. Another try continues.
 *
 * Each transaction blocks all else until it is synced, so the leases of local runs are renewed between two of them.
 */
export async function leaveEpoch(
  dna: DnaHash,
  context: PosterContext,
  leaving: (view: TaskView) => Promise<void>,
): Promise<void> {
  const { journal, clock } = context.needs
  const prefix = `${dna}/`
  for (;;) {
    const [open] = heldOpenBy(context.state(), dna)
    if (open) throw new RippleError('RIPPLE_EPOCH_IN_USE', { by: open })
    const some = await journal.beginning('reveals', prefix, tasksAtOnce)
    if (some.length === 0) break
    for (const [key] of some) {
      const record = await readTask(key.slice(prefix.length) satisfies ActionHash, context)
      if (record) await leaving(record.view)
    }
    await journal.batch(some.map(([key]) => ({ type: 'delete', bucket: 'reveals', key })))
    await clock.sleep(1, context.signal)
  }
  await forgetUsage(clock.now(), journal)
  context.dispatch({ type: 'epoch_left', dna })
}
