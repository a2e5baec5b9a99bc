import { withDeadline } from './deadline.ts'
import type { Hands } from './hands.ts'
import type { Loop } from './loop.ts'

/**
 * Stops in good order: takes nothing new, gives back what has not been run so that its posters need not wait for the
 * lease to end, and keeps what was run for the next start.
 */
export async function stop(hands: Hands, loop: Loop): Promise<void> {
  if (hands.signal.aborted) return
  hands.dispatch({ type: 'draining' })
  loop.stop()
  for (const running of hands.runs.values()) running.abort('stopping')
  const { clock } = hands.needs
  await withDeadline(clock, hands.bounds.stop_ms, 'giving back grants', hands.signal, () =>
    giveBack(hands),
  ).catch(() => undefined)
  hands.record({ type: 'stopped' })
}

async function giveBack(hands: Hands): Promise<void> {
  for (const { grant, task, attempt, poster, run, ended } of hands.state().held.values()) {
    if (run || ended) continue
    await hands.needs.journal.delete('runs', grant)
    await hands.send(poster, { type: 'released', task, attempt, reason: 'draining' })
  }
}
