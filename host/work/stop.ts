/** Stops the work loop. */
import { isLastAttempt } from '../mesh/state/held.ts'
import type { LoopSwitch } from '../planning/loop.ts'
import type { LoopContext } from './context/context.ts'
import { withDeadline } from './context/deadline.ts'
import { release } from './worker/release.ts'

/**
 * Stops in good order: takes nothing new, releases grants that have not been run, and keeps finished runs for the next
 * start. Posters of released grants need not wait for the lease to end. The next start writes the Results of finished
 * runs and delivers them.
 *
 * Releasing a finished run would lose it for certain; kept, it is lost only if the next start comes after another's
 * result. A task's last attempt is kept as well: released it would fail the task, and a quick start may still save it.
 */
export async function stop(context: LoopContext, loop: LoopSwitch): Promise<void> {
  if (context.signal.aborted) return
  context.dispatch({ type: 'draining', on: true })
  loop.stop()
  for (const running of context.runs.values()) running.abort('stopping')
  const { clock } = context.needs
  const waiting = [...context.state().held.values()].filter((held) => !held.run && !isLastAttempt(held))
  // All at once: a poster that cannot be reached would use up the time of those after it.
  await withDeadline(clock, context.bounds.stop_ms, 'giving back grants', context.signal, () =>
    Promise.allSettled(waiting.map(({ grant }) => release(grant, 'draining', context))),
  ).catch(() => undefined)
  context.record({ type: 'stopped' })
}
