/** Stops the work loop. */
import { isLastAttempt } from '../mesh/state/held.ts'
import type { LoopSwitch } from '../planning/loop.ts'
import { withDeadline } from './context/deadline.ts'
import type { Hands } from './context/hands.ts'
import { release } from './worker/release.ts'

/**
 * Stops in good order: takes nothing new, releases grants that have not been run, and keeps finished runs for the next
 * start. Posters of released grants need not wait for the lease to end. The next start writes the Results of finished
 * runs and delivers them.
 *
 * Releasing a finished run would lose it for certain; kept, it is lost only if the next start comes after another's
 * result. A task's last attempt is kept as well: released it would fail the task, and a quick start may still save it.
 */
export async function stop(hands: Hands, loop: LoopSwitch): Promise<void> {
  if (hands.signal.aborted) return
  hands.dispatch({ type: 'draining', on: true })
  loop.stop()
  for (const running of hands.runs.values()) running.abort('stopping')
  const { clock } = hands.needs
  const waiting = [...hands.state().held.values()].filter((held) => !held.run && !isLastAttempt(held))
  // All at once: a poster that cannot be reached would use up the time of those after it.
  await withDeadline(clock, hands.bounds.stop_ms, 'giving back grants', hands.signal, () =>
    Promise.allSettled(waiting.map(({ grant }) => release(grant, 'draining', hands))),
  ).catch(() => undefined)
  hands.record({ type: 'stopped' })
}
