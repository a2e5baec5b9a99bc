import { toRippleError } from '../errors/ripple-error.ts'
import { retried } from '../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readPast } from './read-past.ts'

/**
 * Tells a worker that its task has ended, when the epoch of that task was left meanwhile: the core knows nothing of it any
 * more, and a worker that is back after days would say its result again until it gives up. Whoever hears nothing says it again.
 */
export async function tellPast(to: AgentKey, task: ActionHash, hands: Hands): Promise<void> {
  if (!hands.giving.take(to)) return
  try {
    const close = (await readPast(task, hands))?.view.close
    if (close) await hands.send(to, { type: 'closed', task, close })
  } catch (thrown) {
    if (!hands.signal.aborted) hands.record(retried('tell how a task ended', toRippleError(thrown)))
  } finally {
    hands.giving.release(to)
  }
}
