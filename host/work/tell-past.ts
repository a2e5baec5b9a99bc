/** Notifies workers of tasks from epochs that were left. */
import { retried } from '../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readPast } from './read-past.ts'

/**
 * Notifies a worker that its task has ended, where the task's epoch was left meanwhile and the core knows it no more.
 * Otherwise a worker that is back after days would repeat its result until it gives up. A worker that gets no answer
 * repeats it.
 */
export async function tellPast(to: AgentKey, task: ActionHash, hands: Hands): Promise<void> {
  if (!hands.giving.take(to)) return
  try {
    const close = (await readPast(task, hands))?.view.close
    if (close) await hands.send(to, { type: 'closed', task, close })
  } catch (thrown) {
    if (!hands.signal.aborted) hands.record(retried('tell how a task ended', thrown))
  } finally {
    hands.giving.release(to)
  }
}
