/** Remembers the tasks that the policy of this machine has refused to run. */
import { LRUCache } from 'lru-cache'
import { limits } from '../../limits.ts'
import type { Clock } from '../../types/clock.ts'
import type { Decision } from '../../types/decision.ts'
import type { ActionHash } from '../../types/events.ts'

/**
 * Tasks that the policy of this machine refused to run lately. Their posters offer them again in every round. They get
 * the same answer, without a new decision and without another line in the audit file. A restart forgets them.
 */
export class RefusedTasks {
  readonly #refused: LRUCache<ActionHash, Decision>

  constructor(clock: Pick<Clock, 'now'>) {
    const [max, ttl] = [limits.policy_refused_tasks_max, limits.policy_refused_ms]
    this.#refused = new LRUCache({ max, ttl, ttlResolution: 0, perf: clock })
  }

  /**
   * Remembers a refusal. The gate's own refusal, for lack of an answer, says nothing about the task and is not
   * remembered.
   */
  note(task: ActionHash, decision: Decision): void {
    if (!isGates(decision)) this.#refused.set(task, decision)
  }

  /** Returns the decision by which a task was refused, while it is remembered. */
  of(task: ActionHash): Decision | null {
    return this.#refused.get(task) ?? null
  }
}

/** Whether the gate itself refused, because no policy gave an answer or no decision could be recorded. */
export function isGates({ rule }: Decision): boolean {
  return rule.startsWith('gate.')
}
